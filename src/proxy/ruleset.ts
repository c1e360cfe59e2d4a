import type { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { Service, ServicePort } from '../kinds/core/service.ts';
import { backendsOf } from './endpoints.ts';

/** The node whose rules are planned. */
export interface ProxyNode {
  readonly name: string;
  /** Its `topology.kubernetes.io/zone`. */
  readonly zone?: string;
}

export interface Backend {
  readonly address: string;
  readonly port: number;
  /** Whether it runs on this node. */
  readonly local: boolean;
}

export type Policy = 'Cluster' | 'Local';
export type Protocol = 'tcp' | 'udp' | 'sctp';

/** One port of one Service: where it listens, and what answers. */
export interface PortRules {
  /** `namespace/name:port`, as upstream names it in comments and hashes. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIp: string;
  readonly nodePort?: number;
  readonly externalIps: readonly string[];
  /** Of load balancers that pass the address on (ipMode VIP). */
  readonly loadBalancerIps: readonly string[];
  /** Empty: everyone. */
  readonly sourceRanges: readonly string[];
  /** Where a load balancer asks whether this node has endpoints: with external traffic policy Local. */
  readonly healthCheckPort?: number;
  /** Set with session affinity ClientIP. */
  readonly affinitySeconds?: number;
  readonly internalPolicy: Policy;
  readonly externalPolicy: Policy;
  readonly cluster: readonly Backend[];
  readonly local: readonly Backend[];
}

/** Everything a node does for Services, in a fixed order. */
export type Ruleset = readonly PortRules[];

const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
const HEADLESS = 'service.kubernetes.io/headless';
const SERVICE_NAME = 'kubernetes.io/service-name';

/** What the objects ask of this node. Pure. */
export function planRuleset(services: readonly Service[], slices: readonly EndpointSlice[], node: ProxyNode): Ruleset {
  const slicesOf = byService(slices.filter(isOurs));
  return services
    .filter(isProxied)
    .flatMap((service) => {
      const own = slicesOf.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
      return (service.spec.ports ?? []).map((port) => planPort(service, port, backendsOf(own, nameOf(port), node)));
    })
    .toSorted((a, b) => compare(a.id, b.id) || compare(a.protocol, b.protocol));
}

/** By the `namespace/name` of the Service that they belong to. */
function byService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_NAME] ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(slice);
    else groups.set(key, [slice]);
  }
  return groups;
}

function isOurs({ addressType, metadata }: EndpointSlice): boolean {
  return addressType === 'IPv4' && metadata.labels?.[PROXY_NAME] === undefined && metadata.labels?.[HEADLESS] === undefined;
}

function isProxied({ spec, metadata }: Service): boolean {
  if (metadata.labels?.[PROXY_NAME] !== undefined || spec.type === 'ExternalName') return false;
  return isIpv4(spec.clusterIP ?? '');
}

function nameOf({ name, protocol }: ServicePort): { readonly name: string; readonly protocol: string } {
  return { name: name ?? '', protocol: protocol ?? 'TCP' };
}

function planPort({ metadata, spec, status }: Service, port: ServicePort, backends: Pick<PortRules, 'cluster' | 'local'>): PortRules {
  const sticky = spec.sessionAffinity === 'ClientIP';
  const { name, protocol } = nameOf(port);
  return {
    id: `${metadata.namespace}/${metadata.name}${name === '' ? '' : `:${name}`}`,
    protocol: protocolOf(protocol),
    port: port.port,
    clusterIp: spec.clusterIP!,
    ...(port.nodePort ? { nodePort: port.nodePort } : {}),
    externalIps: (spec.externalIPs ?? []).filter(isIpv4),
    loadBalancerIps: (status.loadBalancer.ingress ?? []).filter(({ ipMode }) => ipMode !== 'Proxy').map(({ ip }) => ip ?? '').filter(isIpv4),
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter((range) => isIpv4(range.split('/')[0]!)),
    ...(spec.externalTrafficPolicy === 'Local' && spec.healthCheckNodePort ? { healthCheckPort: spec.healthCheckNodePort } : {}),
    ...(sticky ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 } : {}),
    internalPolicy: spec.internalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    externalPolicy: spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    ...backends,
  };
}

function protocolOf(protocol: string): Protocol {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp';
}

const isIpv4 = (address: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(address);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
