import type { LabelSelector } from '../../meta/label-selector.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Resource } from '../../meta/resource.ts';

/**
 * The kinds of the Gateway API that are served here. Their definitions are installed by the user, so nothing is known to be
 * there, defaulted or validated but by those definitions: what they default is optional here.
 * https://gateway-api.sigs.k8s.io/reference/spec/
 */
export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

export interface GatewayClass extends KubeObject {
  readonly spec: { readonly controllerName: string; readonly parametersRef?: { readonly group: string; readonly kind: string; readonly name: string; readonly namespace?: string } };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface RouteGroupKind {
  readonly group?: string;
  readonly kind: string;
}

export interface SecretReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Listener {
  readonly name: string;
  readonly hostname?: string;
  readonly port: number;
  readonly protocol: string;
  readonly tls?: { readonly mode?: string; readonly certificateRefs?: readonly SecretReference[] };
  readonly allowedRoutes?: {
    readonly namespaces?: { readonly from?: string; readonly selector?: LabelSelector };
    readonly kinds?: readonly RouteGroupKind[];
  };
}

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly RouteGroupKind[];
  readonly attachedRoutes: number;
  readonly conditions: readonly Condition[];
}

export interface Address {
  readonly type?: string;
  readonly value?: string;
}

export interface Gateway extends KubeObject {
  readonly spec: {
    readonly gatewayClassName: string;
    readonly listeners: readonly Listener[];
    readonly addresses?: readonly Address[];
    readonly infrastructure?: { readonly parametersRef?: { readonly group: string; readonly kind: string; readonly name: string } };
  };
  readonly status?: { readonly addresses?: readonly Address[]; readonly conditions?: readonly Condition[]; readonly listeners?: readonly ListenerStatus[] };
}

export interface ParentReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface BackendReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

export interface HeaderEdits {
  readonly set?: readonly { readonly name: string; readonly value: string }[];
  readonly add?: readonly { readonly name: string; readonly value: string }[];
  readonly remove?: readonly string[];
}

export interface PathModifier {
  readonly type: string;
  readonly replaceFullPath?: string;
  readonly replacePrefixMatch?: string;
}

export interface RequestRedirect {
  readonly scheme?: string;
  readonly hostname?: string;
  readonly path?: PathModifier;
  readonly port?: number;
  readonly statusCode?: number;
}

export interface RequestMirror {
  readonly backendRef: BackendReference;
  readonly percent?: number;
  readonly fraction?: { readonly numerator: number; readonly denominator?: number };
}

/** Of HTTPRoutes; GRPCRoutes know the modifiers and the mirror among them. */
export interface RouteFilter {
  readonly type: string;
  readonly requestHeaderModifier?: HeaderEdits;
  readonly responseHeaderModifier?: HeaderEdits;
  readonly requestRedirect?: RequestRedirect;
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: PathModifier };
  readonly requestMirror?: RequestMirror;
}

export interface WeightedBackend extends BackendReference {
  readonly weight?: number;
  readonly filters?: readonly RouteFilter[];
}

export interface ValueMatch {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

export interface HTTPRouteMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly headers?: readonly ValueMatch[];
  readonly queryParams?: readonly ValueMatch[];
  readonly method?: string;
}

export interface GRPCRouteMatch {
  readonly method?: { readonly type?: string; readonly service?: string; readonly method?: string };
  readonly headers?: readonly ValueMatch[];
}

interface RouteRule<M> {
  readonly matches?: readonly M[];
  readonly filters?: readonly RouteFilter[];
  readonly backendRefs?: readonly WeightedBackend[];
}

/** Durations as GEP-2257 writes them: `1h30m`, `500ms`; `0s` is no limit. */
export type HTTPRouteRule = RouteRule<HTTPRouteMatch> & { readonly timeouts?: { readonly request?: string; readonly backendRequest?: string } };
export type GRPCRouteRule = RouteRule<GRPCRouteMatch>;

export interface RouteParentStatus {
  readonly parentRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

interface RouteOf<Rule> extends KubeObject {
  readonly spec: { readonly parentRefs?: readonly ParentReference[]; readonly hostnames?: readonly string[]; readonly rules?: readonly Rule[] };
  readonly status?: { readonly parents?: readonly RouteParentStatus[] };
}
export type HTTPRoute = RouteOf<HTTPRouteRule>;
export type GRPCRoute = RouteOf<GRPCRouteRule>;
export type Route = HTTPRoute | GRPCRoute;

/** In the namespace of what is referred to: who may refer to it from another. */
export interface ReferenceGrant extends KubeObject {
  readonly spec: {
    readonly from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    readonly to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

const kind = <T extends KubeObject>(name: string, plural: string, of: Partial<Pick<Resource, 'version' | 'scope'>> = {}): Resource<T> =>
  ({ group: GATEWAY_GROUP, version: 'v1', kind: name, plural, scope: 'Namespaced', ...of });

export const GatewayClass = kind<GatewayClass>('GatewayClass', 'gatewayclasses', { scope: 'Cluster' });
export const Gateway = kind<Gateway>('Gateway', 'gateways');
export const HTTPRoute = kind<HTTPRoute>('HTTPRoute', 'httproutes');
export const GRPCRoute = kind<GRPCRoute>('GRPCRoute', 'grpcroutes');
// What every release serves; v1 is younger.
export const ReferenceGrant = kind<ReferenceGrant>('ReferenceGrant', 'referencegrants', { version: 'v1beta1' });

export type RouteKind = 'HTTPRoute' | 'GRPCRoute';
