import type { Backend, PortRules, Ruleset } from '../../ruleset.ts';
import type { BackendOptions } from '../backend.ts';
import { CANARY, CANARY_RULE, chainOf, endpointChain, FIXED_CHAINS, targetOf } from './names.ts';

/** Marks packets that leave with the node's own address; bit 14, as upstream's default. */
const MARK = '0x4000/0x4000';

export type Facts = Pick<BackendOptions, 'family' | 'clusterCidr' | 'masqueradeAll' | 'nodePortAddresses'>;

/** The chains that many ports add rules to. */
export const SHARED_CHAINS = {
  nat: ['KUBE-NODEPORTS', 'KUBE-SERVICES'],
  filter: ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'],
} as const;

type Rules = readonly string[];

/** What one port of a Service adds to both tables. */
export interface PortText {
  /** Its own chains, all in nat. */
  readonly chains: ReadonlyMap<string, Rules>;
  /** Its rules in chains it shares with others, by table and chain: `nat KUBE-SERVICES`. */
  readonly shared: ReadonlyMap<string, Rules>;
}

/** Pure: the same port gives the same text. */
export function renderPort(port: PortRules, facts: Facts): PortText {
  const chains = new Map<string, Rules>();
  const anyone = port.cluster.length + port.local.length > 0;
  const nodePorts = anyone && port.nodePort !== undefined
    ? [rule('KUBE-NODEPORTS', say(port.id), to(port, undefined, port.nodePort), goto(externalChain(port, { facts, chains })))] : [];
  const shared: readonly (readonly [string, Rules])[] = [
    ['nat KUBE-NODEPORTS', nodePorts],
    ['nat KUBE-SERVICES', anyone ? portals(port, { facts, chains }) : []],
    ['filter KUBE-SERVICES', internalRefusals(port)],
    ['filter KUBE-EXTERNAL-SERVICES', externalRefusals(port)],
    ['filter KUBE-NODEPORTS', healthChecks(port)],
    ['filter KUBE-PROXY-FIREWALL', outsiders(port)],
  ];
  return { chains, shared: new Map(shared.filter(([, rules]) => rules.length > 0)) };
}

