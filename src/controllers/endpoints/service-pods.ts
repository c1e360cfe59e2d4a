import type { ContainerPort } from '../../kinds/core/container.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { Service, type ServicePort } from '../../kinds/core/service.ts';
import { matchesLabels } from '../../meta/label-selector.ts';
import { isReady, isTerminalPhase } from '../../rules/pod-conditions.ts';
import { watchOf, type Cache } from '../runtime/index.ts';

/** What Endpoints and EndpointSlices have to know of Services and their pods. */

/** Services without selector have endpoints of others' making; ExternalName ones have none. */
export const hasSelector = ({ spec }: Service): boolean =>
  spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length > 0;

export const podsOf = (service: Service, cache: Cache): readonly Pod[] =>
  cache.list(Pod, service.metadata.namespace).filter((pod) => matchesLabels(service.spec.selector ?? {}, pod.metadata.labels));

/** A pod concerns the Services that select it, and those that did before its labels changed. */
export const watchPods = watchOf(Pod, (pod, cache, old) => {
  if (old && !isNews(pod, old)) return [];
  return cache.list(Service, pod.metadata.namespace)
    .filter((service) => hasSelector(service) && (selects(service, pod) || (old !== undefined && selects(service, old))))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
});

const selects = ({ spec }: Service, pod: Pod): boolean => matchesLabels(spec.selector ?? {}, pod.metadata.labels);

/** Most of what a kubelet reports is nothing to endpoints. */
const isNews = (pod: Pod, old: Pod): boolean =>
  pod.status.podIP !== old.status.podIP || isReady(pod) !== isReady(old) || pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
  pod.status.phase !== old.status.phase || pod.spec.nodeName !== old.spec.nodeName || pod.status.podIPs?.length !== old.status.podIPs?.length ||
  JSON.stringify(pod.metadata.labels) !== JSON.stringify(old.metadata.labels);

/** Has an address and has not ended. */
export const isReachable = ({ status }: Pod): boolean => !isTerminalPhase(status.phase) && (status.podIP ?? '') !== '';

/** The pod's own name within the Service's subdomain. */
export const hostnameIn = ({ spec, metadata }: Pod, service: Service): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace ? spec.hostname : undefined;

export interface ResolvedPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** Where each port of the Service leads in this pod; one whose name the pod does not know is left out. */
export function resolvePorts(service: Service, pod: Pod): readonly ResolvedPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = portIn(pod, servicePort);
    if (port === undefined) return [];
    const { name, protocol, appProtocol } = servicePort;
    return [{ ...(name ? { name } : {}), port, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function portIn(pod: Pod, { targetPort, port, protocol }: ServicePort): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port;
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  const ports = [...pod.spec.containers, ...sidecars].flatMap((container): readonly ContainerPort[] => container.ports ?? []);
  return ports.find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol)?.containerPort;
}

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None';

export const isIPv6 = (address: string): boolean => address.includes(':');
