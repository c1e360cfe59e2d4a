import type { Service, ServiceSpec, ServiceStatus } from '../../kinds/core/service.ts';
import type { Endpoint, EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';

const meta = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  name, namespace: 'ns1', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels,
});

/** `ns1/svc1` with the port p80 at 172.30.0.41, as the server stores it. */
export function service(spec: Partial<ServiceSpec> = {}, status: ServiceStatus = { loadBalancer: {} }): Service {
  return {
    apiVersion: 'v1', kind: 'Service', metadata: meta('svc1'), status,
    spec: { type: 'ClusterIP', sessionAffinity: 'None', clusterIP: '172.30.0.41', ports: [{ name: 'p80', protocol: 'TCP', port: 80, targetPort: 80 }], ...spec },
  };
}

/** A slice of `ns1/svc1`. */
export function slice(endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: meta('svc1-x', { 'kubernetes.io/service-name': 'svc1' }),
    addressType: 'IPv4', ports: [{ name: 'p80', protocol: 'TCP', port: 80 }], endpoints, ...more,
  };
}

export function endpoint(address: string, nodeName = 'other', more: Partial<Endpoint> = {}): Endpoint {
  return { addresses: [address], conditions: { ready: true, serving: true, terminating: false }, nodeName, ...more };
}