/** What every write of a shared chain ends with. */
export function tailOf(chain: string, { nodePortAddresses }: Facts): Rules {
  if (chain !== 'nat KUBE-SERVICES') return [];
  const note = say('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  const networks = nodePortAddresses.length === 0 ? [''] : nodePortAddresses.map((network) => `-d ${network}`);
  return networks.map((network) => rule('KUBE-SERVICES', note, network, '-m addrtype --dst-type LOCAL', goto('KUBE-NODEPORTS')));
}

/** Rules that no port changes. */
export function fixedRules({ family }: Facts): { readonly nat: Rules; readonly filter: Rules } {
  const canary = rule(CANARY, ...CANARY_RULE);
  return {
    nat: [
      canary,
      rule('KUBE-POSTROUTING', `-m mark ! --mark ${MARK}`, goto('RETURN')),
      // Cleared, or a tunnelled packet would be masked a second time.
      rule('KUBE-POSTROUTING', '-j MARK --xor-mark 0x4000'),
      rule('KUBE-POSTROUTING', say('kubernetes service traffic requiring SNAT'), '-j MASQUERADE --random-fully'),
      rule('KUBE-MARK-MASQ', '-j MARK --or-mark 0x4000'),
    ],
    filter: [
      canary,
      // A packet that conntrack takes for invalid would be sent on without translation.
      rule('KUBE-FORWARD', '-m conntrack --ctstate INVALID -j DROP'),
      rule('KUBE-FORWARD', say('kubernetes forwarding rules'), `-m mark --mark ${MARK}`, goto('ACCEPT')),
      rule('KUBE-FORWARD', say('kubernetes forwarding conntrack rule'), '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
      // Node ports on localhost need route_localnet, which must not let neighbours reach what listens there (CVE-2020-8558).
      ...(family === 'ipv4' ? [rule('KUBE-FIREWALL', say('block incoming localnet connections'), '! -s 127.0.0.0/8 -d 127.0.0.0/8', '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT', goto('DROP'))] : []),
    ],
  };
}

export interface Section {
  /** Emptied, or made. */
  readonly chains: Rules;
  readonly rules: Rules;
  /** Deleted at the end. */
  readonly gone: Rules;
}

/** What `iptables-restore --noflush` takes; a table of which nothing changes is left out. */
export function restoreText(tables: Readonly<Record<'filter' | 'nat', Section>>): string {
  return (['filter', 'nat'] as const).filter((name) => tables[name].chains.length + tables[name].gone.length > 0).map((name) => {
    const { chains, rules, gone } = tables[name];
    return [`*${name}`, ...[...chains, ...gone].map((chain) => `:${chain} - [0:0]`), ...rules, ...gone.map((chain) => `-X ${chain}`), 'COMMIT', ''].join('\n');
  }).join('');
}

/** The whole content of both tables. */
export function wholeText(ruleset: Ruleset, facts: Facts, stale: Rules = []): string {
  const ports = ruleset.map((port) => renderPort(port, facts));
  const fixed = fixedRules(facts);
  const sharedIn = (table: 'nat' | 'filter') => SHARED_CHAINS[table].flatMap((chain) => sharedRules(`${table} ${chain}`, ports, facts));
  const chains = ports.flatMap((port) => [...port.chains]);
  return restoreText({
    filter: { chains: FIXED_CHAINS.filter, rules: [...fixed.filter, ...sharedIn('filter')], gone: [] },
    nat: { chains: [...FIXED_CHAINS.nat, ...chains.map(([name]) => name)], rules: [...fixed.nat, ...chains.flatMap(([, rules]) => rules), ...sharedIn('nat')], gone: stale },
  });
}

/** All rules of a chain that ports share. */
export function sharedRules(chain: string, ports: Iterable<PortText>, facts: Facts): Rules {
  const rules: string[] = [];
  for (const { shared } of ports) rules.push(...(shared.get(chain) ?? []));
  return [...rules, ...tailOf(chain, facts)];
}

interface Rendering {
  readonly facts: Facts;
  readonly chains: Map<string, Rules>;
}

/** The rules of KUBE-SERVICES for one port, and in `chains` what they lead to. */
function portals(port: PortRules, rendering: Rendering): string[] {
  const rules: string[] = [];
  if (backendsFor(port, port.internalPolicy).length > 0) {
    const chain = policyChain(port, port.internalPolicy, rendering);
    rules.push(rule('KUBE-SERVICES', say(`${port.id} cluster IP`), to(port, port.clusterIp, port.port), goto(chain)));
  }
  for (const ip of port.externalIps) {
    rules.push(rule('KUBE-SERVICES', say(`${port.id} external IP`), to(port, ip, port.port), goto(externalChain(port, rendering))));
  }
  for (const ip of port.loadBalancerIps) {
    const chain = port.sourceRanges.length > 0 ? firewallChain(port, rendering) : externalChain(port, rendering);
    rules.push(rule('KUBE-SERVICES', say(`${port.id} loadbalancer IP`), to(port, ip, port.port), goto(chain)));
  }
  return rules;
}

const backendsFor = (port: PortRules, policy: PortRules['internalPolicy']): readonly Backend[] => (policy === 'Local' ? port.local : port.cluster);

/** Spreads connections over the endpoints of a policy, evenly: the n-th of k left is taken with probability 1/k. */
function policyChain(port: PortRules, policy: PortRules['internalPolicy'], { facts, chains }: Rendering): string {
  const chain = chainOf(policy === 'Local' ? 'SVL' : 'SVC', port);
  if (chains.has(chain)) return chain;
  const backends = backendsFor(port, policy);
  const rules: string[] = [];
  const own = [say(`${port.id} cluster IP`), to(port, port.clusterIp, port.port)];
  if (policy === port.internalPolicy && facts.masqueradeAll) rules.push(rule(chain, ...own, goto('KUBE-MARK-MASQ')));
  // From outside the pod network, answers must come back through this node.
  else if (policy === port.internalPolicy && facts.clusterCidr !== undefined) rules.push(rule(chain, ...own, `! -s ${facts.clusterCidr}`, goto('KUBE-MARK-MASQ')));
  for (const backend of backends) {
    if (port.affinitySeconds === undefined) break;
    const endpoint = endpointChain(port, backend);
    rules.push(rule(chain, say(`${port.id} -> ${targetOf(backend)}`), `-m recent --name ${endpoint} --rcheck --seconds ${port.affinitySeconds} --reap`, goto(endpoint)));
  }
  for (const [n, backend] of backends.entries()) {
    const left = backends.length - n;
    const chance = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)}` : '';
    rules.push(rule(chain, say(`${port.id} -> ${targetOf(backend)}`), chance, goto(endpointRules(port, backend, chains))));
  }
  chains.set(chain, rules);
  return chain;
}

function endpointRules(port: PortRules, backend: Backend, chains: Map<string, Rules>): string {
  const chain = endpointChain(port, backend);
  const remember = port.affinitySeconds === undefined ? '' : `-m recent --name ${chain} --set`;
  chains.set(chain, [
    // A pod that reaches itself through its Service: without this it would answer itself directly (hairpin).
    rule(chain, say(port.id), `-s ${backend.address}`, goto('KUBE-MARK-MASQ')),
    rule(chain, say(port.id), remember, `-m ${port.protocol} -p ${port.protocol}`, `-j DNAT --to-destination ${targetOf(backend)}`),
  ]);
  return chain;
}

/** Traffic from outside the cluster: by node port, external or load balancer address. */
function externalChain(port: PortRules, rendering: Rendering): string {
  const { facts: { clusterCidr }, chains } = rendering;
  const chain = chainOf('EXT', port);
  if (chains.has(chain)) return chain;
  const rules: string[] = [];
  if (port.externalPolicy === 'Cluster') {
    rules.push(rule(chain, say(`masquerade traffic for ${port.id} external destinations`), goto('KUBE-MARK-MASQ')));
  } else if (port.cluster.length > 0) {
    // Pods and the node itself are inside: for them the policy is Cluster, and only the node's own address needs hiding.
    const anywhere = policyChain(port, 'Cluster', rendering);
    if (clusterCidr !== undefined) rules.push(rule(chain, say(`pod traffic for ${port.id} external destinations`), `-s ${clusterCidr}`, goto(anywhere)));
    rules.push(
      rule(chain, say(`masquerade LOCAL traffic for ${port.id} external destinations`), '-m addrtype --src-type LOCAL', goto('KUBE-MARK-MASQ')),
      rule(chain, say(`route LOCAL traffic for ${port.id} external destinations`), '-m addrtype --src-type LOCAL', goto(anywhere)),
    );
  }
  if (backendsFor(port, port.externalPolicy).length > 0) rules.push(rule(chain, goto(policyChain(port, port.externalPolicy, rendering))));
  chains.set(chain, rules);
  return chain;
}

/** Lets the allowed source ranges of a load balancer through; KUBE-PROXY-FIREWALL drops what falls out of it. */
function firewallChain(port: PortRules, rendering: Rendering): string {
  const chain = chainOf('FW', port);
  const external = externalChain(port, rendering);
  const note = say(`${port.id} loadbalancer IP`);
  rendering.chains.set(chain, [
    ...port.sourceRanges.map((range) => rule(chain, note, `-s ${range}`, goto(external))),
    rule(chain, say(`other traffic to ${port.id} will be dropped by KUBE-PROXY-FIREWALL`)),
  ]);
  return chain;
}

/** Checks come in even where the machine's own rules let nothing in. */
function healthChecks({ id, healthCheckPort }: PortRules): Rules {
  if (healthCheckPort === undefined) return [];
  return [rule('KUBE-NODEPORTS', say(`${id} health check node port`), `-m tcp -p tcp --dport ${healthCheckPort}`, goto('ACCEPT'))];
}

/** Refused where nobody answers at all; dropped where others answer elsewhere, for whom a load balancer should look. */
function refusal(port: PortRules): { readonly note: string; readonly verdict: string } {
  const anywhere = port.cluster.length + port.local.length > 0;
  return { note: say(`${port.id} has no ${anywhere ? 'local ' : ''}endpoints`), verdict: goto(anywhere ? 'DROP' : 'REJECT') };
}

/** What is not served is refused at once rather than left to time out. */
function internalRefusals(port: PortRules): Rules {
  if (backendsFor(port, port.internalPolicy).length > 0) return [];
  const { note, verdict } = refusal(port);
  return [rule('KUBE-SERVICES', note, to(port, port.clusterIp, port.port), verdict)];
}

function externalRefusals(port: PortRules): Rules {
  if (backendsFor(port, port.externalPolicy).length > 0) return [];
  const { note, verdict } = refusal(port);
  const byAddress = [...port.externalIps, ...port.loadBalancerIps].map((ip) => rule('KUBE-EXTERNAL-SERVICES', note, to(port, ip, port.port), verdict));
  const byNode = port.nodePort === undefined ? [] : [rule('KUBE-EXTERNAL-SERVICES', note, '-m addrtype --dst-type LOCAL', to(port, undefined, port.nodePort), verdict)];
  return [...byAddress, ...byNode];
}

function outsiders(port: PortRules): Rules {
  if (port.sourceRanges.length === 0) return [];
  return port.loadBalancerIps.map((ip) => rule('KUBE-PROXY-FIREWALL', say(`${port.id} traffic not accepted by ${chainOf('FW', port)}`), to(port, ip, port.port), goto('DROP')));
}

const rule = (chain: string, ...parts: readonly string[]): string => [`-A ${chain}`, ...parts.filter((part) => part !== '')].join(' ');
const say = (text: string): string => `-m comment --comment ${JSON.stringify(text)}`;
const goto = (chain: string): string => `-j ${chain}`;
const to = ({ protocol }: PortRules, address: string | undefined, port: number): string =>
  `-m ${protocol} -p ${protocol}${address === undefined ? '' : ` -d ${address}`} --dport ${port}`;
