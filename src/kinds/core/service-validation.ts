/** What is wrong with a Service, and what of it may not change. */
import { duplicate, type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { cidrProblems, ipProblems, isIpv6, specialIpProblems } from '../../meta/ip.ts';
import { dnsLabelProblems, dnsSubdomainProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { among, type Errors, labelsAt, portNumber, portNumberOrName, problemsAt } from '../checks.ts';
import { reachedFromOutside } from './service-defaults.ts';
import type { ServicePort, ServiceSpec, ServiceStatus } from './service.ts';

interface ServiceLike {
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
}

const ONLY_BALANCED = "may only be used when `type` is 'LoadBalancer'";
export const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean => clusterIPs.length === 1 && clusterIPs[0] === 'None';
/** Whether a load balancer asks a port of each node whether it has endpoints. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

export function* serviceErrors({ spec }: ServiceLike, at: FieldPath): Errors {
  const here = at.child('spec');
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') yield required(here.child('ports'));
  yield* typeErrors(spec, here);
  yield* portsErrors(spec, ports, here.child('ports'));
  yield* labelsAt(here.child('selector'), spec.selector);
  const { sessionAffinityConfig } = spec;
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86_400)) {
    yield invalid(here.child('sessionAffinityConfig.clientIP.timeoutSeconds'), seconds, 'must be greater than 0 and less than 86400');
  }
  if (spec.type !== 'ExternalName') yield* addressErrors(spec, here);
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    const place = here.child('externalIPs').index(index);
    yield* problemsAt(place, ip, ipProblems(ip).length > 0 ? ipProblems(ip) : specialIpProblems(ip));
  }
  yield* balancerErrors(spec, here);
  yield* policyErrors(spec, here);
}

function* typeErrors(spec: ServiceSpec, at: FieldPath): Errors {
  const { type, clusterIPs = [], ipFamilies = [], externalName = '' } = spec;
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    yield invalid(at.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${type} services`);
  }
  if (type !== 'ExternalName') return;
  const why = 'may not be set for ExternalName services';
  if (clusterIPs.length > 0) yield forbidden(at.child('clusterIPs'), why);
  if (ipFamilies.length > 0) yield forbidden(at.child('ipFamilies'), why);
  if (spec.ipFamilyPolicy !== undefined) yield forbidden(at.child('ipFamilyPolicy'), why);
  const name = externalName.replace(/\.$/, '');
  if (name === '') yield required(at.child('externalName'));
  else yield* problemsAt(at.child('externalName'), name, dnsSubdomainProblems(name));
}

function* portsErrors({ type }: ServiceSpec, ports: readonly ServicePort[], at: FieldPath): Errors {
  const [names, nodePorts, taken] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const [index, { name, port, protocol, targetPort = port, appProtocol }] of ports.entries()) {
    const here = at.index(index);
    if (!name && ports.length > 1) yield required(here.child('name'));
    if (name) {
      yield* problemsAt(here.child('name'), name, dnsLabelProblems(name));
      if (names.has(name)) yield duplicate(here.child('name'), name);
      names.add(name);
    }
    yield* portNumber(here.child('port'), port);
    yield* portNumberOrName(here.child('targetPort'), targetPort);
    if (appProtocol !== undefined) yield* problemsAt(here.child('appProtocol'), appProtocol, qualifiedNameProblems(appProtocol));
    if (taken.has(`${protocol}/${port}`)) yield duplicate(here, { port, protocol });
    taken.add(`${protocol}/${port}`);
  }
  for (const [index, { nodePort, protocol }] of ports.entries()) {
    const here = at.index(index).child('nodePort');
    if (!nodePort) continue;
    if (type === 'ClusterIP') yield forbidden(here, "may not be used when `type` is 'ClusterIP'");
    if (nodePorts.has(`${protocol}/${nodePort}`)) yield duplicate(here, nodePort);
    nodePorts.add(`${protocol}/${nodePort}`);
  }
}

/** Cluster IPs, their families and their number agree. */
export function* addressErrors(spec: ServiceSpec, at: FieldPath): Errors {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const here = at.child('clusterIPs');
  if (clusterIP !== '' && clusterIPs.length === 0) yield required(here);
  else if (clusterIP !== '' && clusterIPs[0] !== clusterIP) yield invalid(here, clusterIPs, 'first value must match `clusterIP`');
  else if (clusterIP === '' && clusterIPs.length > 0) yield invalid(here, clusterIPs, 'must be empty when `clusterIP` is not specified');
  for (const [index, family] of ipFamilies.entries()) {
    yield* among(at.child('ipFamilies').index(index), family, ['IPv4', 'IPv6']);
    if (ipFamilies.indexOf(family) < index) yield duplicate(at.child('ipFamilies').index(index), family);
  }
  yield* among(at.child('ipFamilyPolicy'), ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack']);
  if (clusterIPs[0] === 'None') {
    if (clusterIPs.length > 1) yield invalid(here, clusterIPs, "'None' must be the first and only value");
    return;
  }
  for (const [index, ip] of clusterIPs.entries()) yield* problemsAt(here.index(index), ip, ipProblems(ip));
  if (clusterIPs.length > 2) yield invalid(here, clusterIPs, 'may only hold up to 2 values');
  if (clusterIPs.some((ip) => ipProblems(ip).length > 0)) return;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(isIpv6)).size < 2) yield invalid(here, clusterIPs, 'may specify no more than one IP for each IP family');
  for (const [index, ip] of clusterIPs.entries()) {
    const family = ipFamilies[index];
    if (family !== undefined && family !== (isIpv6(ip) ? 'IPv6' : 'IPv4')) yield invalid(here.index(index), ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``);
  }
}

function* balancerErrors({ type, loadBalancerSourceRanges = [], allocateLoadBalancerNodePorts, loadBalancerClass }: ServiceSpec, at: FieldPath): Errors {
  const balanced = type === 'LoadBalancer';
  const ranges = at.child('LoadBalancerSourceRanges');
  if (loadBalancerSourceRanges.length > 0 && !balanced) yield forbidden(ranges, ONLY_BALANCED);
  for (const [index, range] of loadBalancerSourceRanges.entries()) yield* problemsAt(ranges.index(index), range.trim(), cidrProblems(range.trim()));
  if (allocateLoadBalancerNodePorts !== undefined && !balanced) yield forbidden(at.child('allocateLoadBalancerNodePorts'), ONLY_BALANCED);
  if (loadBalancerClass === undefined) return;
  const here = at.child('loadBalancerClass');
  if (balanced) yield* problemsAt(here, loadBalancerClass, qualifiedNameProblems(loadBalancerClass));
  else yield forbidden(here, ONLY_BALANCED);
}

function* policyErrors(spec: ServiceSpec, at: FieldPath): Errors {
  const { externalTrafficPolicy: policy = '', healthCheckNodePort: port = 0 } = spec;
  if (!reachedFromOutside(spec)) {
    if (policy !== '') yield invalid(at.child('externalTrafficPolicy'), policy, 'may only be set for externally-accessible services');
  } else if (policy === '') yield required(at.child('externalTrafficPolicy'));
  else if (policy !== 'Cluster' && policy !== 'Local') yield notSupported(at.child('externalTrafficPolicy'), policy, ['Cluster', 'Local']);
  const here = at.child('healthCheckNodePort');
  if (needsHealthCheck(spec)) {
    if (port === 0) yield required(here);
    else yield* portNumber(here, port);
  } else if (port !== 0) yield invalid(here, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
}

const ONCE = 'may not change once set';

export function* serviceUpdateErrors({ spec }: ServiceLike, { spec: old }: ServiceLike, at: FieldPath): Errors {
  const here = at.child('spec');
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!(isHeadless(spec) && isHeadless(old))) yield* keptErrors('clusterIPs', { spec, old }, here);
    if (!isHeadless(spec) && !isHeadless(old)) yield* keptErrors('ipFamilies', { spec, old }, here);
  }
  if (spec.type === 'LoadBalancer' && old.type === 'LoadBalancer' && spec.loadBalancerClass !== old.loadBalancerClass) {
    yield invalid(here.child('loadBalancerClass'), spec.loadBalancerClass, ONCE);
  }
  if (needsHealthCheck(old) && needsHealthCheck(spec) && spec.healthCheckNodePort !== old.healthCheckNodePort) {
    yield forbidden(here.child('healthCheckNodePort'), 'field is immutable');
  }
}

