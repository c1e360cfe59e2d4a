/** What the kubelet keeps asking of a pod. */
import type { Container, EphemeralContainer } from '../kinds/core/container.ts';
import type { Pod } from '../kinds/core/pod.ts';
import { isMirror, isStatic } from './sync/static/annotations.ts';

/** How messages name a pod: `web_default(0b29…)`. */
export const podTitle = ({ metadata: { name, namespace, uid } }: Pod): string => `${name}_${namespace}(${uid})`;

export const initContainers = (pod: Pod): readonly Container[] => pod.spec.initContainers ?? [];
export const ephemeralContainers = (pod: Pod): readonly EphemeralContainer[] => pod.spec.ephemeralContainers ?? [];

/** An init container that keeps running beside the main ones (a sidecar). */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** system-cluster-critical and above. */
export const CRITICAL_PRIORITY = 2_000_000_000;

/** Pods of the node itself, of a file or by their priority: it ends and refuses everything else first. */
export const isCritical = (pod: Pick<Pod, 'metadata' | 'spec'>): boolean => isStatic(pod) || isMirror(pod) || (pod.spec.priority ?? 0) >= CRITICAL_PRIORITY;

/** Whatever its kind; ephemeral containers lack nothing the others have. */
export function containerNamed(pod: Pod, name: string): Container | EphemeralContainer | undefined {
  return [...pod.spec.containers, ...initContainers(pod), ...ephemeralContainers(pod)].find((container) => container.name === name);
}

/** Upstream's minimum between the request to stop and the kill. */
const LEAST_GRACE_SECONDS = 1;

/** Seconds a pod's containers have to end, as the deletion or else the pod itself says. */
export function graceSeconds(pod: Pod): number {
  const asked = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  return Math.max(LEAST_GRACE_SECONDS, asked);
}

/** A pod's place in a container's events: `spec.containers{web}`. */
export function containerFieldPath(pod: Pod, name: string): string {
  const kind = initContainers(pod).some((container) => container.name === name)
    ? 'initContainers'
    : ephemeralContainers(pod).some((container) => container.name === name) ? 'ephemeralContainers' : 'containers';
  return `spec.${kind}{${name}}`;
}
