import { deepEqual } from '../../base/deep-equal.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { Service } from '../../kinds/core/service.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { keyOf } from '../../client/index.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Resource } from '../../meta/resource.ts';
import { GATEWAY_CONTROLLER } from '../../rules/gateway/built-in-gateway.ts';
import { Gateway, GatewayClass, GATEWAY_GROUP, type GRPCRoute, type HTTPRoute, ReferenceGrant, type Route } from '../../rules/gateway/kinds.ts';
import { rulesOf } from '../../rules/gateway/route-rules.ts';
import { secretTarget } from '../../rules/gateway/references.ts';
import { defineController, watchOf, type Cache, type Controller, type Watch } from '../runtime/index.ts';
import { conditionsFor, no, yes } from './conditions.ts';
import { ensureEntrance, ensureReaders } from './entrance.ts';
import { planGatewayStatus } from './gateway-status.ts';
import { planRouteParents } from './route-status.ts';
import { routeKindsOf, worldOf, type Served } from './world.ts';

/** Rules of a ClusterRole for who runs these controllers. */
export const GATEWAY_RIGHTS = [
  { apiGroups: [GATEWAY_GROUP], resources: ['gatewayclasses'], verbs: ['create'] },
  { apiGroups: [GATEWAY_GROUP], resources: ['gatewayclasses/status', 'gateways/status', 'httproutes/status', 'grpcroutes/status'], verbs: ['update', 'patch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['update'] },
];

/** The controllers of what is served, for as long as it is. `readers`: the agents' group. */
export const gatewayControllers = (served: Served, readers: string): readonly Controller[] =>
  [gatewayClasses(), gateways(served, readers), ...routeKindsOf(served).map((kind) => routes(kind, served))];

function gatewayClasses(): Controller {
  return defineController({
    name: 'gateway-class',
    for: GatewayClass,
    async reconcile(one, { client, now }) {
      if (one.spec.controllerName !== GATEWAY_CONTROLLER) return;
      const { parametersRef } = one.spec;
      const accepted = parametersRef ? no('InvalidParameters', `Parameters of kind ${parametersRef.kind} are not supported`) : yes('Accepted', 'GatewayClass is accepted');
      const before = one.status?.conditions;
      const own = conditionsFor({ Accepted: accepted }, before, { generation: one.metadata.generation, now });
      const conditions = [...(before ?? []).filter(({ type }) => type !== 'Accepted'), ...own];
      if (!deepEqual(conditions, before)) await client.updateStatus(GatewayClass, { ...one, status: { ...one.status, conditions } });
    },
  });
}

const keys = (objects: readonly KubeObject[]): readonly string[] => objects.map(keyOf);
const allOf = <R extends Resource>(kind: R) => (cache: Cache): readonly string[] => keys(cache.list(kind) as readonly KubeObject[]);
/** A write of a status says nothing new. */
const isRespecified = ({ metadata }: KubeObject, old?: KubeObject): boolean => metadata.generation === undefined || metadata.generation !== old?.metadata.generation || metadata.deletionTimestamp !== old.metadata.deletionTimestamp;
const isRelabelled = ({ metadata }: KubeObject, old?: KubeObject): boolean => !deepEqual(metadata.labels, old?.metadata.labels);

/** What concerns every object of a kind: who may refer to what, and whose routes may come. */
function aboutAll(concerned: (cache: Cache) => readonly string[], served: Served): readonly Watch[] {
  return [
    watchOf(GatewayClass, (one, cache, old) => (isRespecified(one, old) ? concerned(cache) : [])),
    watchOf(Gateway, (one, cache, old) => (isRespecified(one, old) ? concerned(cache) : [])),
    watchOf(Namespace, (one, cache, old) => (isRelabelled(one, old) ? concerned(cache) : [])),
    ...(served.has(ReferenceGrant) ? [watchOf(ReferenceGrant, (_, cache) => concerned(cache))] : []),
  ];
}

/** One worker: Gateways share the entrance. */
function gateways(served: Served, readers: string): Controller {
  const all = allOf(Gateway);
  const parentsOf = (route: Route): readonly string[] => (route.spec.parentRefs ?? []).map(({ name, namespace = route.metadata.namespace }) => `${namespace}/${name}`);
  const names = ({ metadata, spec }: Gateway, secret: KubeObject): boolean => spec.listeners.flatMap(({ tls }) => tls?.certificateRefs ?? []).map((ref) => secretTarget(ref, metadata.namespace ?? ''))
    .some(({ name, namespace }) => name === secret.metadata.name && namespace === secret.metadata.namespace);
  return defineController({
    name: 'gateway',
    for: Gateway,
    workers: 1,
    reads: [Role],
    watches: [
      ...aboutAll(all, served),
      // The entrance's addresses and ports, and the ports that other Services take.
      watchOf(Service, (service, cache, old) => (service.spec.type === 'LoadBalancer' || old?.spec.type === 'LoadBalancer' ? all(cache) : [])),
      watchOf(Secret, (secret, cache) => keys(cache.list(Gateway).filter((one) => names(one, secret)))),
      ...routeKindsOf(served).map((kind) => watchOf<Resource<Route>>(kind, (route, _, old) => (isRespecified(route, old) ? [...parentsOf(route), ...(old ? parentsOf(old) : [])] : []))),
    ],
    async reconcile(gateway, context) {
      const { cache, client, now } = context;
      const world = { ...worldOf(cache, served), secretOf: (name: string, namespace: string) => cache.get(Secret, name, namespace) };
      await ensureEntrance(world, served, context);
      if (world.gateways.includes(gateway)) {
        const status = planGatewayStatus(gateway, world, { generation: gateway.metadata.generation, now });
        if (!deepEqual(status, gateway.status)) await client.updateStatus(Gateway, { ...gateway, status });
      }
      await ensureReaders(world, readers, context);
    },
    async gone(_, context) {
      const world = worldOf(context.cache, served);
      await ensureEntrance(world, served, context);
      await ensureReaders(world, readers, context);
    },
  });
}

function routes(kind: typeof HTTPRoute | typeof GRPCRoute, served: Served): Controller {
  const routeKind = kind as Resource<Route>;
  const named = (route: Route, { metadata }: Service): boolean => rulesOf(route).some(({ backendRefs = [], filters = [] }) =>
    [...backendRefs, ...filters.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? [])].some(({ name, namespace = route.metadata.namespace }) => name === metadata.name && namespace === metadata.namespace));
  return defineController({
    name: kind.kind.toLowerCase(),
    for: routeKind,
    watches: [
      ...aboutAll(allOf(routeKind), served),
      watchOf(Service, (service, cache, old) => (deepEqual(service.spec.ports, old?.spec.ports) ? [] : keys(cache.list(routeKind).filter((route) => named(route, service))))),
    ],
    async reconcile(route, { cache, client, now }) {
      const world = { ...worldOf(cache, served), serviceOf: (name: string, namespace: string) => cache.get(Service, name, namespace) };
      const parents = planRouteParents(route, world, { generation: route.metadata.generation, now });
      if (deepEqual(parents, route.status?.parents ?? [])) return;
      await client.updateStatus(routeKind, { ...route, status: { ...route.status, parents } });
    },
  });
}
