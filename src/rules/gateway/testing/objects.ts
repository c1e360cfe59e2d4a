import type { Gateway, GatewayClass, GRPCRoute, HTTPRoute, HTTPRouteMatch, HTTPRouteRule, Listener, ReferenceGrant } from '../kinds.ts';

const API = 'gateway.networking.k8s.io/v1';
const meta = (name: string, namespace = 'ns', creationTimestamp = '2026-01-01T00:00:00Z') => ({ name, namespace, uid: `${namespace}-${name}`, resourceVersion: '1', generation: 1, creationTimestamp });

export const gatewayClass = (name = 'knarr', controllerName = 'knarr.dev/gateway-controller'): GatewayClass =>
  ({ apiVersion: API, kind: 'GatewayClass', metadata: { ...meta(name), namespace: undefined as never }, spec: { controllerName } });

export const http = (name: string, of: Partial<Listener> = {}): Listener => ({ name, port: 80, protocol: 'HTTP', ...of });
export const https = (name: string, of: Partial<Listener> = {}): Listener =>
  ({ name, port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: `${name}-tls` }] }, ...of });

export const gateway = (name: string, listeners: readonly Listener[], at: { readonly namespace?: string; readonly created?: string } = {}): Gateway =>
  ({ apiVersion: API, kind: 'Gateway', metadata: meta(name, at.namespace, at.created), spec: { gatewayClassName: 'knarr', listeners } });

type Spec = HTTPRoute['spec'];
export const httpRoute = (name: string, spec: Spec, at: { readonly namespace?: string; readonly created?: string } = {}): HTTPRoute =>
  ({ apiVersion: API, kind: 'HTTPRoute', metadata: meta(name, at.namespace, at.created), spec: { parentRefs: [{ name: 'gw' }], ...spec } });
export const grpcRoute = (name: string, spec: GRPCRoute['spec']): GRPCRoute => ({ apiVersion: API, kind: 'GRPCRoute', metadata: meta(name), spec: { parentRefs: [{ name: 'gw' }], ...spec } });

/** A rule that leads a path to a Service's port 80. */
export const leads = (value: string, service: string, more: { readonly type?: string } & Omit<HTTPRouteMatch, 'path'> = {}): HTTPRouteRule => {
  const { type = 'PathPrefix', ...match } = more;
  return { matches: [{ path: { type, value }, ...match }], backendRefs: [{ name: service, port: 80 }] };
};

export const grant = (namespace: string, from: ReferenceGrant['spec']['from'][number], to: ReferenceGrant['spec']['to'][number]): ReferenceGrant =>
  ({ apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant', metadata: meta('grant', namespace), spec: { from: [from], to: [to] } });
