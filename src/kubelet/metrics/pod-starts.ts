/** How long pods take to run, from what their statuses come to say. */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodStatus } from '../../kinds/core/pod-status.ts';
import { initContainers, isSidecar } from '../pod.ts';
import type { StatusManager } from '../status/status-manager.ts';
import type { KubeletMetrics } from './metrics.ts';

interface Starting {
  readonly seen: Millis;
  pulled: Millis;
  done: boolean;
}

export class PodStarts {
  readonly #metrics: KubeletMetrics;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #pods = new Map<string, Starting>();

  constructor(metrics: KubeletMetrics, clock: Pick<Clock, 'now'>) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Time a pod spent on a pull: none of the kubelet's making. */
  pulled(uid: string, span: Millis): void {
    const starting = this.#pods.get(uid);
    if (starting) starting.pulled += span;
  }

  /** What is about to be said of a pod. */
  said(pod: Pod, status: PodStatus): void {
    const { uid, creationTimestamp } = pod.metadata;
    let starting = this.#pods.get(uid);
    if (!starting) {
      // Of a pod that an earlier kubelet has started nothing can be told.
      starting = { seen: this.#clock.now(), pulled: 0, done: pod.status.startTime !== undefined };
      this.#pods.set(uid, starting);
      if (!starting.done) this.#metrics.podSeen(pod.spec.containers.length);
    }
    if (starting.done || status.phase !== 'Running') return;
    starting.done = true;
    const now = this.#clock.now();
    const whole = now - (Date.parse(creationTimestamp ?? '') || starting.seen);
    this.#metrics.podStarted({ sinceSeen: now - starting.seen, whole, bare: Math.max(0, whole - starting.pulled - initSpan(pod, status)) });
  }

  forget(uid: string): void {
    this.#pods.delete(uid);
  }
}

/** From the first init container's start to the last one's end. */
function initSpan(pod: Pod, { initContainerStatuses = [] }: PodStatus): Millis {
  const plain = new Set(initContainers(pod).filter((container) => !isSidecar(container)).map(({ name }) => name));
  const ends = initContainerStatuses.flatMap(({ name, state }) => (plain.has(name) && state.terminated ? [state.terminated] : []));
  const times = ends.flatMap(({ startedAt, finishedAt }) => [Date.parse(startedAt ?? ''), Date.parse(finishedAt ?? '')]).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}

/** Statuses on their way pass by here. */
export function watchedStatuses(statuses: StatusManager, starts: PodStarts): StatusManager {
  return {
    set(pod, status) {
      starts.said(pod, status);
      statuses.set(pod, status);
    },
    seen: (pod) => statuses.seen(pod), finish: (pod) => statuses.finish(pod), latest: (uid) => statuses.latest(uid), settled: () => statuses.settled(),
    forget(uid) {
      starts.forget(uid);
      statuses.forget(uid);
    },
    [Symbol.asyncDispose]: () => statuses[Symbol.asyncDispose](),
  };
}