/** The first address and family stay; a second may join, and leave where the policy says that one is enough. */
function* keptErrors(field: 'clusterIPs' | 'ipFamilies', { spec, old }: { spec: ServiceSpec; old: ServiceSpec }, at: FieldPath): Errors {
  const [next, before] = [spec[field] ?? [], old[field] ?? []];
  const what = field === 'clusterIPs' ? 'clusterIP' : 'ipFamily';
  if (next.length === before.length) {
    for (const [index, one] of before.entries()) if (one !== next[index]) yield invalid(at.child(field).index(field === 'clusterIPs' ? index : 0), next, ONCE);
    return;
  }
  if (next.length === 0 && before.length > 0) yield invalid(at.child(field).index(0), next, `primary ${what} can not be unset`);
  if (next.length > 0 && before.length > 0 && next[0] !== before[0]) yield invalid(at.child(field).index(0), next, ONCE);
  if (next.length === 1 && before.length > 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    yield invalid(at.child('ipFamilyPolicy'), spec.ipFamilyPolicy, `must be set to 'SingleStack' when releasing the secondary ${what}`);
  }
}

export function* serviceStatusErrors({ spec, status }: ServiceLike, _old: ServiceLike, at: FieldPath): Errors {
  const here = at.child('status').child('loadBalancer').child('ingress');
  const ingress = status.loadBalancer.ingress ?? [];
  if (spec.type !== 'LoadBalancer' && ingress.length > 0) yield forbidden(here, "may only be used when `spec.type` is 'LoadBalancer'");
  for (const [index, { ip, ipMode, hostname }] of ingress.entries()) {
    const place = here.index(index);
    if (ip) yield* problemsAt(place.child('ip'), ip, ipProblems(ip));
    if (ip && ipMode === undefined) yield required(place.child('ipMode'), 'must be specified when `ip` is set');
    if (!ip && ipMode !== undefined) yield forbidden(place.child('ipMode'), 'may not be specified when `ip` is not set');
    yield* among(place.child('ipMode'), ipMode, ['Proxy', 'VIP']);
    if (!hostname) continue;
    yield* problemsAt(place.child('hostname'), hostname, dnsSubdomainProblems(hostname));
    if (ipProblems(hostname).length === 0) yield invalid(place.child('hostname'), hostname, 'must be a DNS name, not an IP address');
  }
}
