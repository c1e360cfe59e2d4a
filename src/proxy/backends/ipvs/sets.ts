import type { Family, Protocol } from '../../ruleset.ts';
import type { BackendOptions } from '../backend.ts';

const TYPES = {
  'CLUSTER-IP': 'hash:ip,port',
  'EXTERNAL-IP': 'hash:ip,port',
  'EXTERNAL-IP-LOCAL': 'hash:ip,port',
  'LOAD-BALANCER': 'hash:ip,port',
  'LOAD-BALANCER-LOCAL': 'hash:ip,port',
  'LOAD-BALANCER-FW': 'hash:ip,port',
  'LOAD-BALANCER-SOURCE-CIDR': 'hash:ip,port,net',
  'LOOP-BACK': 'hash:ip,port,ip',
  'NODE-PORT-TCP': 'bitmap:port',
  'NODE-PORT-UDP': 'bitmap:port',
  'NODE-PORT-SCTP-HASH': 'hash:ip,port',
  'NODE-PORT-LOCAL-TCP': 'bitmap:port',
  'NODE-PORT-LOCAL-UDP': 'bitmap:port',
  'NODE-PORT-LOCAL-SCTP-HASH': 'hash:ip,port',
  'HEALTH-CHECK-NODE-PORT': 'bitmap:port',
  'IPVS-IPS': 'hash:ip',
  'NO-LOCAL': 'hash:ip,port',
} as const;
export type SetName = keyof typeof TYPES;

/** A set's name has room for 31 characters: upstream cuts the same. */
const NAME_ROOM = 31;

/**
 * A set as the kernel knows it: `KUBE-CLUSTER-IP`, `KUBE-6-CLUSTER-IP`. Names and types are upstream's, so that its tools and
 * eyes find them; ours is
 *
 *     KUBE-NO-LOCAL       where a Service listens whose policy is Local and that has endpoints, none of them here
 */
export const setOf = (name: SetName, family: Family): string => `KUBE-${family === 'ipv6' ? '6-' : ''}${name}`.slice(0, NAME_ROOM);

/** As many as there may be of Services' addresses, and then some. */
const MOST = 1_048_576;

/** `ipset restore` of every set, empty where it is not there yet. */
export function createSets(family: Family): readonly string[] {
  return Object.entries(TYPES).map(([name, type]) =>
    `create ${setOf(name as SetName, family)} ${type} ${type === 'bitmap:port' ? 'range 0-65535' : `family ${family === 'ipv6' ? 'inet6' : 'inet'} maxelem ${MOST}`}`);
}

/** Names of this family's sets. */
export const ourSets = (family: Family): readonly string[] => Object.keys(TYPES).map((name) => setOf(name as SetName, family));

/** SCTP's node ports are listed with the node's addresses: the kernel's bitmaps know ports of TCP and UDP alone. */
export function nodePortSet(protocol: Protocol, local: boolean): SetName {
  if (protocol === 'sctp') return local ? 'NODE-PORT-LOCAL-SCTP-HASH' : 'NODE-PORT-SCTP-HASH';
  return `NODE-PORT-${local ? 'LOCAL-' : ''}${protocol === 'tcp' ? 'TCP' : 'UDP'}`;
}

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp'];
const MARK = '0x4000';
const MARKED = `${MARK}/${MARK}`;

/** Chains of our own: other names than those of iptables mode, for one may take over from the other. */
export const CHAINS = {
  nat: ['KUBE-IPVS-SERVICES', 'KUBE-IPVS-NODE-PORT', 'KUBE-IPVS-LOAD-BALANCER', 'KUBE-IPVS-POSTROUTING', 'KUBE-IPVS-MARK-MASQ'],
  filter: ['KUBE-IPVS-FIREWALL', 'KUBE-IPVS-FILTER', 'KUBE-IPVS-OUT-FILTER', 'KUBE-IPVS-FORWARD'],
} as const;
export const ownChain = (chain: string): boolean => chain.startsWith('KUBE-IPVS-');

/** Where the built-in chains lead into ours, in this order and before all else. */
const JUMPS = {
  filter: ['INPUT -j KUBE-IPVS-FIREWALL', 'INPUT -j KUBE-IPVS-FILTER', 'OUTPUT -j KUBE-IPVS-OUT-FILTER', 'FORWARD -j KUBE-IPVS-FORWARD'],
  nat: ['PREROUTING -j KUBE-IPVS-SERVICES', 'OUTPUT -j KUBE-IPVS-SERVICES', 'POSTROUTING -j KUBE-IPVS-POSTROUTING'],
} as const;

/** What `iptables-restore --noflush` must be told for the jumps that `iptables-save` did not print; '' where all are there. Pure. */
export function jumpsText(saved: string): string {
  const lines = new Set(saved.split('\n').map((line) => line.trimEnd()));
  return (['filter', 'nat'] as const).map((table) => {
    const missing = JUMPS[table].filter((jump) => !lines.has(`-A ${jump}`));
    return missing.length === 0 ? '' : [`*${table}`, ...missing.toReversed().map((jump) => `-I ${jump}`), 'COMMIT', ''].join('\n');
  }).join('');
}

