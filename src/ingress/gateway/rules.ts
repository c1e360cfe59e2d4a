import type { Millis } from '../../base/clock.ts';
import { parseDuration } from '../../meta/duration.ts';
import type { GRPCRoute, GRPCRouteMatch, HeaderEdits, HTTPRoute, HTTPRouteMatch, HTTPRouteRule, PathModifier, ReferenceGrant, Route, RouteFilter, WeightedBackend } from '../../rules/gateway/kinds.ts';
import { backendTarget, isGranted, type Referrer } from '../../rules/gateway/references.ts';
import { unsupportedFilter } from '../../rules/gateway/route-rules.ts';
import type { Action, Destination, Forward, HeaderChanges, PathChange } from '../action.ts';
import type { BackendRef } from '../routes.ts';
import { grpcMatcher, httpMatcher, type Matcher } from './match.ts';

/** A rule by one of its matches. */
export interface CompiledRule {
  readonly matcher: Matcher;
  readonly action: Action;
}

const BROKEN: Action = { act: 'answer', status: 500 };
/** Leads to nobody: what would have gone to a reference that may not or cannot be followed. */
const NOBODY: BackendRef = { namespace: '', service: '', port: 0 };
const DEFAULT_REDIRECT = 302;

/** A route's rules as requests meet them. References that are not granted lead to 500. Pure. */
export function compileRoute(route: Route, grants: readonly ReferenceGrant[]): readonly CompiledRule[] {
  const from = { kind: route.kind, namespace: route.metadata.namespace ?? '' };
  const grpc = isGrpc(route);
  const rules: readonly HTTPRouteRule[] = (route as HTTPRoute).spec.rules ?? [];
  return rules.flatMap((rule) => {
    const matches: readonly (HTTPRouteMatch | GRPCRouteMatch)[] = rule.matches?.length ? rule.matches : [{}];
    return matches.map((match) => {
      const matcher = grpc ? grpcMatcher(match as GRPCRouteMatch) : httpMatcher(match as HTTPRouteMatch);
      return { matcher, action: actionOf(rule, { from, grants, prefix: matcher.prefix, grpc }) };
    });
  });
}

const isGrpc = (route: Route): route is GRPCRoute => route.kind === 'GRPCRoute';

interface Place {
  readonly from: Referrer;
  readonly grants: readonly ReferenceGrant[];
  readonly prefix: string;
  readonly grpc: boolean;
}

function actionOf({ filters = [], backendRefs = [], timeouts }: HTTPRouteRule, place: Place): Action {
  if (filters.some(unsupportedFilter)) return BROKEN;
  const changes = changesOf(filters);
  const redirect = filters.find(({ type }) => type === 'RequestRedirect')?.requestRedirect;
  if (redirect) {
    const { scheme, hostname, port, path, statusCode: status = DEFAULT_REDIRECT } = redirect;
    return {
      act: 'redirect', status, ...(changes.response ? { response: changes.response } : {}), ...pathChange(path, place.prefix),
      ...(scheme === 'http' || scheme === 'https' ? { scheme } : {}), ...(hostname ? { hostname } : {}), ...(port ? { port } : {}),
    };
  }
  const to = backendRefs.map((backend) => destinationOf(backend, place));
  if (to.every(({ weight }) => weight === 0)) return BROKEN;
  const rewrite = filters.find(({ type }) => type === 'URLRewrite')?.urlRewrite;
  const mirrors = mirrorsOf(filters, place);
  return {
    act: 'forward', to, ...changes, ...(rewrite?.hostname ? { hostname: rewrite.hostname } : {}), ...pathChange(rewrite?.path, place.prefix),
    ...(mirrors.length > 0 ? { mirrors } : {}), ...withinOf(timeouts),
  };
}

function destinationOf(backend: WeightedBackend, place: Place): Destination {
  const { weight = 1, filters = [] } = backend;
  // Of a backend's own filters only those that change headers can be followed here.
  const followed = filters.every(({ type }) => type === 'RequestHeaderModifier' || type === 'ResponseHeaderModifier');
  return { ref: followed ? refOf(backend, place) : NOBODY, weight, missing: 500, ...changesOf(filters) };
}

function refOf(backend: WeightedBackend, { from, grants, grpc }: Place): BackendRef {
  const target = backendTarget(backend, from.namespace);
  if (target.group !== '' || target.kind !== 'Service' || backend.port === undefined || !isGranted(from, target, grants)) return NOBODY;
  return { namespace: target.namespace, service: target.name, port: backend.port, ...(grpc ? { speech: 'h2c' as const } : {}) };
}

function mirrorsOf(filters: readonly RouteFilter[], place: Place): NonNullable<Forward['mirrors']> {
  return filters.flatMap(({ type, requestMirror }) => {
    if (type !== 'RequestMirror' || !requestMirror) return [];
    const { backendRef, percent, fraction } = requestMirror;
    const ref = refOf(backendRef, place);
    const share = fraction ? fraction.numerator / (fraction.denominator ?? 100) : (percent ?? 100) / 100;
    return ref === NOBODY ? [] : [{ ref, share }];
  });
}

function changesOf(filters: readonly RouteFilter[]): { readonly request?: HeaderChanges; readonly response?: HeaderChanges } {
  const request = filters.find(({ type }) => type === 'RequestHeaderModifier')?.requestHeaderModifier;
  const response = filters.find(({ type }) => type === 'ResponseHeaderModifier')?.responseHeaderModifier;
  return { ...(request ? { request: headerChanges(request) } : {}), ...(response ? { response: headerChanges(response) } : {}) };
}

function headerChanges({ set = [], add = [], remove = [] }: HeaderEdits): HeaderChanges {
  const pairs = (all: typeof set) => all.map(({ name, value }) => [name.toLowerCase(), value] as const);
  return { set: pairs(set), add: pairs(add), remove: remove.map((name) => name.toLowerCase()) };
}

function pathChange(path: PathModifier | undefined, prefix: string): { readonly path?: PathChange } {
  if (path?.type === 'ReplaceFullPath') return { path: { full: path.replaceFullPath || '/' } };
  return path?.type === 'ReplacePrefixMatch' ? { path: { prefix, by: path.replacePrefixMatch ?? '' } } : {};
}

/** A duration of zero is no limit (GEP-1742). */
function withinOf(timeouts: HTTPRouteRule['timeouts']): Pick<Forward, 'timeout'> {
  const limits = [timeouts?.request, timeouts?.backendRequest].map(millisOf).filter((one) => one > 0);
  return limits.length > 0 ? { timeout: Math.min(...limits) } : {};
}

function millisOf(duration: string | undefined): Millis {
  return duration === undefined || !/^(\d{1,5}(h|m|s|ms)){1,4}$/.test(duration) ? 0 : parseDuration(duration);
}
