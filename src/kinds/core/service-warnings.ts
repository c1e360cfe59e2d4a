/** What the server says of Services that it takes all the same. */
import { formatIp, parseCidr, parseIp } from '../../meta/ip.ts';
import type { ServiceSpec } from './service.ts';
import { isHeadless } from './service-validation.ts';

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

interface ServiceLike {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: ServiceSpec;
}

export function* serviceWarnings({ metadata, spec }: ServiceLike): Iterable<string> {
  const { type, externalIPs = [], loadBalancerIP = '', externalName = '', clusterIPs = [], trafficDistribution } = spec;
  const headless = type === 'ClusterIP' && isHeadless(spec);
  if (metadata.annotations?.[HINTS] !== undefined) yield `annotation ${HINTS} is deprecated, please use ${MODE} instead`;
  if (type !== 'ExternalName' && !headless) for (const [index, ip] of clusterIPs.entries()) yield* ipWarnings(`spec.clusterIPs[${index}]`, ip);
  if (headless) {
    if (loadBalancerIP !== '') yield 'spec.loadBalancerIP is ignored for headless services';
    if (externalIPs.length > 0) yield 'spec.externalIPs is ignored for headless services';
    if (spec.sessionAffinity !== 'None') yield 'spec.SessionAffinity is ignored for headless services';
  }
  for (const [index, ip] of externalIPs.entries()) yield* ipWarnings(`spec.externalIPs[${index}]`, ip);
  if (externalIPs.length > 0 && !headless && type !== 'ExternalName') yield 'spec.externalIPs is deprecated and may no longer be implemented in some clusters';
  if (loadBalancerIP !== '') yield* ipWarnings('spec.loadBalancerIP', loadBalancerIP);
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) yield* cidrWarnings(`spec.loadBalancerSourceRanges[${index}]`, range);
  if (type === 'ExternalName' && externalIPs.length > 0) yield 'spec.externalIPs is ignored when spec.type is "ExternalName"';
  if (type !== 'ExternalName' && externalName !== '') yield 'spec.externalName is ignored when spec.type is not "ExternalName"';
  if (trafficDistribution === 'PreferClose') yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"';
}

function* ipWarnings(at: string, text: string): Iterable<string> {
  const ip = parseIp(text);
  const canonical = ip && formatIp(ip);
  if (canonical === undefined || canonical === text) return;
  if (ip?.family === 6 && canonical.includes(':')) yield `${at}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`;
  else yield `${at}: non-standard IP address "${text}" is invalid: use "${canonical}"`;
}

/** Of a range that is read otherwise than it is written. */
export function* cidrWarnings(at: string, given: string): Iterable<string> {
  const text = given.trim();
  const range = parseCidr(text);
  if (!range) return;
  const bits = range.family === 4 ? 32 : 128;
  const shift = BigInt(bits - range.prefix);
  const network = formatIp({ family: range.family, value: (range.value >> shift) << shift });
  const canonical = `${network}/${range.prefix}`;
  if (network !== formatIp(range)) {
    yield `${at}: CIDR value "${text}" is ambiguous in this context (should be "${canonical}" or "${formatIp(range)}/${bits}"?)`;
  } else if (canonical !== text && range.family === 6) yield `${at}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${canonical}")`;
  else if (canonical !== text) yield `${at}: non-standard CIDR value "${text}" is invalid: use "${canonical}"`;
}
