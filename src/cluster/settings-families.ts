import { isIpv6 } from '../meta/ip.ts';
import type { NodePlace, Settings } from './settings.ts';

/**
 * A cluster's networks by family, IPv4 first. Those of IPv6 are unique local addresses (RFC 4193) and follow from the slot and a
 * node's number, as those of IPv4 do.
 */
type Families = Pick<Settings, 'ipFamilies' | 'slot'>;

export const isDualStack = ({ ipFamilies = ['IPv4'] }: Pick<Settings, 'ipFamilies'>): boolean => ipFamilies.includes('IPv6');

const dual = (settings: Families, first: string, second: string | undefined): readonly string[] =>
  (isDualStack(settings) && second !== undefined ? [first, second] : [first]);

/** Of all pods. */
export const clusterCidrsOf = (settings: Families & Pick<Settings, 'podCidr'>): readonly string[] => dual(settings, settings.podCidr, `fd00:10:${244 - settings.slot}::/48`);

export const serviceCidrsOf = (settings: Families & Pick<Settings, 'serviceCidr'>): readonly string[] => dual(settings, settings.serviceCidr, `fd00:10:${96 + settings.slot}::/112`);

/** Of one node's pods. */
export function podCidrsOf(settings: Families, { podCidr, index }: Pick<NodePlace, 'podCidr' | 'index'>): readonly string[] {
  const part = index === 1 ? '' : `:${index - 1}`; // canonical: a group of zeros is part of the run
  return dual(settings, podCidr, `fd00:10:${244 - settings.slot}${part}::/64`);
}

/** By which others reach a node: in a namespace, addresses on the bridge; else the machine's own, where it has both. */
export function nodeIpsOf(settings: Families & Pick<Settings, 'apiAddresses'>, node: NodePlace): readonly string[] {
  const six = node.place === 'namespace' ? `${BRIDGE_6}:${slotGroup(settings)}::${node.index + 10}` : settings.apiAddresses.find(isIpv6);
  return dual(settings, node.address, six);
}

const BRIDGE_6 = 'fd00:10:89';
/** Never zero, which canonical addresses would leave out. */
const slotGroup = ({ slot }: Families): string => `${slot + 1}`;

/** The nodes' bridge: its end on this machine. */
export const bridge6Of = (settings: Families): { readonly address: string; readonly cidr: string } =>
  ({ address: `${BRIDGE_6}:${slotGroup(settings)}::1`, cidr: `${BRIDGE_6}:${slotGroup(settings)}::/64` });
