import { isIpv6, partOfCidr } from '../meta/ip.ts';
import type { NodePlace, Settings } from './settings.ts';

/**
 * A cluster's networks by family, IPv4 first. Those of IPv6 are unique local addresses (RFC 4193) unless others were asked for,
 * and follow from the slot and a node's number, as those of IPv4 do.
 */
type Families = Pick<Settings, 'ipFamilies' | 'slot'>;

export const isDualStack = ({ ipFamilies = ['IPv4'] }: Pick<Settings, 'ipFamilies'>): boolean => ipFamilies.includes('IPv6');

const dual = (settings: Families, first: string, second: string | undefined): readonly string[] =>
  (isDualStack(settings) && second !== undefined ? [first, second] : [first]);

/** Of all pods. */
export const clusterCidrsOf = (settings: Families & Pick<Settings, 'podCidr' | 'podCidr6'>): readonly string[] => dual(settings, settings.podCidr, podCidr6Of(settings));

export const serviceCidrsOf = (settings: Families & Pick<Settings, 'serviceCidr' | 'serviceCidr6'>): readonly string[] =>
  dual(settings, settings.serviceCidr, settings.serviceCidr6 ?? `fd00:10:${96 + settings.slot}::/112`);

/** Of one node's pods. */
export const podCidrsOf = (settings: Families & Pick<Settings, 'podCidr6'>, { podCidr, index }: Pick<NodePlace, 'podCidr' | 'index'>): readonly string[] =>
  dual(settings, podCidr, partOfCidr(podCidr6Of(settings), index - 1, 64));

const podCidr6Of = ({ slot, podCidr6 }: Families & Pick<Settings, 'podCidr6'>): string => podCidr6 ?? `fd00:10:${244 - slot}::/48`;

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
