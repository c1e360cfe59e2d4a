/** The net.IP and net.CIDR libraries. */
import { quote } from '../../meta/field-error.ts';
import { formatIp, isInCidr, parseIp } from '../../meta/ip.ts';
import type { Library } from '../signature.ts';
import { opaque } from '../types.ts';
import { CelObject, EvaluationError } from '../values.ts';

const IP = opaque('net.IP');
const CIDR = opaque('net.CIDR');

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

class IpValue extends CelObject {
  readonly type = IP;
  readonly ip: Address;
  constructor(ip: Address) {
    super();
    this.ip = ip;
  }
  override equals(other: unknown): boolean {
    return other instanceof IpValue && other.ip.family === this.ip.family && other.ip.value === this.ip.value;
  }
}

class CidrValue extends CelObject {
  readonly type = CIDR;
  readonly ip: Address;
  readonly prefix: number;
  constructor(ip: Address, prefix: number) {
    super();
    this.ip = ip;
    this.prefix = prefix;
  }
  override equals(other: unknown): boolean {
    return other instanceof CidrValue && other.ip.family === this.ip.family && other.ip.value === this.ip.value && other.prefix === this.prefix;
  }
}

/** Why the text is no address (netip.ParseAddr), or the address. */
function address(text: string): Address | string {
  if (text.includes('%')) return `IP address ${quote(text)} with zone value is not allowed`;
  const ip = parseIp(text);
  if (!ip) return `${unparsed(text)}${text === '' || !/[.:]/.test(text) ? 'unable to parse IP' : text.includes(':') ? 'each colon-separated field must have at least one digit' : 'unexpected character'}`;
  if (/(^|[.:])0\d+(\.|$)/.test(text) && text.includes('.')) return `${unparsed(text)}IPv4 field has octet with leading zero`;
  if (ip.family === 6 && ip.value >> 32n === 0xffffn) return `IPv4-mapped IPv6 address ${quote(text)} is not allowed`;
  return ip;
}

const unparsed = (text: string): string => `IP Address ${quote(text)} parse error during conversion from string: ParseAddr(${quote(text)}): `;
const unparsedRange = (text: string): string => `network address parse error during conversion from string: netip.ParsePrefix(${quote(text)}): `;

function ip(text: string): IpValue {
  const parsed = address(text);
  if (typeof parsed === 'string') throw new EvaluationError(parsed);
  return new IpValue(parsed);
}

function range(text: string): CidrValue | string {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return `${unparsedRange(text)}no '/'`;
  const parsed = address(text.slice(0, slash));
  if (typeof parsed === 'string') return parsed.includes('parse error') ? `${unparsedRange(text)}${parsed.slice(parsed.indexOf('ParseAddr'))}` : parsed;
  const bits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d?\d?)$/.test(bits)) return `${unparsedRange(text)}bad bits after slash: ${quote(bits)}`;
  if (Number(bits) > (parsed.family === 4 ? 32 : 128)) return `${unparsedRange(text)}prefix length out of range`;
  return new CidrValue(parsed, Number(bits));
}

function cidr(text: string): CidrValue {
  const parsed = range(text);
  if (typeof parsed === 'string') throw new EvaluationError(parsed);
  return parsed;
}

const masked = ({ ip: { family, value }, prefix }: CidrValue): Address => {
  const rest = BigInt((family === 4 ? 32 : 128) - prefix);
  return { family, value: (value >> rest) << rest };
};
function holds({ ip: { family, value }, prefix }: CidrValue, inner: Address): boolean {
  const rest = BigInt((family === 4 ? 32 : 128) - prefix);
  return inner.family === family && inner.value >> rest === value >> rest;
}
const within = (...ranges: readonly string[]) => ({ ip: one }: IpValue): boolean => ranges.some((text) => isInCidr(formatIp(one), text));

const isUnspecified = ({ ip: { value } }: IpValue): boolean => value === 0n;
const isLoopback = within('127.0.0.0/8', '::1/128');
const isLinkLocalMulticast = within('224.0.0.0/24', 'ff02::/16');
const isLinkLocalUnicast = within('169.254.0.0/16', 'fe80::/10');
const isMulticast = within('224.0.0.0/4', 'ff00::/8');
const isBroadcast = within('255.255.255.255/32');
const isCanonical = (text: string): boolean => formatIp(ip(text).ip) === text;
const containsCidr = (outer: CidrValue, inner: CidrValue): boolean => inner.prefix >= outer.prefix && holds(outer, inner.ip);

export const addresses: Library = {
  'ip(string): net.IP': ip,
  'isIP(string): bool': (text: string) => typeof address(text) !== 'string',
  'ip.isCanonical(string): bool': isCanonical,
  'string(net.IP): string': ({ ip: one }: IpValue) => formatIp(one),
  'net.IP.family(): int': ({ ip: { family } }: IpValue) => family,
  'net.IP.isUnspecified(): bool': isUnspecified,
  'net.IP.isLoopback(): bool': isLoopback,
  'net.IP.isLinkLocalMulticast(): bool': isLinkLocalMulticast,
  'net.IP.isLinkLocalUnicast(): bool': isLinkLocalUnicast,
  'net.IP.isGlobalUnicast(): bool': (one: IpValue) => !isUnspecified(one) && !isLoopback(one) && !isMulticast(one) && !isLinkLocalUnicast(one) && !isBroadcast(one),
  'cidr(string): net.CIDR': cidr,
  'isCIDR(string): bool': (text: string) => typeof range(text) !== 'string',
  'string(net.CIDR): string': ({ ip: one, prefix }: CidrValue) => `${formatIp(one)}/${prefix}`,
  'net.CIDR.containsIP(net.IP): bool': (outer: CidrValue, { ip: inner }: IpValue) => holds(outer, inner),
  'net.CIDR.containsIP(string): bool': (outer: CidrValue, inner: string) => holds(outer, ip(inner).ip),
  'net.CIDR.containsCIDR(net.CIDR): bool': containsCidr,
  'net.CIDR.containsCIDR(string): bool': (outer: CidrValue, inner: string) => containsCidr(outer, cidr(inner)),
  'net.CIDR.ip(): net.IP': ({ ip: one }: CidrValue) => new IpValue(one),
  'net.CIDR.masked(): net.CIDR': (one: CidrValue) => new CidrValue(masked(one), one.prefix),
  'net.CIDR.prefixLength(): int': ({ prefix }: CidrValue) => prefix,
};
