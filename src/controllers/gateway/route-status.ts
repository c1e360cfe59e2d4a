import type { Service } from '../../kinds/core/service.ts';
import { attach, type Attachment, type Verdict } from '../../rules/gateway/attach.ts';
import { GATEWAY_CONTROLLER } from '../../rules/gateway/built-in-gateway.ts';
import type { BackendReference, Route, RouteParentStatus } from '../../rules/gateway/kinds.ts';
import { backendTarget, isGranted } from '../../rules/gateway/references.ts';
import { rulesOf, unsupportedIn } from '../../rules/gateway/route-rules.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { conditionsFor, no, yes, type Stamp } from './conditions.ts';
import type { World } from './world.ts';

export interface RouteSources extends World {
  readonly serviceOf: (name: string, namespace: string) => Service | undefined;
}

/** What a route's status should say of its parents; other controllers' words stay as they are. Pure. */
export function planRouteParents(route: Route, world: RouteSources, stamp: Stamp): readonly RouteParentStatus[] {
  const before = route.status?.parents ?? [];
  const resolved = references(route, world);
  const limits = unsupported(route);
  const own = attach(route, world.listeners, world.labelsOf).map(({ parent, accepted }: Attachment): RouteParentStatus => {
    const earlier = before.find((one) => one.controllerName === GATEWAY_CONTROLLER && deepEqual(one.parentRef, parent));
    const verdicts = { Accepted: accepted.ok && limits?.whole ? limits.whole : accepted, ResolvedRefs: resolved, ...(accepted.ok && limits?.partly ? { PartiallyInvalid: limits.partly } : {}) };
    return { parentRef: parent, controllerName: GATEWAY_CONTROLLER, conditions: conditionsFor(verdicts, earlier?.conditions, stamp) };
  });
  return [...before.filter(({ controllerName }) => controllerName !== GATEWAY_CONTROLLER), ...own];
}

/** Rules that cannot be followed here: they answer 500. */
function unsupported(route: Route): { readonly whole?: Verdict; readonly partly?: Verdict } | undefined {
  const rules = rulesOf(route);
  const problems = rules.flatMap((rule) => unsupportedIn(rule) ?? []);
  if (problems.length === 0) return undefined;
  return problems.length === rules.length ? { whole: no('UnsupportedValue', problems[0]!) } : { partly: yes('UnsupportedValue', `Dropped Rule: ${problems[0]}`) };
}

function references(route: Route, world: RouteSources): Verdict {
  for (const { backendRefs = [], filters = [] } of rulesOf(route)) {
    for (const ref of [...backendRefs, ...filters.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? [])]) {
      const problem = reference(ref, route, world);
      if (problem) return problem;
    }
  }
  return yes('ResolvedRefs', 'All references are resolved');
}

function reference(ref: BackendReference, { kind, metadata }: Route, { grants, serviceOf }: RouteSources): Verdict | undefined {
  const own = metadata.namespace ?? '';
  const target = backendTarget(ref, own);
  if (target.group !== '' || target.kind !== 'Service') return no('InvalidKind', `Backends of kind ${target.kind} are not supported`);
  if (!isGranted({ kind, namespace: own }, target, grants)) return no('RefNotPermitted', `Backend ref to ${target.kind} ${target.namespace}/${target.name} not permitted by any ReferenceGrant`);
  const service = serviceOf(target.name, target.namespace);
  if (!service) return no('BackendNotFound', `service ${target.namespace}/${target.name} not found`);
  return service.spec.ports?.some(({ port }) => port === ref.port) || service.spec.type === 'ExternalName' ? undefined : no('BackendNotFound', `service ${target.namespace}/${target.name} has no port ${ref.port}`);
}
