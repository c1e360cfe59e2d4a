import type { Millis } from '../../base/clock.ts';
import type { Job } from '../../kinds/batch/job.ts';
import { findCondition } from '../../rules/pod-conditions.ts';
import { parseIndexes } from './indexes.ts';
import { isIndexed } from './pods.ts';
import { activeFor, restartsOf, type Tally } from './tally.ts';

/** That a job is to end, and how: its pods are ended first, then the last condition says Failed or Complete. */
export interface Ending {
  readonly type: 'FailureTarget' | 'SuccessCriteriaMet';
  readonly reason: string;
  readonly message: string;
}

const failure = (reason: string, message: string): Ending => ({ type: 'FailureTarget', reason, message });

/** Whether the job's fate is sealed. What has been said once stays said. */
export function endingOf(job: Job, count: Tally, now: Millis): Ending | undefined {
  return told(job) ?? failing(job, count, now) ?? succeeding(job, count);
}

function told({ status }: Job): Ending | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const condition = findCondition(status.conditions, type);
    if (condition?.status === 'True') return { type, reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return undefined;
}

function failing(job: Job, count: Tally, now: Millis): Ending | undefined {
  const { spec } = job;
  for (const { verdict } of count.failed) {
    if (verdict.action === 'FailJob') return failure('PodFailurePolicy', verdict.message);
  }
  if (count.failures > (spec.backoffLimit ?? 6) || isWornOut(job, count)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (!spec.suspend && spec.activeDeadlineSeconds !== undefined && (activeFor(job, now) ?? 0) >= spec.activeDeadlineSeconds * 1000) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  if (spec.backoffLimitPerIndex === undefined) return undefined;
  if (spec.maxFailedIndexes !== undefined && count.failedIndexes.size > spec.maxFailedIndexes) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const over = count.failedIndexes.size > 0 && count.failedIndexes.size + count.completedIndexes.size >= (spec.completions ?? 0);
  return over ? failure('FailedIndexes', 'Job has failed indexes') : undefined;
}

/** Containers restarted in place too often. */
function isWornOut({ spec }: Job, { active }: Tally): boolean {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = restartsOf(active);
  return spec.backoffLimit === 0 ? restarts > 0 : restarts >= (spec.backoffLimit ?? 6);
}

function succeeding(job: Job, count: Tally): Ending | undefined {
  const { completions } = job.spec;
  const rule = metRule(job, count);
  if (rule !== undefined) return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  // Without a number the first success is the last: the others finish in their own time.
  const reached = completions === undefined ? count.successes > 0 : count.successes >= completions;
  return reached && count.active.length === 0 && !job.spec.suspend
    ? { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined;
}

/** The first rule of the success policy that holds (KEP-3998). */
function metRule(job: Job, { completedIndexes }: Tally): number | undefined {
  if (!isIndexed(job)) return undefined;
  const met = (job.spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, job.spec.completions ?? 0);
    const done = wanted ? [...wanted].filter((index) => completedIndexes.has(index)).length : completedIndexes.size;
    return done >= (succeededCount ?? wanted?.size ?? Infinity);
  });
  return met < 0 ? undefined : met;
}
