import { parseIp as parseAddress } from '../../meta/ip.ts';

export type IpFamily = 'IPv4' | 'IPv6';

/** IPv4 and IPv6 ranges as numbers. */
export interface IpRange {
  readonly family: IpFamily;
  readonly base: bigint;
  readonly size: bigint;
}

/** The offsets that services may have: neither the network's own nor IPv4's broadcast address. Empty where `first` > `last`. */
export interface Usable {
  readonly first: bigint;
  /** Where addresses are chosen from first; those below are left to who asks for one by name (KEP-3070). */
  readonly dynamic: bigint;
  readonly last: bigint;
}

export function usableOffsets({ family, size }: IpRange): Usable {
  return { first: 1n, dynamic: 1n + BigInt(staticBand(Number(size), { step: 16, max: 256 })), last: size - (family === 'IPv4' ? 2n : 1n) };
}

/** How much of a range's lower end is kept for static choice: a `step`th, 16 at the least, nothing of a range as small as that. */
export function staticBand(size: number, { step, max }: { readonly step: number; readonly max: number }): number {
  return size <= 16 ? 0 : Math.min(Math.max(Math.floor(size / step), 16), max);
}

/** Whether a service may have the address. */
export function offers(range: IpRange, ip: string): boolean {
  const parsed = parseIp(ip);
  const { first, last } = usableOffsets(range);
  return parsed !== undefined && familyOf(ip) === range.family && parsed >= range.base + first && parsed <= range.base + last;
}

export function parseIpRange(cidr: string): IpRange {
  const [address = '', bits = ''] = cidr.split('/');
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  const width = family === 'IPv6' ? 128n : 32n;
  const parsed = parseIp(address);
  if (parsed === undefined || !/^\d+$/.test(bits) || BigInt(bits) > width) throw new Error(`no CIDR: ${cidr}`);
  const size = 1n << (width - BigInt(bits));
  return { family, base: (parsed / size) * size, size };
}

/** The first address that may be given out: the `kubernetes` service's. */
export function firstAddress(cidr: string): string {
  const range = parseIpRange(cidr);
  return formatIp(range.base + 1n, range.family);
}

export const familyOf = (ip: string): IpFamily => (ip.includes(':') ? 'IPv6' : 'IPv4');

/** @returns undefined when `text` is no address. */
export const parseIp = (text: string): bigint | undefined => parseAddress(text)?.value;

/** One spelling for each address, as RFC 5952 has it: the name of its IPAddress. */
export function canonicalIp(text: string): string {
  const parsed = parseIp(text);
  return parsed === undefined ? text : formatIp(parsed, familyOf(text));
}

export function formatIp(value: bigint, family: IpFamily): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 65_535n).toString(16)).join(':');
  const [longest] = (groups.match(/\b0(?::0)+\b/g) ?? []).toSorted((a, b) => b.length - a.length);
  return longest === undefined ? groups : groups.replace(new RegExp(`(^|:)${longest}($|:)`), '::');
}
