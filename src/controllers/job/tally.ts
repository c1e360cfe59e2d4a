import type { Millis } from '../../base/clock.ts';
import type { Job } from '../../kinds/batch/job.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { isActive, isReady } from '../../rules/pod-conditions.ts';
import { judge, type Verdict } from './failure-policy.ts';
import { parseIndexes, type Indexes } from './indexes.ts';
import { failuresOf, hasFailed, indexOf, isIndexed, isTerminating, isTracked } from './pods.ts';

export interface Failed {
  readonly pod: Pod;
  readonly verdict: Verdict;
}

/** How a job's pods stand, and what their ends add up to. */
export interface Tally {
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: readonly Pod[];
  /** Ended and not counted yet, still held by the tracking finalizer. */
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Failed[];
  /** Pods that will have succeeded once all is counted; of an indexed job, indexes. */
  readonly successes: number;
  readonly failures: number;
  readonly completedIndexes: Indexes;
  readonly failedIndexes: Indexes;
}

/** @param pods the job's own */
export function tally(job: Job, pods: readonly Pod[]): Tally {
  const { status, spec } = job;
  const uncounted = new Set([...(status.uncountedTerminatedPods?.succeeded ?? []), ...(status.uncountedTerminatedPods?.failed ?? [])]);
  const limit = isIndexed(job) ? spec.completions ?? 0 : 0;
  const isValid = (pod: Pod) => !isIndexed(job) || (indexOf(pod) ?? limit) < limit;
  const open = pods.filter((pod) => isTracked(pod) && !uncounted.has(pod.metadata.uid) && isValid(pod));
  const succeeded = open.filter(({ status: { phase } }) => phase === 'Succeeded');
  const failed = open.filter((pod) => hasFailed(pod, job)).map((pod): Failed => ({ pod, verdict: judge(job, pod) }));
  const active = pods.filter(isActive);
  const completedIndexes = parseIndexes(status.completedIndexes, limit);
  for (const pod of isIndexed(job) ? succeeded : []) completedIndexes.add(indexOf(pod)!);
  const failedIndexes = parseIndexes(status.failedIndexes, limit);
  for (const one of spec.backoffLimitPerIndex === undefined ? [] : failed) if (endsIndex(job, one)) failedIndexes.add(indexOf(one.pod)!);
  for (const index of completedIndexes) failedIndexes.delete(index);
  const listed = { succeeded: status.uncountedTerminatedPods?.succeeded?.length ?? 0, failed: status.uncountedTerminatedPods?.failed?.length ?? 0 };
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating),
    succeeded,
    failed,
    successes: isIndexed(job) ? completedIndexes.size : (status.succeeded ?? 0) + listed.succeeded + succeeded.length,
    failures: (status.failed ?? 0) + listed.failed + failed.filter(({ verdict }) => verdict.action !== 'Ignore').length,
    completedIndexes,
    failedIndexes,
  };
}

function endsIndex({ spec }: Job, { pod, verdict }: Failed): boolean {
  if (verdict.action === 'FailIndex') return true;
  return verdict.action !== 'Ignore' && failuresOf(pod).counted >= spec.backoffLimitPerIndex!;
}

/** Restarts of containers within the pods that live: what counts as failures where restartPolicy is OnFailure. */
export const restartsOf = (pods: readonly Pod[]): number =>
  pods.flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);

/** Milliseconds of activity so far; undefined while it has not begun. */
export const activeFor = ({ status }: Job, now: Millis): Millis | undefined =>
  status.startTime === undefined ? undefined : now - Date.parse(status.startTime);
