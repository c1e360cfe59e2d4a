import type { Millis } from '../../base/clock.ts';
import type { StatefulSet, StatefulSetStatus } from '../../kinds/apps/stateful-set.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { availableIn, isReady } from '../../rules/pod-conditions.ts';
import { revisionOf } from './identity.ts';

export interface Counted {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of the revision being left and of the one being rolled out. */
  readonly current: string;
  readonly update: string;
  readonly collisions: number;
  /** Pods of the current revision that this pass removed. */
  readonly outdated: number;
  readonly now: Millis;
}

/** The status after a pass. Once every pod is of the new revision and ready, that revision is the current one. */
export function statusOf({ set, pods, current, update, collisions, outdated, now }: Counted): StatefulSetStatus {
  const ready = pods.filter((pod) => pod.status.phase === 'Running' && isReady(pod));
  const standing = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const updated = standing.filter((pod) => revisionOf(pod) === update).length;
  const wanted = set.spec.replicas;
  const done = set.spec.updateStrategy.type === 'RollingUpdate' && updated === wanted && ready.length === wanted && pods.length === wanted;
  const left = standing.filter((pod) => revisionOf(pod) === current).length - (current === update ? 0 : outdated);
  const minReadyMillis = (set.spec.minReadySeconds ?? 0) * 1000;
  const available = ready.filter((pod) => availableIn(pod, minReadyMillis, now) === 0).length;
  return {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    ...positive({
      readyReplicas: ready.length,
      currentReplicas: done ? updated : left,
      updatedReplicas: updated,
    }),
    availableReplicas: available,
    currentRevision: done ? update : current,
    updateRevision: update,
    collisionCount: collisions,
    ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
  };
}

/** Zeros are left out, as the server would. */
const positive = <T extends Record<string, number>>(counts: T): Partial<T> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)) as Partial<T>;
