import type { Node } from '../../kinds/core/node.ts';
import type { Service, ServiceStatus } from '../../kinds/core/service.ts';
import type { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isConditionTrue } from '../../rules/pod-conditions.ts';

/** Kept on a Service while addresses may lead to it. */
export const CLEANUP = 'service.kubernetes.io/load-balancer-cleanup';
/** The class that means this balancer; a Service without a class means it too. */
export const CLASS = 'knarr.dev/node-addresses';
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

export type Ingress = NonNullable<NonNullable<ServiceStatus['loadBalancer']>['ingress']>;

/** Whether this balancer is to give the Service addresses. */
export const isOurs = ({ spec, metadata }: Service): boolean =>
  spec.type === 'LoadBalancer' && (spec.loadBalancerClass ?? CLASS) === CLASS && metadata.deletionTimestamp === undefined;

/** What there is to balance over. */
export interface Surroundings {
  readonly nodes: readonly Node[];
  /** The Service's own. */
  readonly slices: readonly EndpointSlice[];
  /** Every Service of the cluster. */
  readonly services: readonly Service[];
}

/** The addresses of a Service: those of nodes that can take its traffic, or why there are none. */
export type Decision = { readonly ingress: Ingress } | { readonly taken: string };

export function decide(service: Service, { nodes, slices, services }: Surroundings): Decision {
  const other = services.filter((one) => isOurs(one) && isBefore(one, service)).find((one) => sharesPort(one, service));
  if (other) return { taken: `a port of it is in use by service ${other.metadata.namespace}/${other.metadata.name}` };
  const local = service.spec.externalTrafficPolicy === 'Local' ? nodesOf(slices) : undefined;
  const addresses = nodes.filter(canServe)
    .filter(({ metadata }) => !local || local.has(metadata.name))
    .flatMap(({ status }) => addressesOf(status, service.spec.ipFamilies ?? ['IPv4']));
  return { ingress: [...new Set(addresses)].sort().map((ip) => ({ ip, ipMode: 'VIP' })) };
}

/** One address and port can lead to one Service: the oldest has it. */
export const isBefore = (a: Service, b: Service): boolean => {
  const rank = ({ metadata }: Service) => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
  return a.metadata.uid !== b.metadata.uid && rank(a) < rank(b);
};

const sharesPort = (a: Service, b: Service): boolean =>
  (a.spec.ports ?? []).some(({ port, protocol }) => b.spec.ports?.some((other) => other.port === port && (other.protocol ?? 'TCP') === (protocol ?? 'TCP')));

const canServe = ({ metadata, status }: Node): boolean =>
  metadata.deletionTimestamp === undefined && !(EXCLUDED in (metadata.labels ?? {})) && isConditionTrue(status.conditions, 'Ready');

/** The nodes with an endpoint that serves. */
const nodesOf = (slices: readonly EndpointSlice[]): ReadonlySet<string> =>
  new Set(slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ nodeName }) => nodeName ?? []));

/** External addresses where a node has some, else internal ones, of the Service's families. */
function addressesOf({ addresses = [] }: Node['status'], families: readonly string[]): readonly string[] {
  const of = (type: string) => addresses.filter((one) => one.type === type && families.includes(one.address.includes(':') ? 'IPv6' : 'IPv4')).map(({ address }) => address);
  const external = of('ExternalIP');
  return external.length > 0 ? external : of('InternalIP');
}