/** A rule of each table by which `iptables-save` tells that ours are there. */
export const CANARIES: readonly string[] = ['-A KUBE-IPVS-POSTROUTING -j MASQUERADE', '-A KUBE-IPVS-FORWARD -m conntrack'];

/** All rules: what belongs to Services is in the sets. `iptables-restore --noflush` empties and fills the chains named. */
export function rulesText(options: BackendOptions): string {
  const { nat, filter } = rulesOf(options);
  const section = (table: 'nat' | 'filter', rules: readonly string[]): string =>
    [`*${table}`, ...CHAINS[table].map((chain) => `:${chain} - [0:0]`), ...rules.map((rule) => `-A ${rule}`), 'COMMIT', ''].join('\n');
  return section('filter', filter) + section('nat', nat);
}

function rulesOf({ family, clusterCidr, masqueradeAll }: BackendOptions): { readonly nat: readonly string[]; readonly filter: readonly string[] } {
  const set = (name: SetName, flags = 'dst,dst'): string => `-m set --match-set ${setOf(name, family)} ${flags}`;
  const services: readonly SetName[] = ['CLUSTER-IP', 'EXTERNAL-IP', 'EXTERNAL-IP-LOCAL', 'LOAD-BALANCER'];
  const insiders = clusterCidr === undefined ? [] : [`KUBE-IPVS-SERVICES ! -s ${clusterCidr} ${set('CLUSTER-IP')} -j KUBE-IPVS-MARK-MASQ`];
  return {
    nat: [
      // The node itself asks with the Service's own address, which is one of its addresses.
      ...(masqueradeAll ? [`KUBE-IPVS-SERVICES ${set('CLUSTER-IP')} -j KUBE-IPVS-MARK-MASQ`] : [...insiders, `KUBE-IPVS-SERVICES ${set('CLUSTER-IP', 'src,dst')} -j KUBE-IPVS-MARK-MASQ`]),
      `KUBE-IPVS-SERVICES ${set('EXTERNAL-IP')} -j KUBE-IPVS-MARK-MASQ`,
      `KUBE-IPVS-SERVICES ${set('LOAD-BALANCER')} -j KUBE-IPVS-LOAD-BALANCER`,
      // Host ports, which come behind, listen on every address of the node and so on these too.
      ...services.map((name) => `KUBE-IPVS-SERVICES ${set(name)} -j ACCEPT`),
      'KUBE-IPVS-SERVICES -m addrtype --dst-type LOCAL -j KUBE-IPVS-NODE-PORT',
      `KUBE-IPVS-LOAD-BALANCER ${set('LOAD-BALANCER-LOCAL')} -j RETURN`,
      'KUBE-IPVS-LOAD-BALANCER -j KUBE-IPVS-MARK-MASQ',
      ...PROTOCOLS.flatMap((protocol) => [
        `KUBE-IPVS-NODE-PORT -p ${protocol} ${set(nodePortSet(protocol, true), protocol === 'sctp' ? 'dst,dst' : 'dst')} -j RETURN`,
        `KUBE-IPVS-NODE-PORT -p ${protocol} ${set(nodePortSet(protocol, false), protocol === 'sctp' ? 'dst,dst' : 'dst')} -j KUBE-IPVS-MARK-MASQ`,
      ]),
      `KUBE-IPVS-MARK-MASQ -j MARK --or-mark ${MARK}`,
      // A pod that reaches itself through its Service: without this it would answer itself directly (hairpin).
      `KUBE-IPVS-POSTROUTING ${set('LOOP-BACK', 'dst,dst,src')} -j MASQUERADE`,
      `KUBE-IPVS-POSTROUTING -m mark ! --mark ${MARKED} -j RETURN`,
      // Cleared, or a tunnelled packet would be masked a second time.
      `KUBE-IPVS-POSTROUTING -j MARK --xor-mark ${MARK}`,
      'KUBE-IPVS-POSTROUTING -j MASQUERADE --random-fully',
    ],
    filter: [
      `KUBE-IPVS-FIREWALL ${set('LOAD-BALANCER-FW')} -m set ! --match-set ${setOf('LOAD-BALANCER-SOURCE-CIDR', family)} dst,dst,src -m conntrack --ctstate NEW -j DROP`,
      `KUBE-IPVS-FIREWALL ${set('NO-LOCAL')} -m conntrack --ctstate NEW -j DROP`,
      `KUBE-IPVS-FIREWALL -p tcp ${set('HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT`,
      // Their addresses are the node's own: without this all that listens on the node would answer there.
      ...['KUBE-IPVS-FILTER', 'KUBE-IPVS-OUT-FILTER'].flatMap((chain) => [
        ...services.map((name) => `${chain} ${set(name)} -j RETURN`),
        `${chain} -m conntrack --ctstate NEW ${set('IPVS-IPS', 'dst')} -j REJECT`,
      ]),
      `KUBE-IPVS-FORWARD -m mark --mark ${MARKED} -j ACCEPT`,
      'KUBE-IPVS-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ],
  };
}
