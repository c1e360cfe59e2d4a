/** What `kubectl get services` shows of a service. */
import { NONE, orNone } from '../cells.ts';
import type { ServiceSpec, ServiceStatus } from './service.ts';

interface ServiceLike {
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
}

export const clusterIpCell = ({ spec }: ServiceLike): string => spec.clusterIPs?.[0] ?? NONE;

export function externalIpCell({ spec, status }: ServiceLike): string {
  switch (spec.type) {
    case 'ExternalName':
      return orNone(spec.externalName);
    case 'LoadBalancer': {
      const balanced = (status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean);
      return [...balanced, ...(spec.externalIPs ?? [])].join(',') || '<pending>';
    }
    default:
      return orNone(spec.externalIPs?.join(','));
  }
}

export const portsCell = ({ spec }: ServiceLike): string =>
  orNone((spec.ports ?? []).map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`).join(','));
