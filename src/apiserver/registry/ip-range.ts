/** IPv4 and IPv6 ranges as numbers. */
export interface IpRange {
  readonly family: 'IPv4' | 'IPv6';
  readonly base: bigint;
  readonly size: bigint;
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

export function contains(range: IpRange, ip: string): boolean {
  const parsed = parseIp(ip);
  return parsed !== undefined && familyOf(ip) === range.family && parsed >= range.base && parsed < range.base + range.size;
}

export const familyOf = (ip: string): 'IPv4' | 'IPv6' => (ip.includes(':') ? 'IPv6' : 'IPv4');

/** @returns undefined when `text` is no address. */
export function parseIp(text: string): bigint | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined) => (half ? half.split(':') : []);
  const [head, tail] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => '0'), ...tail];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

export function formatIp(value: bigint, family: 'IPv4' | 'IPv6'): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 65_535n).toString(16));
  const zeros = /(?:^|:)0(?::0)+(?:$|:)/.exec(groups.join(':'));
  return zeros ? groups.join(':').replace(zeros[0], '::') : groups.join(':');
}
