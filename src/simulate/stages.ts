import type { Millis } from '../base/clock.ts';
import type { Container } from '../kinds/core/container.ts';
import type { Pod } from '../kinds/core/pod.ts';
import type { ContainerStatus, PodCondition } from '../kinds/core/pod-status.ts';
import { isConditionTrue, setCondition } from '../rules/pod-conditions.ts';
import { formatTime, parseTime } from '../meta/time.ts';

/** What a stage may use. */
export interface StageContext {
  readonly now: Millis;
  readonly hostIP: string;
  /** The pod's address, taken on first use. */
  readonly podIP: () => string;
}

/**
 * One step in a pretended pod's life: when it applies, how long the pod stays before it, and what the pod is then. The
 * first stage of the list that matches is the next one; a pod that matches none rests.
 */
export interface Stage {
  readonly name: string;
  readonly matches: (pod: Pod) => boolean;
  /** Milliseconds, of which up to `jitter` more are added at random. */
  readonly delay: (pod: Pod, now: Millis) => Millis;
  readonly jitter: Millis;
  readonly next: 'delete' | ((pod: Pod, context: StageContext) => Pod['status']);
}

/** How long a pod that does not always restart runs: Go-like `30s`, `2m`, `1500ms`. Without it one second. */
export const RUN_FOR = 'knarr.local/run-for';
/** What its containers then exit with; 0 unless said. */
export const EXIT_CODE = 'knarr.local/exit-code';
const DEFAULT_RUN: Millis = 1_000;

const ends = ({ metadata, spec }: Pod): boolean =>
  metadata.annotations?.[RUN_FOR] !== undefined || (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always');

export const podStages: readonly Stage[] = [
  {
    name: 'delete',
    matches: (pod) => pod.metadata.deletionTimestamp !== undefined,
    delay: () => 0,
    jitter: 0,
    next: 'delete',
  },
  {
    name: 'run',
    matches: ({ status }) => (status.phase ?? 'Pending') === 'Pending',
    delay: () => 0,
    jitter: 200,
    next: running,
  },
  {
    name: 'complete',
    matches: (pod) => pod.status.phase === 'Running' && ends(pod),
    delay: (pod, now) => Math.max(0, (parseTime(pod.status.startTime) ?? now) + runFor(pod) - now),
    jitter: 0,
    next: completed,
  },
  {
    name: 'gates',
    matches: (pod) => pod.status.phase === 'Running' && isConditionTrue(pod.status.conditions, 'Ready') !== gatesOpen(pod),
    delay: () => 0,
    jitter: 0,
    next: (pod, { now }) => ({ ...pod.status, conditions: withReady(pod, pod.status.conditions ?? [], now) }),
  },
];

const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function runFor({ metadata }: Pod): Millis {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(metadata.annotations?.[RUN_FOR] ?? '') ?? [];
  return count === undefined ? DEFAULT_RUN : Number(count) * UNITS[unit!]!;
}

/** Everything started at once and is ready. */
function running(pod: Pod, { now, hostIP, podIP }: StageContext): Pod['status'] {
  const at = formatTime(now);
  const ip = pod.spec.hostNetwork ? hostIP : podIP();
  const isSidecar = ({ restartPolicy }: Container) => restartPolicy === 'Always';
  const conditions = (['PodReadyToStartContainers', 'Initialized', 'ContainersReady'] as const).reduce<readonly PodCondition[]>(
    (all, type) => setCondition(all, condition(pod, type, 'True', at)), pod.status.conditions ?? []);
  const initContainers = pod.spec.initContainers ?? [];
  return {
    ...pod.status,
    phase: 'Running',
    hostIP, hostIPs: [{ ip: hostIP }],
    podIP: ip, podIPs: [{ ip }],
    startTime: at,
    conditions: withReady(pod, conditions, now),
    containerStatuses: pod.spec.containers.map((one) => started(pod, one, at)),
    ...(initContainers.length > 0 && {
      initContainerStatuses: initContainers.map((one) => (isSidecar(one) ? started(pod, one, at) : ended(started(pod, one, at), 0, at))),
    }),
  };
}

function completed(pod: Pod, { now }: StageContext): Pod['status'] {
  const at = formatTime(now);
  const exitCode = Number(pod.metadata.annotations?.[EXIT_CODE] ?? 0);
  const unready = (['Initialized', 'Ready', 'ContainersReady'] as const).reduce<readonly PodCondition[]>(
    (all, type) => setCondition(all, {
      ...condition(pod, type, type === 'Initialized' ? 'True' : 'False', at), reason: exitCode === 0 ? 'PodCompleted' : 'PodFailed',
    }), pod.status.conditions ?? []);
  return {
    ...pod.status,
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: unready,
    containerStatuses: pod.status.containerStatuses?.map((status) => ended(status, exitCode, at)) ?? [],
  };
}

const gatesOpen = ({ spec, status }: Pod): boolean =>
  spec.readinessGates?.every(({ conditionType }) => isConditionTrue(status.conditions, conditionType)) ?? true;

function withReady(pod: Pod, conditions: readonly PodCondition[], now: Millis): readonly PodCondition[] {
  const ready = condition(pod, 'Ready', gatesOpen(pod) ? 'True' : 'False', formatTime(now));
  const message = 'the status of pod readiness gate is not "True"';
  return setCondition(conditions, gatesOpen(pod) ? ready : { ...ready, reason: 'ReadinessGatesNotReady', message });
}

const condition = (pod: Pod, type: string, status: string, lastTransitionTime: string): PodCondition => ({
  type, status, lastTransitionTime, ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
});

const started = (pod: Pod, { name, image = '' }: Container, startedAt: string): ContainerStatus => ({
  name, image, imageID: `simulated://${image}`, containerID: `simulated://${pod.metadata.uid}/${name}`,
  ready: true, started: true, restartCount: 0, state: { running: { startedAt } }, lastState: {},
});

function ended(status: ContainerStatus, exitCode: number, finishedAt: string): ContainerStatus {
  const startedAt = status.state?.running?.startedAt ?? finishedAt;
  const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt, containerID: status.containerID ?? '' };
  return { ...status, ready: false, started: false, state: { terminated } };
}
