import { MASQUERADE_MARK, type BackendOptions } from '../backend.ts';
import type { Family, Protocol } from '../../ruleset.ts';

/** Where the list of endpoints under the policy Local begins, behind that under the policy Cluster. */
export const LOCAL_BASE = 1_048_576;

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/** What differs between the families. */
export interface Words {
  /** `ip knarr-proxy`. */
  readonly table: string;
  readonly ip: 'ip' | 'ip6';
}

export const wordsOf = (family: Family): Words => (family === 'ipv4' ? { table: 'ip knarr-proxy', ip: 'ip' } : { table: 'ip6 knarr-proxy', ip: 'ip6' });

/** An element that nothing uses; it is gone when someone empties its map. */
export const CANARY = 'tcp . 0';

/**
 * Sets and maps that are always there, and how they are declared.
 *
 *     service-ips, node-ports            where a Service listens → a chain that picks an endpoint
 *     inside-ips, inside-ports           the same for pods and the node itself, where only outsiders are bound to local endpoints
 *     unserved-ips, unserved-ports       where a Service listens that nobody answers → refuse or drop
 *     firewalls                          load balancer addresses with source ranges → the chain that drops others
 *     endpoints-tcp, node-port-…-tcp     where a Service listens and a number → address and port of an endpoint; also -udp, -sctp
 *     hairpins                           endpoints that may reach themselves through a Service
 *     cluster-ips                        addresses of Services: nothing else answers there
 */
export function fixedSets({ ip }: Words): ReadonlyMap<string, string> {
  const [address, port, number] = [`${ip} daddr . meta l4proto . th dport`, 'meta l4proto . th dport', 'numgen random mod 2'];
  const map = (key: string, value = 'verdict') => `map { typeof ${key} : ${value}; }`;
  return new Map([
    ['service-ips', map(address)], ['inside-ips', map(address)], ['unserved-ips', map(address)], ['firewalls', map(address)],
    ['node-ports', map(port)], ['inside-ports', map(port)], ['unserved-ports', map(port)],
    // One for each protocol, for nft cannot always tell the type of `th dport` when it looks at its own maps again (1.0.6).
    ...PROTOCOLS.flatMap((protocol): [string, string][] => [
      [`endpoints-${protocol}`, map(`${ip} daddr . ${protocol} dport . ${number}`, `${ip} daddr . ${protocol} dport`)],
      [`node-port-endpoints-${protocol}`, map(`${protocol} dport . ${number}`, `${ip} daddr . ${protocol} dport`)],
    ]),
    ['hairpins', `set { typeof ${ip} saddr . ${ip} daddr; }`],
    ['cluster-ips', `set { typeof ${ip} daddr; }`],
  ]);
}

