import type { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { Node } from '../kinds/core/node.ts';
import type { Service, ServicePort } from '../kinds/core/service.ts';
import { isInCidr } from '../meta/ip.ts';
import { backendsOf } from './endpoints.ts';

/** The node whose rules are planned. */
export interface ProxyNode {
  readonly name: string;
  /** Its `topology.kubernetes.io/zone`. */
  readonly zone?: string;
  /** Its own. */
  readonly addresses?: readonly string[];
}

export interface Backend {
  readonly address: string;
  readonly port: number;
  /** Whether it runs on this node. */
  readonly local: boolean;
  /** Whether it may be the one that asks: it runs here, or nobody said where. */
  readonly mayAsk: boolean;
  /** It is on its way out, and taken because there is no better one. */
  readonly ending?: true;
}

export type Policy = 'Cluster' | 'Local';
export type Protocol = 'tcp' | 'udp' | 'sctp';
export type Family = 'ipv4' | 'ipv6';
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** One port of one Service in one family: where it listens, and what answers. */
export interface PortRules {
  /** `namespace/name:port`, as upstream names it in comments and hashes. */
  readonly id: string;
  readonly family: Family;
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
  /** Where traffic goes under the policy Cluster, and from within under either external policy. */
  readonly cluster: readonly Backend[];
  /** Where it goes under the policy Local. */
  readonly local: readonly Backend[];
}

/** Everything a node does for Services, in a fixed order. */
export type Ruleset = readonly PortRules[];

const ZONE = 'topology.kubernetes.io/zone';

/** What of a node matters to its rules. */
export function nodeOf({ metadata, status }: Node): ProxyNode {
  const zone = metadata.labels?.[ZONE];
  const addresses = (status.addresses ?? []).map(({ address }) => address).filter((address) => familyOf(address) !== undefined);
  return { name: metadata.name, addresses, ...(zone === undefined ? {} : { zone }) };
}

const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';
const HEADLESS = 'service.kubernetes.io/headless';
const SERVICE_NAME = 'kubernetes.io/service-name';

/** What the objects ask of this node. Pure. */
export function planRuleset(services: readonly Service[], slices: readonly EndpointSlice[], node: ProxyNode): Ruleset {
  const slicesOf = byService(slices);
  return services.flatMap((service) => planService(service, slicesOf.get(keyOf(service)) ?? [], node)).toSorted(inOrder);
}

function byService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const group = groups.get(serviceOf(slice));
    if (group) group.push(slice);
    else groups.set(serviceOf(slice), [slice]);
  }
  return groups;
}

/** The ports of one Service, given its slices: none where it is nobody's or somebody else's to proxy. Pure. */
export function planService(service: Service, slices: readonly EndpointSlice[], node: ProxyNode): Ruleset {
  if (!isProxied(service)) return [];
  const own = slices.filter(isOurs);
  return FAMILIES.flatMap((family) => {
    const clusterIp = clusterIpsOf(service).find((address) => familyOf(address) === family);
    if (clusterIp === undefined) return [];
    const ofFamily = own.filter(({ addressType }) => addressType.toLowerCase() === family);
    return (service.spec.ports ?? []).map((port) => planPort({ service, port, node, own: { family, clusterIp, ...backendsOf(ofFamily, nameOf(port), node) } }));
  });
}

/** A port has one place in a ruleset. */
export const portKey = ({ id, protocol, family }: Pick<PortRules, 'id' | 'protocol' | 'family'>): string => `${id}/${protocol}/${family}`;
/** The `namespace/name` of the Service that a slice belongs to. */
export const serviceOf = ({ metadata }: EndpointSlice): string => `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`;
const keyOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`;

export function inOrder(a: PortRules, b: PortRules): number {
  return compare(a.id, b.id) || compare(a.protocol, b.protocol) || compare(a.family, b.family);
}

function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[PROXY_NAME] === undefined && metadata.labels?.[HEADLESS] === undefined;
}

function isProxied({ spec, metadata }: Service): boolean {
  return metadata.labels?.[PROXY_NAME] === undefined && spec.type !== 'ExternalName';
}

const clusterIpsOf = ({ spec }: Service): readonly string[] => spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);

function nameOf({ name, protocol }: ServicePort): { readonly name: string; readonly protocol: string } {
  return { name: name ?? '', protocol: protocol ?? 'TCP' };
}

interface PortPlan {
  readonly service: Service;
  readonly port: ServicePort;
  readonly node: ProxyNode;
  readonly own: Pick<PortRules, 'family' | 'clusterIp' | 'cluster' | 'local'>;
}

function planPort({ service: { metadata, spec, status }, port, node, own }: PortPlan): PortRules {
  const sticky = spec.sessionAffinity === 'ClientIP';
  const { name, protocol } = nameOf(port);
  const ofFamily = (addresses: readonly string[]): readonly string[] => [...new Set(addresses)].filter((address) => familyOf(address) === own.family);
  const ingress = (status.loadBalancer?.ingress ?? []).filter(({ ipMode }) => ipMode !== 'Proxy').map(({ ip }) => ip ?? '');
  const loadBalancerIps = spec.type === 'LoadBalancer' ? ofFamily(ingress) : [];
  return {
    id: `${metadata.namespace}/${metadata.name}${name === '' ? '' : `:${name}`}`,
    protocol: protocolOf(protocol),
    port: port.port,
    ...(port.nodePort ? { nodePort: port.nodePort } : {}),
    externalIps: ofFamily(spec.externalIPs ?? []),
    loadBalancerIps,
    sourceRanges: spec.type === 'LoadBalancer' ? withSelf(rangesOf(spec.loadBalancerSourceRanges ?? [], own.family), loadBalancerIps, node) : [],
    ...(spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && spec.healthCheckNodePort ? { healthCheckPort: spec.healthCheckNodePort } : {}),
    ...(sticky ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 } : {}),
    internalPolicy: spec.internalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    externalPolicy: spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    ...own,
  };
}

/** Those of the family; a range that lets everyone in is no range. */
function rangesOf(ranges: readonly string[], family: Family): readonly string[] {
  const own = ranges.map((range) => range.trim()).filter((range) => familyOf(range.split('/')[0]!) === family);
  return own.some((range) => range.endsWith('/0')) ? [] : [...new Set(own)];
}

/** A node that is in a range comes from the balancer's address itself, where that is one of its own, too (as some balancers make it). */
function withSelf(ranges: readonly string[], loadBalancerIps: readonly string[], { addresses = [] }: ProxyNode): readonly string[] {
  const isAllowed = addresses.some((address) => ranges.some((range) => isInCidr(address, range)));
  return isAllowed ? [...ranges, ...loadBalancerIps.map((ip) => `${ip}/${ip.includes(':') ? 128 : 32}`)] : ranges;
}

function protocolOf(protocol: string): Protocol {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp';
}

/** undefined for what is no address: `None`, a host name, nothing. */
export function familyOf(address: string): Family | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return 'ipv4';
  return address.includes(':') ? 'ipv6' : undefined;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
