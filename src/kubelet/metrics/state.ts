/** What need not be counted, only looked up when asked: pods and containers as they are, volumes, the build. Pure. */
import { labels } from '../../base/metrics/family.ts';
import type { Family } from '../../base/metrics/family.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Container, PodSandbox } from '../cri/runtime-v1.ts';
import type { PodSample } from '../stats/samples.ts';

export interface NodeState {
  readonly nodeName: string;
  /** Those the API or the machine asks for here, and those of them that have not ended. */
  readonly desired: readonly Pod[];
  readonly active: readonly Pod[];
  readonly sandboxes: readonly PodSandbox[];
  readonly containers: readonly Container[];
  readonly samples: readonly PodSample[];
}

const CONTAINER_STATES = { CONTAINER_CREATED: 'created', CONTAINER_RUNNING: 'running', CONTAINER_EXITED: 'exited', CONTAINER_UNKNOWN: 'unknown' } as const;
const isStatic = ({ metadata: { annotations = {} } }: Pod): boolean => 'kubernetes.io/config.source' in annotations && annotations['kubernetes.io/config.source'] !== 'api';
const isMirror = ({ metadata: { annotations = {} } }: Pod): boolean => 'kubernetes.io/config.mirror' in annotations;

export function* stateFamilies({ nodeName, desired, active, sandboxes, containers, samples }: NodeState): Iterable<Family> {
  const gauge = (name: string, help: string, values: readonly (readonly [Record<string, string>, number])[]): Family => ({ name, type: 'gauge', help, samples: values.map(([of, value]) => ({ labels: labels(of), value })) });
  const byState = grouped(containers);
  const split = (pods: readonly Pod[]): readonly (readonly [Record<string, string>, number])[] => ['false', 'true'].map((is) => [{ static: is }, pods.filter((pod) => isStatic(pod) === (is === 'true')).length]);
  yield gauge('kubelet_node_name', '[ALPHA] The node\'s name. The count is always 1.', [[{ node: nodeName }, 1]]);
  yield gauge('kubelet_running_pods', '[BETA] Number of pods that have a running pod sandbox', [[{}, sandboxes.filter(({ state }) => state === 'SANDBOX_READY').length]]);
  yield gauge('kubelet_running_containers', '[BETA] Number of containers currently running', [...byState].map(([state, some]) => [{ container_state: state }, some.length]));
  yield gauge('kubelet_desired_pods', '[ALPHA] The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.', split(desired.filter((pod) => !isMirror(pod))));
  yield gauge('kubelet_active_pods', '[ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.', split(active.filter((pod) => !isMirror(pod))));
  yield gauge('kubelet_mirror_pods', '[ALPHA] The number of mirror pods the kubelet will try to create (one per admitted static pod)', [[{}, active.filter(isStatic).length]]);
  yield gauge('kubelet_container_log_filesystem_used_bytes', '[ALPHA] Bytes used by the container\'s logs on the filesystem.', samples.flatMap(({ pod: { metadata: { uid, name, namespace = '' } }, containers: inside }) =>
    inside.flatMap(({ name: container, logs }) => (logs ? [[{ uid, namespace, pod: name, container }, logs.bytes] as const] : []))));
  yield* volumeFamilies(samples);
}

/** By state. */
function grouped(containers: readonly Container[]): ReadonlyMap<string, readonly Container[]> {
  const groups = new Map<string, Container[]>();
  for (const container of containers) {
    const state = CONTAINER_STATES[container.state];
    groups.set(state, [...(groups.get(state) ?? []), container]);
  }
  return groups;
}

const VOLUME_MEASURES = [
  ['capacity_bytes', 'Capacity in bytes of the volume', 'capacityBytes'], ['available_bytes', 'Number of available bytes in the volume', 'availableBytes'], ['used_bytes', 'Number of used bytes in the volume', 'usedBytes'],
  ['inodes', 'Maximum number of inodes in the volume', 'inodes'], ['inodes_free', 'Number of free inodes in the volume', 'inodesFree'], ['inodes_used', 'Number of used inodes in the volume', 'inodesUsed'],
] as const;

/** Of claims alone; a claim that several pods use is told once. */
function* volumeFamilies(samples: readonly PodSample[]): Iterable<Family> {
  const claims = new Map(samples.flatMap(({ pod, volumes = [] }) => volumes.flatMap(({ claim, fs, usage }) =>
    (claim === undefined || !fs ? [] : [[labels({ namespace: pod.metadata.namespace ?? '', persistentvolumeclaim: claim }), { ...fs, usedBytes: usage.bytes, inodesUsed: usage.inodes }] as const]))));
  for (const [suffix, help, field] of VOLUME_MEASURES) {
    yield { name: `kubelet_volume_stats_${suffix}`, type: 'gauge', help: `[ALPHA] ${help}`, samples: [...claims].map(([of, volume]) => ({ labels: of, value: volume[field] })) };
  }
}
