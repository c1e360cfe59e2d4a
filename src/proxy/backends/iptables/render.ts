import type { Backend, PortRules, Ruleset } from '../../ruleset.ts';
import { chainOf, endpointChain, FIXED_CHAINS } from './names.ts';

/** Marks packets that leave with the node's own address; bit 14, as upstream's default. */
const MARK = '0x4000/0x4000';

/** The whole content of both tables, as `iptables-restore --noflush` takes it. */
export interface Rendered {
  readonly nat: Table;
  readonly filter: Table;
}
export interface Table {
  readonly chains: readonly string[];
  readonly rules: readonly string[];
}

/** A ruleset as iptables rules. Pure: the same ruleset gives the same text. */
export function renderRuleset(ruleset: Ruleset, clusterCidr: string): Rendered {
  return { nat: renderNat(ruleset, clusterCidr), filter: renderFilter(ruleset) };
}

/** What makes the kernel's tables `rendered`; chains in `stale` go away. */
export function restoreText({ nat, filter }: Rendered, stale: readonly string[]): string {
  const text = (name: string, table: Table, gone: readonly string[]) => [
    `*${name}`,
    ...[...table.chains, ...gone].map((chain) => `:${chain} - [0:0]`),
    ...table.rules,
    ...gone.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ].join('\n');
  return text('filter', filter, []) + text('nat', nat, stale);
}

function renderNat(ruleset: Ruleset, clusterCidr: string): Table {
  const chains = new Map<string, readonly string[]>();
  const services: string[] = [];
  const nodePorts: string[] = [];
  for (const port of ruleset) {
    if (port.cluster.length + port.local.length === 0) continue;
    services.push(...portals(port, clusterCidr, chains));
    if (port.nodePort !== undefined) nodePorts.push(rule('KUBE-NODEPORTS', say(port.id), to(port, undefined, port.nodePort), goto(externalChain(port, clusterCidr, chains))));
  }
  const toNodePorts = rule('KUBE-SERVICES', say('kubernetes service nodeports; NOTE: this must be the last rule in this chain'), '-m addrtype --dst-type LOCAL', goto('KUBE-NODEPORTS'));
  const fixed = [
    rule('KUBE-POSTROUTING', `-m mark ! --mark ${MARK}`, goto('RETURN')),
    // Cleared, or a tunnelled packet would be masked a second time.
    rule('KUBE-POSTROUTING', '-j MARK --xor-mark 0x4000'),
    rule('KUBE-POSTROUTING', say('kubernetes service traffic requiring SNAT'), '-j MASQUERADE --random-fully'),
    rule('KUBE-MARK-MASQ', '-j MARK --or-mark 0x4000'),
  ];
  return {
    chains: [...FIXED_CHAINS.nat, ...chains.keys()],
    rules: [...fixed, ...nodePorts, ...[...chains.values()].flat(), ...services, toNodePorts],
  };
}

/** The rules of KUBE-SERVICES for one port, and in `chains` what they lead to. */
function portals(port: PortRules, clusterCidr: string, chains: Map<string, readonly string[]>): string[] {
  const rules: string[] = [];
  if (backendsFor(port, port.internalPolicy).length > 0) {
    const chain = policyChain(port, port.internalPolicy, { clusterCidr, chains });
    rules.push(rule('KUBE-SERVICES', say(`${port.id} cluster IP`), to(port, port.clusterIp, port.port), goto(chain)));
  }
  for (const ip of port.externalIps) {
    rules.push(rule('KUBE-SERVICES', say(`${port.id} external IP`), to(port, ip, port.port), goto(externalChain(port, clusterCidr, chains))));
  }
  for (const ip of port.loadBalancerIps) {
    const chain = port.sourceRanges.length > 0 ? firewallChain(port, clusterCidr, chains) : externalChain(port, clusterCidr, chains);
    rules.push(rule('KUBE-SERVICES', say(`${port.id} loadbalancer IP`), to(port, ip, port.port), goto(chain)));
  }
  return rules;
}

