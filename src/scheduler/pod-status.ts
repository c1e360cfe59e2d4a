import type { Millis } from '../base/clock.ts';
import type { Patch } from '../client/index.ts';
import type { Pod } from '../kinds/core/pod.ts';

/** Why a pod has no node, as its PodScheduled condition tells. */
export interface Unscheduled {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** The node promised to it; '' for none, undefined for what it was promised before. */
  readonly nominate: string | undefined;
}

/** The status patch that says so, or undefined where the pod already does. */
export function planStatusPatch(pod: Pod, why: Unscheduled, now: Millis): Patch | undefined {
  const { conditions = [], nominatedNodeName = '' } = pod.status;
  const { reason, message, nominate = nominatedNodeName } = why;
  const old = conditions.find(({ type }) => type === 'PodScheduled');
  const same = old?.status === 'False' && old.reason === reason && old.message === message;
  if (same && nominatedNodeName === nominate) return undefined;
  const condition = {
    type: 'PodScheduled', status: 'False', reason, message,
    lastProbeTime: null,
    lastTransitionTime: old?.status === 'False' && old.lastTransitionTime ? old.lastTransitionTime : rfc3339(now),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  return {
    type: 'strategic',
    body: {
      metadata: { uid: pod.metadata.uid },
      status: {
        ...(same ? {} : { conditions: [condition] }),
        ...(nominatedNodeName === nominate ? {} : { nominatedNodeName: nominate || null }),
      },
    },
  };
}

/** What a pod that has to make room is told. */
export const disruptionTarget = (schedulerName: string, { metadata: { generation } }: Pod, now: Millis) => ({
  type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler',
  message: `${schedulerName}: preempting to accommodate a higher priority pod`,
  lastProbeTime: null, lastTransitionTime: rfc3339(now),
  ...(generation === undefined ? {} : { observedGeneration: generation }),
});

const rfc3339 = (at: Millis): string => `${new Date(at).toISOString().slice(0, 19)}Z`;
