/** IP addresses and ranges as text, without node:net: this runs wherever JavaScript runs. */

/** The address as a number, and its family; undefined where the text is none. Leading zeros are taken as decimal, as upstream does in old fields. */
export function parseIp(text: string): { readonly family: 4 | 6; readonly value: bigint } | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIpv6(text);
  return value === undefined ? undefined : { family: 6, value };
}

const [ZERO, NINE, DOT] = [0x30, 0x39, 0x2e];

function parseIpv4(text: string): bigint | undefined {
  let [value, part, digits, dots] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT && digits > 0 && dots < 3) {
      value = value * 256 + part;
      [part, digits] = [0, 0];
      dots++;
      continue;
    }
    if (code < ZERO || code > NINE || digits === 3) return undefined;
    part = part * 10 + code - ZERO;
    digits++;
    if (part > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? BigInt(value * 256 + part) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return groups.reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** The 16-bit groups of a part without `::`; its end may be an IPv4 address. */
function groupsOf(text: string): readonly bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [position, part] of parts.entries()) {
    const ipv4 = position === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

/** The canonical text (RFC 5952): the longest run of zeros shortened; IPv4 within IPv6 as IPv4. */
export function formatIp({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): string {
  if (family === 4 || value >> 32n === 0xffffn) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 65_535n).toString(16)).join(':');
  const [longest] = (groups.match(/\b0(?::0)+\b/g) ?? []).toSorted((a, b) => b.length - a.length);
  return longest === undefined ? groups : groups.replace(new RegExp(`(^|:)${longest}($|:)`), '::');
}

export const isIpv6 = (text: string): boolean => parseIp(text)?.family === 6;

/** Whether `address` lies in the range; false where either is malformed or their families differ. */
export function isInCidr(address: string, cidr: string): boolean {
  const ip = parseIp(address);
  const range = parseCidr(cidr);
  if (!ip || range?.family !== ip.family) return false;
  const shift = BigInt((ip.family === 4 ? 32 : 128) - range.prefix);
  return ip.value >> shift === range.value >> shift;
}

export function parseCidr(text: string): { readonly family: 4 | 6; readonly value: bigint; readonly prefix: number } | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (!ip || prefix === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined;
  return Number(prefix) <= (ip.family === 4 ? 32 : 128) ? { ...ip, prefix: Number(prefix) } : undefined;
}

/** Whether two ranges share an address; false where either is malformed or their families differ. */
export function cidrsOverlap(a: string, b: string): boolean {
  const [one, two] = [parseCidr(a), parseCidr(b)];
  if (!one || one.family !== two?.family) return false;
  const shift = BigInt(lengthOf(one) - Math.min(one.prefix, two.prefix));
  return one.value >> shift === two.value >> shift;
}

/** The part number `at`, from 0, of a range's equal parts of `prefix` bits; undefined behind the last, or where the range is malformed. */
export function partOfCidr(range: string, at: number, prefix: number): string | undefined {
  const whole = parseCidr(range);
  if (!whole || at < 0 || at >= partsOfCidr(range, prefix)) return undefined;
  const first = (whole.value >> BigInt(lengthOf(whole) - whole.prefix)) << BigInt(lengthOf(whole) - whole.prefix);
  return `${formatIp({ family: whole.family, value: first + (BigInt(at) << BigInt(lengthOf(whole) - prefix)) })}/${prefix}`;
}

/** How many such parts a range has; 0 where it is smaller than one, or malformed. */
export function partsOfCidr(range: string, prefix: number): number {
  const whole = parseCidr(range);
  return whole && prefix >= whole.prefix && prefix <= lengthOf(whole) ? 2 ** (prefix - whole.prefix) : 0;
}

const lengthOf = ({ family }: { readonly family: 4 | 6 }): number => (family === 4 ? 32 : 128);

const ZERO_LED = /(^|[.:])0\d+\.|\.0\d/;
const isMapped = ({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): boolean => family === 6 && value >> 32n === 0xffffn;

/** Strict (KEP-4858): what some programs read otherwise than others is no address. */
export function ipProblems(text: string): readonly string[] {
  const ip = parseIp(text);
  if (!ip) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  if (ZERO_LED.test(text)) return ['must not have leading 0s'];
  return isMapped(ip) ? ['must not be an IPv4-mapped IPv6 address'] : [];
}

/** As strict: a range has no bits beyond its prefix. */
export function cidrProblems(text: string): readonly string[] {
  const range = parseCidr(text);
  if (!range) return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  if (ZERO_LED.test(text) || /\/0\d/.test(text)) return ['must not have leading 0s in IP or prefix length'];
  if (isMapped(range)) return ['must not have an IPv4-mapped IPv6 address'];
  const shift = BigInt((range.family === 4 ? 32 : 128) - range.prefix);
  return (range.value >> shift) << shift === range.value ? [] : ['must not have bits set beyond the prefix length'];
}

const SPECIAL: readonly (readonly [ranges: readonly string[], why: string])[] = [
  [['127.0.0.0/8', '::1/128'], 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [['169.254.0.0/16', 'fe80::/10'], 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [['224.0.0.0/24', 'ff02::/16'], 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

/** Addresses that mean something else on each machine, which endpoints and external IPs may not be. */
export function specialIpProblems(text: string): readonly string[] {
  const ip = parseIp(text);
  if (!ip) return ['must be a valid IP address'];
  if (ip.value === 0n) return [`may not be unspecified (${text})`];
  return SPECIAL.filter(([ranges]) => ranges.some((range) => isInCidr(text, range))).map(([, why]) => why);
}
