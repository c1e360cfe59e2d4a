import type { IptablesRule, IptablesTable } from '../../../base/iptables.ts';
import type { Backend, PortRules } from '../../ruleset.ts';
import { shortHash } from '../hash.ts';

type Role = 'SVC' | 'SVL' | 'EXT' | 'FW';

/** `KUBE-SVC-…`: upstream's name for the same port of the same Service, so that its tools and eyes find it. */
export function chainOf(role: Role, { id, protocol }: Pick<PortRules, 'id' | 'protocol'>): string {
  return `KUBE-${role}-${shortHash(id + protocol)}`;
}

/** `KUBE-SEP-…`: one endpoint of one port. */
export function endpointChain({ id, protocol }: Pick<PortRules, 'id' | 'protocol'>, backend: Backend): string {
  return `KUBE-SEP-${shortHash(`${id}${protocol}${targetOf(backend)}`)}`;
}

/** Where it listens, as upstream writes it. */
export const targetOf = ({ address, port }: Backend): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

/** Chains that come and go with Services and endpoints. */
export const ownChain = /^KUBE-(SVC|SVL|EXT|FW|SEP)-[A-Z2-7]{16}$/;

const comment = (text: string): readonly string[] => ['-m', 'comment', '--comment', text];
const NEW = ['-m', 'conntrack', '--ctstate', 'NEW'] as const;

const jump = (table: IptablesTable, chain: string, to: string, match: readonly string[]): IptablesRule => ({ table, chain, rule: [...match, '-j', to] });

/** Where the built-in chains lead into ours, in this order and before all else. Upstream's comments. */
export const JUMPS: readonly IptablesRule[] = [
  jump('filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', [...NEW, ...comment('kubernetes externally-visible service portals')]),
  jump('filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', [...NEW, ...comment('kubernetes externally-visible service portals')]),
  jump('filter', 'INPUT', 'KUBE-NODEPORTS', comment('kubernetes health check service ports')),
  jump('filter', 'FORWARD', 'KUBE-SERVICES', [...NEW, ...comment('kubernetes service portals')]),
  jump('filter', 'OUTPUT', 'KUBE-SERVICES', [...NEW, ...comment('kubernetes service portals')]),
  jump('filter', 'FORWARD', 'KUBE-FORWARD', comment('kubernetes forwarding rules')),
  jump('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', [...NEW, ...comment('kubernetes load balancer firewall')]),
  jump('filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', [...NEW, ...comment('kubernetes load balancer firewall')]),
  jump('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', [...NEW, ...comment('kubernetes load balancer firewall')]),
  jump('filter', 'INPUT', 'KUBE-FIREWALL', []),
  jump('filter', 'OUTPUT', 'KUBE-FIREWALL', []),
  jump('nat', 'OUTPUT', 'KUBE-SERVICES', comment('kubernetes service portals')),
  jump('nat', 'PREROUTING', 'KUBE-SERVICES', comment('kubernetes service portals')),
  jump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', comment('kubernetes postrouting rules')),
];

/** Written with everything else and flushed with it: its absence tells that someone emptied the tables. */
export const CANARY = 'KUBE-PROXY-CANARY';
export const CANARY_RULE: readonly string[] = ['-j', 'RETURN'];

/** Chains that are always there. */
export const FIXED_CHAINS = {
  nat: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', CANARY],
  filter: ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-FORWARD', 'KUBE-PROXY-FIREWALL', 'KUBE-FIREWALL', CANARY],
} as const;
