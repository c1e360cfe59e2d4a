import type { Resource } from '../../meta/resource.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Service } from '../../kinds/core/service.ts';
import { planListeners, type LabelsOf, type ListenerPlan } from '../../rules/gateway/attach.ts';
import { furtherPortName, isBuiltInGateway } from '../../rules/gateway/built-in-gateway.ts';
import { Gateway, GatewayClass, GRPCRoute, HTTPRoute, ReferenceGrant, type Route, type RouteKind } from '../../rules/gateway/kinds.ts';
import { INGRESS_SERVICE } from '../../rules/built-in-ingress.ts';
import type { Cache } from '../runtime/index.ts';
import { isBefore, isOurs } from '../service-load-balancer/plan.ts';

/** Which of the kinds are served; the first three are needed for anything to be done. */
export type Served = ReadonlySet<Resource>;
export const NEEDED: readonly Resource[] = [GatewayClass, Gateway, HTTPRoute];
export const KNOWN: readonly Resource[] = [...NEEDED, GRPCRoute, ReferenceGrant];

/** What the cluster holds of the Gateway API, for this controller. */
export interface World {
  readonly gateways: readonly Gateway[];
  readonly listeners: readonly ListenerPlan[];
  readonly routes: readonly Route[];
  readonly grants: readonly ReferenceGrant[];
  readonly labelsOf: LabelsOf;
  /** By which all Gateways are reached; undefined before the first. */
  readonly entrance: Service | undefined;
}

export const routeKindsOf = (served: Served): readonly (typeof HTTPRoute | typeof GRPCRoute)[] => [HTTPRoute, GRPCRoute].filter((kind) => served.has(kind));

export function worldOf(cache: Cache, served: Served): World {
  const classes = cache.list(GatewayClass);
  const gateways = cache.list(Gateway).filter((one) => isBuiltInGateway(one, classes) && one.metadata.deletionTimestamp === undefined);
  const entrance = cache.get(Service, INGRESS_SERVICE.name, INGRESS_SERVICE.namespace);
  const kinds = routeKindsOf(served);
  return {
    gateways, entrance,
    listeners: planListeners({ gateways, served: kinds.map(({ kind }) => kind as RouteKind), taken: takenPorts(cache.list(Service), entrance) }),
    routes: kinds.flatMap((kind) => cache.list<Resource<Route>>(kind)),
    grants: served.has(ReferenceGrant) ? cache.list(ReferenceGrant) : [],
    labelsOf: (namespace) => cache.get(Namespace, namespace)?.metadata.labels,
  };
}

/** A port of the nodes leads to one Service, the oldest of those that ask for it; what the entrance has it keeps against younger ones. */
function takenPorts(services: readonly Service[], entrance: Service | undefined): (port: number) => string | undefined {
  const others = services.filter((one) => isOurs(one) && one.metadata.uid !== entrance?.metadata.uid);
  const has = (service: Service, port: number): boolean => service.spec.ports?.some((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP') ?? false;
  return (port) => {
    const held = entrance?.spec.ports?.some(({ name }) => name === furtherPortName(port));
    const holder = others.find((one) => has(one, port) && (!held || isBefore(one, entrance!)));
    return holder && `Port ${port} of the nodes is in use by service ${holder.metadata.namespace}/${holder.metadata.name}`;
  };
}
