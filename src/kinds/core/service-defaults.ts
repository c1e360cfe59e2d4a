/** Defaults of Services that depend on other fields. Addresses and node ports are the API server's to give. */
import { mapItems, withFields } from '../change.ts';
import type { LoadBalancerIngress, ServicePort, ServiceSpec, ServiceStatus } from './service.ts';

const AFFINITY_SECONDS = 10_800;

export function defaultServiceSpec(spec: ServiceSpec): ServiceSpec {
  const { type, sessionAffinity, sessionAffinityConfig } = spec;
  const timeoutSeconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
  return withFields(spec, {
    ...(spec.ports && { ports: mapItems(spec.ports, defaultTarget) }),
    sessionAffinityConfig: sessionAffinity === 'ClientIP' ? { clientIP: { timeoutSeconds } } : sessionAffinity === 'None' ? undefined : sessionAffinityConfig,
    ...(reachedFromOutside(spec) && { externalTrafficPolicy: spec.externalTrafficPolicy || 'Cluster' }),
    ...(type !== 'ExternalName' && { internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster' }),
    ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true }),
  });
}

/** Whether traffic arrives from outside the cluster, so that externalTrafficPolicy means something. */
export const reachedFromOutside = ({ type, externalIPs }: ServiceSpec): boolean =>
  type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0);

const defaultTarget = (port: ServicePort): ServicePort => (port.targetPort ? port : { ...port, targetPort: port.port });

const withMode = (one: LoadBalancerIngress): LoadBalancerIngress => (one.ip && one.ipMode === undefined ? { ...one, ipMode: 'VIP' } : one);

export function defaultServiceStatus(status: ServiceStatus): ServiceStatus {
  const { ingress } = status.loadBalancer;
  return ingress ? withFields(status, { loadBalancer: withFields(status.loadBalancer, { ingress: mapItems(ingress, withMode) }) }) : status;
}
