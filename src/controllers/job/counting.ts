import type { Millis } from '../../base/clock.ts';
import type { Job, JobStatus } from '../../kinds/batch/job.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { formatTime } from '../../meta/time.ts';
import { findCondition } from '../../rules/pod-conditions.ts';
import type { Announcement } from '../runtime/index.ts';
import { withCondition } from './plan.ts';
import { isTracked } from './pods.ts';

/**
 * The status after ended pods were let go: what the list of uncounted ones no longer needs to hold is counted. A pod is
 * listed before it is let go and counted after it, so that a crash between the two loses none and counts none twice.
 * @param held UIDs of pods still held by the finalizer
 */
export function counted(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded: wins = [], failed: losses = [] } = status.uncountedTerminatedPods ?? {};
  const succeeded = wins.filter((uid) => held.has(uid));
  const failed = losses.filter((uid) => held.has(uid));
  const total = { succeeded: (status.succeeded ?? 0) + wins.length - succeeded.length, failed: (status.failed ?? 0) + losses.length - failed.length };
  return {
    ...status,
    ...(total.succeeded > 0 ? { succeeded: total.succeeded } : {}),
    ...(total.failed > 0 ? { failed: total.failed } : {}),
    uncountedTerminatedPods: { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) },
  };
}

export const heldOf = (pods: readonly Pod[], released: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(pods.filter((pod) => isTracked(pod) && !released.has(pod.metadata.uid)).map(({ metadata }) => metadata.uid));

/** The last word, once the job's fate is sealed, no pod is left and every end is counted. */
export function finished(status: JobStatus, now: Millis): { readonly status: JobStatus; readonly announce: readonly Announcement[] } | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if ((status.active ?? 0) > 0 || (status.terminating ?? 0) > 0 || succeeded.length + failed.length > 0) return undefined;
  const at = formatTime(now);
  const met = findCondition(status.conditions, 'SuccessCriteriaMet');
  if (met?.status === 'True') {
    const conditions = withCondition(status, { type: 'Complete', status: 'True', reason: met.reason ?? '', message: met.message ?? '' }, at);
    return { status: { ...status, conditions, completionTime: at }, announce: [['Normal', 'Completed', 'Job completed']] };
  }
  const target = findCondition(status.conditions, 'FailureTarget');
  if (target?.status !== 'True') return undefined;
  const [reason, message] = [target.reason ?? '', target.message ?? ''];
  const conditions = withCondition(status, { type: 'Failed', status: 'True', reason, message }, at);
  return { status: { ...status, conditions }, announce: [['Warning', reason, message]] };
}

/** Whether the job has said its last word. */
export const isFinished = ({ status }: Job): boolean =>
  (['Complete', 'Failed'] as const).some((type) => findCondition(status.conditions, type)?.status === 'True');
