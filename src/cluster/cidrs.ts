import { isIpv6, partOfCidr } from '../meta/ip.ts';

/** The networks of a cluster's pods and Services, as asked for. */
export interface RangeWishes {
  /** At most one of each family; where there is none, the slot says. */
  readonly podCidrs?: readonly string[];
  readonly serviceCidrs?: readonly string[];
}

/** The one of a family. */
export const rangeOf = (cidrs: readonly string[] | undefined, family: 4 | 6): string | undefined => cidrs?.find((cidr) => isIpv6Cidr(cidr) === (family === 6));

/** A node's part of the pod network, by its number from 1. */
export const nodePart = (podCidr: string, index: number): string => partOfCidr(podCidr, index - 1, partBits(podCidr)) ?? podCidr;

/** Of a node's pods. */
export const partBits = (podCidr: string): number => (isIpv6Cidr(podCidr) ? 64 : 24);

/** An address of a range: its own is 0. */
export const addressIn = (cidr: string, at: number): string => (partOfCidr(cidr, at, isIpv6Cidr(cidr) ? 128 : 32) ?? cidr).split('/')[0]!;

export const isIpv6Cidr = (cidr: string): boolean => isIpv6(cidr.split('/')[0]!);