interface Rendering {
  readonly clusterCidr: string;
  readonly chains: Map<string, readonly string[]>;
}

const backendsFor = (port: PortRules, policy: PortRules['internalPolicy']): readonly Backend[] => (policy === 'Local' ? port.local : port.cluster);

/** Spreads connections over the endpoints of a policy, evenly: the n-th of k left is taken with probability 1/k. */
function policyChain(port: PortRules, policy: PortRules['internalPolicy'], { clusterCidr, chains }: Rendering): string {
  const chain = chainOf(policy === 'Local' ? 'SVL' : 'SVC', port);
  if (chains.has(chain)) return chain;
  const backends = backendsFor(port, policy);
  const rules: string[] = [];
  // From outside the pod network, answers must come back through this node.
  if (policy === port.internalPolicy) rules.push(rule(chain, say(`${port.id} cluster IP`), to(port, port.clusterIp, port.port), `! -s ${clusterCidr}`, goto('KUBE-MARK-MASQ')));
  for (const backend of backends) {
    if (port.affinitySeconds === undefined) break;
    const endpoint = endpointChain(port, backend);
    rules.push(rule(chain, say(`${port.id} -> ${backend.address}:${backend.port}`), `-m recent --name ${endpoint} --rcheck --seconds ${port.affinitySeconds} --reap`, goto(endpoint)));
  }
  for (const [n, backend] of backends.entries()) {
    const left = backends.length - n;
    const chance = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)}` : '';
    rules.push(rule(chain, say(`${port.id} -> ${backend.address}:${backend.port}`), chance, goto(endpointRules(port, backend, chains))));
  }
  chains.set(chain, rules);
  return chain;
}

function endpointRules(port: PortRules, backend: Backend, chains: Map<string, readonly string[]>): string {
  const chain = endpointChain(port, backend);
  const remember = port.affinitySeconds === undefined ? '' : `-m recent --name ${chain} --set`;
  chains.set(chain, [
    // A pod that reaches itself through its Service: without this it would answer itself directly (hairpin).
    rule(chain, say(port.id), `-s ${backend.address}`, goto('KUBE-MARK-MASQ')),
    rule(chain, say(port.id), remember, `-m ${port.protocol} -p ${port.protocol}`, `-j DNAT --to-destination ${backend.address}:${backend.port}`),
  ]);
  return chain;
}

/** Traffic from outside the cluster: by node port, external or load balancer address. */
function externalChain(port: PortRules, clusterCidr: string, chains: Map<string, readonly string[]>): string {
  const chain = chainOf('EXT', port);
  if (chains.has(chain)) return chain;
  const rendering = { clusterCidr, chains };
  const rules: string[] = [];
  if (port.externalPolicy === 'Cluster') {
    rules.push(rule(chain, say(`masquerade traffic for ${port.id} external destinations`), goto('KUBE-MARK-MASQ')));
  } else if (port.cluster.length > 0) {
    // Pods and the node itself are inside: for them the policy is Cluster, and only the node's own address needs hiding.
    const anywhere = policyChain(port, 'Cluster', rendering);
    rules.push(
      rule(chain, say(`pod traffic for ${port.id} external destinations`), `-s ${clusterCidr}`, goto(anywhere)),
      rule(chain, say(`masquerade LOCAL traffic for ${port.id} external destinations`), '-m addrtype --src-type LOCAL', goto('KUBE-MARK-MASQ')),
      rule(chain, say(`route LOCAL traffic for ${port.id} external destinations`), '-m addrtype --src-type LOCAL', goto(anywhere)),
    );
  }
  if (backendsFor(port, port.externalPolicy).length > 0) rules.push(rule(chain, goto(policyChain(port, port.externalPolicy, rendering))));
  chains.set(chain, rules);
  return chain;
}

/** Lets the allowed source ranges of a load balancer through; KUBE-PROXY-FIREWALL drops what falls out of it. */
function firewallChain(port: PortRules, clusterCidr: string, chains: Map<string, readonly string[]>): string {
  const chain = chainOf('FW', port);
  const external = externalChain(port, clusterCidr, chains);
  const note = say(`${port.id} loadbalancer IP`);
  chains.set(chain, [
    ...port.sourceRanges.map((range) => rule(chain, note, `-s ${range}`, goto(external))),
    rule(chain, say(`other traffic to ${port.id} will be dropped by KUBE-PROXY-FIREWALL`)),
  ]);
  return chain;
}

function renderFilter(ruleset: Ruleset): Table {
  return {
    chains: FIXED_CHAINS.filter,
    rules: [
      // A packet that conntrack takes for invalid would be sent on without translation.
      rule('KUBE-FORWARD', '-m conntrack --ctstate INVALID -j DROP'),
      rule('KUBE-FORWARD', say('kubernetes forwarding rules'), `-m mark --mark ${MARK}`, goto('ACCEPT')),
      rule('KUBE-FORWARD', say('kubernetes forwarding conntrack rule'), '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
      // Node ports on localhost need route_localnet, which must not let neighbours reach what listens there (CVE-2020-8558).
      rule('KUBE-FIREWALL', say('block incoming localnet connections'), '! -s 127.0.0.0/8 -d 127.0.0.0/8', '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT', goto('DROP')),
      ...ruleset.flatMap(refusals),
      ...ruleset.flatMap(healthChecks),
    ],
  };
}

/** Checks come in even where the machine's own rules let nothing in. */
function healthChecks({ id, healthCheckPort }: PortRules): string[] {
  if (healthCheckPort === undefined) return [];
  return [rule('KUBE-NODEPORTS', say(`${id} health check node port`), `-m tcp -p tcp --dport ${healthCheckPort}`, goto('ACCEPT'))];
}

/** What is not served is refused at once rather than left to time out. */
function refusals(port: PortRules): string[] {
  const anywhere = port.cluster.length + port.local.length > 0;
  const rules: string[] = [];
  if (backendsFor(port, port.internalPolicy).length === 0) {
    const verdict = anywhere ? 'DROP' : 'REJECT';
    rules.push(rule('KUBE-SERVICES', say(`${port.id} has no ${anywhere ? 'local ' : ''}endpoints`), to(port, port.clusterIp, port.port), goto(verdict)));
  }
  if (backendsFor(port, port.externalPolicy).length === 0) {
    const note = say(`${port.id} has no ${anywhere ? 'local ' : ''}endpoints`);
    const verdict = goto(anywhere ? 'DROP' : 'REJECT');
    for (const ip of [...port.externalIps, ...port.loadBalancerIps]) rules.push(rule('KUBE-EXTERNAL-SERVICES', note, to(port, ip, port.port), verdict));
    if (port.nodePort !== undefined) rules.push(rule('KUBE-EXTERNAL-SERVICES', note, '-m addrtype --dst-type LOCAL', to(port, undefined, port.nodePort), verdict));
  }
  if (port.sourceRanges.length > 0) {
    for (const ip of port.loadBalancerIps) rules.push(rule('KUBE-PROXY-FIREWALL', say(`${port.id} traffic not accepted by ${chainOf('FW', port)}`), to(port, ip, port.port), goto('DROP')));
  }
  return rules;
}

const rule = (chain: string, ...parts: readonly string[]): string => [`-A ${chain}`, ...parts.filter((part) => part !== '')].join(' ');
const say = (text: string): string => `-m comment --comment ${JSON.stringify(text)}`;
const goto = (chain: string): string => `-j ${chain}`;
const to = ({ protocol }: PortRules, address: string | undefined, port: number): string =>
  `-m ${protocol} -p ${protocol}${address === undefined ? '' : ` -d ${address}`} --dport ${port}`;
