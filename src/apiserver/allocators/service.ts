import { type FieldError, FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { SideWrites } from '../registry/storage.ts';
import { familyOf } from '../registry/ip-range.ts';
import { type Allocations, claim, ipKey, portKey, release } from './allocations.ts';
import { carriedOver, type ServicePort, type ServiceSpec, specOf } from './service-spec.ts';

export interface ServiceAllocation {
  readonly object: AnyObject;
  readonly errors: readonly FieldError[];
  readonly side: SideWrites;
}

const SPEC = FieldPath.of('spec');

/** Fills in a Service's cluster IPs, families and node ports, and says which keys that takes and gives back. */
export function allocateService(allocations: Allocations, service: AnyObject, old: AnyObject | undefined): ServiceAllocation {
  const errors: FieldError[] = [];
  const holder = `${service.metadata.namespace}/${service.metadata.name}`;
  const before = old && keysOf(specOf(old));
  const work: Work = { allocations, errors, holder, own: new Set(before) };
  const carried = carriedOver(specOf(service), old && specOf(old));
  const spec = withNodePorts(withAddresses(carried, work), work);
  const after = keysOf(spec);
  return {
    object: { ...service, spec },
    errors,
    side: {
      claim: errors.length > 0 ? [] : [...after].filter((key) => !before?.has(key)).map((key) => claim(key, holder)),
      release: [...(before ?? [])].filter((key) => !after.has(key)).map(release),
    },
  };
}

export function releaseService(service: AnyObject): SideWrites {
  return { claim: [], release: [...keysOf(specOf(service))].map(release) };
}

interface Work {
  readonly allocations: Allocations;
  readonly errors: FieldError[];
  readonly holder: string;
  /** Keys that the Service holds already. */
  readonly own: ReadonlySet<string>;
}

const isHeadless = ({ clusterIP }: ServiceSpec): boolean => clusterIP === 'None';
const needsAddress = (spec: ServiceSpec): boolean => spec.type !== 'ExternalName' && !isHeadless(spec);
const needsPorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
const needsHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

function keysOf(spec: ServiceSpec): ReadonlySet<string> {
  const ips = needsAddress(spec) ? (spec.clusterIPs ?? []).filter((ip) => ip !== '').map(ipKey) : [];
  const ports = (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [portKey(nodePort)] : []));
  return new Set([...ips, ...ports, ...(spec.healthCheckNodePort ? [portKey(spec.healthCheckNodePort)] : [])]);
}

function withAddresses(spec: ServiceSpec, work: Work): ServiceSpec {
  if (spec.type === 'ExternalName') {
    const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _families, ipFamilyPolicy: _policy, ...rest } = spec;
    return rest;
  }
  const families = chooseFamilies(spec, work);
  const ipFamilyPolicy = spec.ipFamilyPolicy ?? (isHeadless(spec) && !spec.selector ? 'RequireDualStack' : 'SingleStack');
  const withFamilies = { ...spec, ipFamilies: families, ipFamilyPolicy };
  if (isHeadless(spec)) return { ...withFamilies, clusterIPs: ['None'] };
  const asked = (spec.clusterIPs ?? []).filter((ip) => ip !== '');
  const clusterIPs = families.map((family, at) => {
    const ip = asked[at];
    return ip === undefined ? freeAddress(family, work) : takeAddress(ip, { ...work, asked });
  });
  return { ...withFamilies, clusterIP: clusterIPs[0] ?? '', clusterIPs };
}

function chooseFamilies(spec: ServiceSpec, { allocations, errors }: Work): readonly string[] {
  const configured = allocations.ranges.map(({ family }) => family as string);
  const given = spec.ipFamilies?.length ? spec.ipFamilies : (spec.clusterIPs ?? []).filter((ip) => ip !== '' && ip !== 'None').map(familyOf);
  const policy = spec.ipFamilyPolicy ?? 'SingleStack';
  const selectorless = isHeadless(spec) && !spec.selector;
  if (selectorless && !spec.ipFamilyPolicy) return given.length > 0 ? given : [configured[0]!, configured[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
  for (const [at, family] of given.entries()) {
    if (!configured.includes(family) && !selectorless) errors.push(invalid(SPEC.child('ipFamilies').index(at), family, 'not configured on this cluster'));
  }
  if (policy === 'RequireDualStack' && configured.length < 2 && !selectorless) {
    errors.push(invalid(SPEC.child('ipFamilyPolicy'), policy, 'this cluster is not configured for dual-stack services'));
  }
  const first = given.length > 0 ? given : [configured[0]!];
  if (policy === 'SingleStack') return first.slice(0, 1);
  return [...first, ...configured.filter((family) => !first.includes(family))];
}

function freeAddress(family: string, { allocations, errors }: Work): string {
  const range = allocations.rangeOf(family as 'IPv4' | 'IPv6');
  const ip = range && allocations.freeIp(range);
  if (ip === undefined && range) errors.push(invalid(SPEC.child('clusterIPs'), [], 'failed to allocate a serviceIP: range is full'));
  return ip ?? '';
}

function takeAddress(ip: string, { allocations, errors, holder, own, asked }: Work & { readonly asked: readonly string[] }): string {
  const at = SPEC.child('clusterIPs');
  if (!allocations.inRange(ip)) {
    errors.push(invalid(at, asked, `failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${allocations.cidrs.join(',')}`));
  } else if (!own.has(ipKey(ip)) && (allocations.holder(ipKey(ip)) ?? holder) !== holder) {
    errors.push(invalid(at, asked, `failed to allocate IP ${ip}: provided IP is already allocated`));
  }
  return ip;
}

function withNodePorts(spec: ServiceSpec, work: Work): ServiceSpec {
  const taken = new Set((spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])));
  const next = (): number => {
    const port = work.allocations.freePort(taken);
    if (port === undefined) work.errors.push(invalid(SPEC.child('ports'), null, 'failed to allocate a nodePort: range is full'));
    else taken.add(port);
    return port ?? 0;
  };
  const { healthCheckNodePort, ...rest } = spec;
  const needsHealth = needsHealthPort(spec);
  if (needsHealth && healthCheckNodePort) checkPort(healthCheckNodePort, SPEC.child('healthCheckNodePort'), work);
  return {
    ...rest,
    ...(spec.ports ? { ports: spec.ports.map((port, at) => withNodePort(port, { work, next, needed: needsPorts(spec), at: SPEC.child('ports').index(at).child('nodePort') })) } : {}),
    ...(needsHealth ? { healthCheckNodePort: healthCheckNodePort || next() } : {}),
  };
}

function withNodePort(port: ServicePort, { work, next, needed, at }: { work: Work; next: () => number; needed: boolean; at: FieldPath }): ServicePort {
  if (port.nodePort) {
    checkPort(port.nodePort, at, work);
    return port;
  }
  return needed ? { ...port, nodePort: next() } : port;
}

function checkPort(port: number, at: FieldPath, { allocations, errors, own, holder }: Work): void {
  const { from, to } = allocations.nodePorts;
  if (port < from || port > to) {
    errors.push(invalid(at, port, `provided port is not in the valid range. The range of valid ports is ${from}-${to}`));
  } else if (!own.has(portKey(port)) && (allocations.holder(portKey(port)) ?? holder) !== holder) {
    errors.push(invalid(at, port, 'provided port is already allocated'));
  }
}