export interface Chain {
  readonly name: string;
  /** Where packets enter it. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** Chains that are always there. */
export function fixedChains(options: BackendOptions): readonly Chain[] {
  const { ip } = wordsOf(options.family);
  const listens = `${ip} daddr . meta l4proto . th dport`;
  const insiders = [...(options.clusterCidr === undefined ? [] : [`${ip} saddr ${options.clusterCidr}`]), 'fib saddr type local'];
  const ours = `fib daddr type local${options.nodePortAddresses.length === 0 ? '' : ` ${ip} daddr { ${options.nodePortAddresses.join(', ')} }`}`;
  const mark = hex(MASQUERADE_MARK);
  return [
    { name: 'refuse', rules: ['reject'] },
    { name: 'services', rules: [
      ...insiders.map((who) => `${who} ${listens} vmap @inside-ips`),
      `${listens} vmap @service-ips`,
      `${ours} goto node-port-services`,
    ] },
    { name: 'node-port-services', rules: [...insiders.map((who) => `${who} meta l4proto . th dport vmap @inside-ports`), 'meta l4proto . th dport vmap @node-ports'] },
    // What is not served is refused at once rather than left to time out.
    { name: 'unserved', rules: [`${listens} vmap @unserved-ips`, `${ours} meta l4proto . th dport vmap @unserved-ports`, `${ip} daddr @cluster-ips goto refuse`] },
    { name: 'nat-prerouting', hook: 'type nat hook prerouting priority dstnat; policy accept;', rules: ['goto services'] },
    { name: 'nat-output', hook: 'type nat hook output priority -100; policy accept;', rules: ['goto services'] },
    { name: 'nat-postrouting', hook: 'type nat hook postrouting priority srcnat; policy accept;', rules: [
      // A pod that reaches itself through its Service: without this it would answer itself directly.
      `ct status dnat ${ip} saddr . ${ip} daddr @hairpins masquerade fully-random`,
      `meta mark and ${mark} == 0 return`,
      // Cleared, or a tunnelled packet would be masqueraded a second time.
      `meta mark set meta mark xor ${mark}`,
      'masquerade fully-random',
    ] },
    // Before destinations are translated, while it can still be seen which address was meant.
    ...['prerouting', 'output'].map((hook) => ({
      name: `firewall-${hook}`, hook: `type filter hook ${hook} priority -110; policy accept;`, rules: [`ct state new ${listens} vmap @firewalls`],
    })),
    { name: 'filter-input', hook: 'type filter hook input priority filter; policy accept;', rules: [...localnet(options.family), 'ct state new jump unserved'] },
    // A packet that conntrack takes for invalid would be sent on without translation.
    { name: 'filter-forward', hook: 'type filter hook forward priority filter; policy accept;', rules: ['ct state invalid drop', 'ct state new jump unserved'] },
    { name: 'filter-output', hook: 'type filter hook output priority filter; policy accept;', rules: ['ct state new jump unserved'] },
  ];
}

/** Node ports on localhost need route_localnet, which must not let neighbours reach what listens there (CVE-2020-8558). */
const localnet = (family: Family): readonly string[] =>
  family === 'ipv4' ? ['ip daddr 127.0.0.0/8 ip saddr != 127.0.0.0/8 ct state != { established, related } ct status and dnat == 0 drop'] : [];

const hex = (mark: number): string => `0x${mark.toString(16)}`;
const MARK_IT = `meta mark set meta mark or ${hex(MASQUERADE_MARK)}`;

/** How a Service was reached decides what is masqueraded and which list is picked from. */
export type Way = 'internal' | 'external' | 'inside' | 'local';
export type Front = 'ip' | 'port';

/** The chain shared by all that pick one of so many endpoints after the same way in. */
export const pickChain = (way: Way, front: Front, { protocol, count }: { readonly protocol: Protocol; readonly count: number }): string =>
  `${front === 'port' ? 'port-' : ''}${way}-${protocol}-${count}`;

export function pickRules(name: string, options: BackendOptions): readonly string[] {
  const [, port, way, protocol, count] = /^(port-)?(internal|external|inside|local)-(tcp|udp|sctp)-(\d+)$/.exec(name)!;
  const { ip } = wordsOf(options.family);
  const number = `numgen random mod ${count}${way === 'local' ? ` offset ${LOCAL_BASE}` : ''}`;
  const key = port === undefined ? `${ip} daddr . ${protocol} dport . ${number} map @endpoints-${protocol}` : `${protocol} dport . ${number} map @node-port-endpoints-${protocol}`;
  return [...masquerade(way as Way, options), `dnat ${ip} to ${key}`];
}

/** The rules that come before an endpoint is picked. */
export function masquerade(way: Way, { family, clusterCidr, masqueradeAll }: BackendOptions): readonly string[] {
  switch (way) {
    // What makes answers of a ClusterIP come back through this node, where they might not.
    case 'internal':
      if (masqueradeAll) return [MARK_IT];
      return clusterCidr === undefined ? [] : [`${wordsOf(family).ip} saddr != ${clusterCidr} ${MARK_IT}`];
    case 'external': return [MARK_IT];
    // From within, only the node's own address needs hiding.
    case 'inside': return [`fib saddr type local ${MARK_IT}`];
    case 'local': return [];
  }
}
