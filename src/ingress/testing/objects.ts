import type { Service } from '../../kinds/core/service.ts';
import type { Endpoint, EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import type { Ingress } from '../../kinds/networking/ingress.ts';
import type { DeepPartial } from '../../meta/object.ts';

const meta = (name: string, created = '2026-01-01T00:00:00Z') => ({ name, namespace: 'ns', uid: name, resourceVersion: '1', creationTimestamp: created });

export function ingress(name: string, spec: DeepPartial<Ingress['spec']>, created?: string): Ingress {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: meta(name, created), spec: { ingressClassName: 'knarr', ...spec }, status: { loadBalancer: {} } } as unknown as Ingress;
}

export const to = (service: string, port: number | string = 80) => ({ service: { name: service, port: typeof port === 'number' ? { number: port } : { name: port } } });

/** A Service with the port `http`, 80. */
export function service(name: string, spec: DeepPartial<Service['spec']> = {}): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: meta(name), spec: { type: 'ClusterIP', ports: [{ name: 'http', port: 80 }], ...spec }, status: {} } as unknown as Service;
}

/** A slice of the Service: where each endpoint listens. */
export function slice(of: string, port: number, endpoints: readonly DeepPartial<Endpoint>[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { ...meta(`${of}-${port}`), labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4', ports: [{ name: 'http', port, protocol: 'TCP' }], endpoints,
  } as unknown as EndpointSlice;
}
