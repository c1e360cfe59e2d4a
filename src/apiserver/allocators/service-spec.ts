import type { AnyObject } from '../../meta/object.ts';

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
}

export const specOf = (service: AnyObject): ServiceSpec => (service['spec'] ?? {}) as ServiceSpec;

/**
 * Makes `clusterIP` and `clusterIPs` say the same, and takes over from the old spec what an update leaves out: a client
 * that knows nothing of allocated values must not lose them.
 */
export function carriedOver(given: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  const spec = old && given.type !== 'ExternalName' && old.type !== 'ExternalName' ? inherit(paired(given, old), old) : paired(given, undefined);
  return old ? withoutStalePorts(spec, old) : spec;
}

function paired(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (clusterIP !== '' && clusterIPs.length === 0) return { ...spec, clusterIPs: [clusterIP] };
  if (clusterIP === '' && clusterIPs.length > 0) return old?.clusterIP ? withoutAddresses(spec) : { ...spec, clusterIP: clusterIPs[0]! };
  if (clusterIP === '' || clusterIP === clusterIPs[0]) return spec;
  // Only one of the two was changed: it is meant.
  if (old && clusterIPs[0] === old.clusterIPs?.[0]) return { ...spec, clusterIPs: [clusterIP] };
  return spec;
}

function withoutAddresses({ clusterIP: _ip, clusterIPs: _ips, ...spec }: ServiceSpec): ServiceSpec {
  return spec;
}

function inherit(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const noAddress = !spec.clusterIP && !spec.clusterIPs?.length;
  return {
    ...spec,
    ...(noAddress && old.clusterIP ? { clusterIP: old.clusterIP, clusterIPs: old.clusterIPs ?? [old.clusterIP] } : {}),
    ...(!spec.ipFamilyPolicy && old.ipFamilyPolicy ? { ipFamilyPolicy: old.ipFamilyPolicy } : {}),
    ...(!spec.ipFamilies?.length && old.ipFamilies ? { ipFamilies: old.ipFamilies } : {}),
    ...(spec.ports ? { ports: inheritPorts(spec, old) } : {}),
    ...(!spec.healthCheckNodePort && old.healthCheckNodePort ? { healthCheckNodePort: old.healthCheckNodePort } : {}),
  };
}

const exposes = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';
const portId = ({ protocol = 'TCP', port }: ServicePort): string => `${protocol}/${port}`;

function inheritPorts(spec: ServiceSpec, old: ServiceSpec): readonly ServicePort[] {
  if (!exposes(spec) || !exposes(old)) return spec.ports ?? [];
  const used = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  return (spec.ports ?? []).map((port) => {
    const was = old.ports?.find((one) => portId(one) === portId(port))?.nodePort;
    return port.nodePort || !was || used.has(was) ? port : { ...port, nodePort: was };
  });
}

/** A Service that is no longer exposed gives its node ports back, if the update merely repeats them. */
function withoutStalePorts(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  if (exposes(spec) || !exposes(old) || !spec.ports) return spec;
  const before = new Set(old.ports?.map(({ nodePort }) => nodePort));
  return { ...spec, ports: spec.ports.map(({ nodePort, ...port }) => (nodePort && !before.has(nodePort) ? { ...port, nodePort } : port)) };
}
