import type { AnyObject } from '../../meta/object.ts';
import { sameObject } from '../registry/equality.ts';

export interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly nodePort?: number;
}

/** What of a Service's spec allocation reads and writes. */
export interface ServiceSpec {
  readonly type?: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ipFamilies?: readonly string[];
  readonly ipFamilyPolicy?: string;
  readonly ports?: readonly ServicePort[];
  readonly externalTrafficPolicy?: string;
  readonly healthCheckNodePort?: number;
  readonly allocateLoadBalancerNodePorts?: boolean;
  readonly loadBalancerClass?: string;
  readonly externalIPs?: readonly string[];
}

export const specOf = (service: AnyObject): ServiceSpec => (service['spec'] ?? {}) as ServiceSpec;

export const needsAddress = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';
export const isHeadless = ({ clusterIPs }: ServiceSpec): boolean => clusterIPs?.[0] === 'None';
export const exposes = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';
export const needsHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
const isBalanced = ({ type }: ServiceSpec): boolean => type === 'LoadBalancer';

const nodePortsOf = ({ ports = [] }: ServiceSpec): ReadonlySet<number> => new Set(ports.flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])));
/** `a` and `b` say the same, an absent list being an empty one. */
const sameList = (a: readonly string[] = [], b: readonly string[] = []): boolean => sameObject(a, b);

/**
 * Takes over from the old spec what an update leaves out, since a client that knows nothing of allocated values must not
 * lose them, and makes `clusterIP` and `clusterIPs` say the same.
 */
export function carriedOver(given: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  return paired(old ? inherit(given, old) : given, old);
}

function inherit(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const both = needsAddress(spec) && needsAddress(old);
  return {
    ...spec,
    ...(both && !spec.clusterIP && old.clusterIP ? { clusterIP: old.clusterIP } : {}),
    ...(both && !spec.clusterIPs?.length && old.clusterIPs?.length ? { clusterIPs: old.clusterIPs } : {}),
    ...(spec.ports && exposes(spec) && exposes(old) ? { ports: inheritPorts(spec.ports, { spec, old }) } : {}),
    ...(needsHealthPort(spec) && needsHealthPort(old) && !spec.healthCheckNodePort ? { healthCheckNodePort: old.healthCheckNodePort ?? 0 } : {}),
  };
}

/** By the ports' names: everything else of a port may change. A number that another port uses now is not given back. */
function inheritPorts(ports: readonly ServicePort[], { spec, old }: { spec: ServiceSpec; old: ServiceSpec }): readonly ServicePort[] {
  const used = nodePortsOf(spec);
  const before = new Map((old.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
  return ports.map((port) => {
    const was = before.get(port.name ?? '') ?? 0;
    return port.nodePort || was === 0 || used.has(was) ? port : { ...port, nodePort: was };
  });
}

/** Clients know either `clusterIP` alone or both fields. */
function paired(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (!old) return clusterIP !== '' && clusterIPs.length === 0 ? { ...spec, clusterIPs: [clusterIP] } : spec;
  const { clusterIP: was = '' } = old;
  if (clusterIP === was) return clusterIPs.length === 0 && old.clusterIPs?.length ? { ...spec, clusterIPs: old.clusterIPs } : spec;
  // Of the two, only `clusterIP` was changed: it is meant.
  if (!sameList(clusterIPs, old.clusterIPs)) return spec;
  if (clusterIP !== '') return { ...spec, clusterIPs: [clusterIP] };
  const { clusterIPs: _dropped, ...rest } = spec;
  return rest;
}

/** Traffic may come from outside the cluster. */
const isReached = (spec: ServiceSpec): boolean => exposes(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);

type Droppable = 'externalTrafficPolicy' | 'clusterIP' | 'clusterIPs' | 'ipFamilies' | 'ipFamilyPolicy' | 'healthCheckNodePort' | 'allocateLoadBalancerNodePorts' | 'loadBalancerClass';

/** A change of type takes away what the new type has no use for, unless the same update also changes it, which validation then refuses. */
export function withoutStale(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const lost = (needs: (one: ServiceSpec) => boolean) => needs(old) && !needs(spec);
  const stale: Droppable[] = [];
  if (lost(needsAddress)) {
    if ((spec.clusterIP ?? '') === (old.clusterIP ?? '') && sameList(spec.clusterIPs, old.clusterIPs)) stale.push('clusterIP', 'clusterIPs');
    if (sameList(spec.ipFamilies, old.ipFamilies)) stale.push('ipFamilies');
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) stale.push('ipFamilyPolicy');
  }
  if (lost(isReached) && spec.externalTrafficPolicy === old.externalTrafficPolicy) stale.push('externalTrafficPolicy');
  if (lost(needsHealthPort) && (spec.healthCheckNodePort ?? 0) === (old.healthCheckNodePort ?? 0)) stale.push('healthCheckNodePort');
  if (lost(isBalanced) && spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) stale.push('allocateLoadBalancerNodePorts');
  if (lost(isBalanced) && spec.loadBalancerClass === old.loadBalancerClass) stale.push('loadBalancerClass');
  const kept = stale.length === 0 ? spec : (Object.fromEntries(Object.entries(spec).filter(([field]) => !(stale as readonly string[]).includes(field))) as ServiceSpec);
  const before = nodePortsOf(old);
  if (!lost(exposes) || !kept.ports || [...nodePortsOf(spec)].some((port) => !before.has(port))) return kept;
  return { ...kept, ports: kept.ports.map(({ nodePort: _nodePort, ...port }) => port) };
}
