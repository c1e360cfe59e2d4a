import type { Millis } from '../../base/clock.ts';
import type { Job, JobStatus } from '../../kinds/batch/job.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { findCondition, setCondition } from '../../rules/pod-conditions.ts';
import type { Announcement } from '../runtime/index.ts';
import { endingOf, type Ending } from './ending.ts';
import { formatIndexes } from './indexes.ts';
import { staffing } from './manage.ts';
import { failuresOf, indexOf, isIndexed } from './pods.ts';
import { activeFor, tally, type Tally } from './tally.ts';

/** What one pass does, as data, in this order. */
export interface Plan {
  readonly create: readonly DeepPartial<Pod>[];
  /** Pods that end because they are too many: let go first, so that they do not count as failures. */
  readonly spare: readonly Pod[];
  /** Pods that end because the job does: they count. */
  readonly stop: readonly Pod[];
  /** Ended pods to be listed in the status as not counted yet, then let go, then counted. */
  readonly count: readonly Pod[];
  /** The status that lists them. */
  readonly status: JobStatus;
  readonly announce: readonly Announcement[];
  readonly recheckIn: Millis | undefined;
}

export interface Observed {
  readonly job: Job;
  readonly pods: readonly Pod[];
  /** When a pause after failures is over, given how the pods stand. */
  readonly nextStart: (count: Tally) => Millis;
  readonly now: Millis;
}

/** Ends listed as uncounted in one write, at most. */
const BATCH = 500;

/** Decides one pass over a job that has not ended. */
export function plan({ job: given, pods, nextStart, now }: Observed): Plan {
  const { job, announce } = began(given, now);
  const count = tally(job, pods);
  const ending = endingOf(job, count, now);
  const leaving = job.metadata.deletionTimestamp !== undefined;
  const staff = ending || leaving ? undefined : staffing(job, count, { nextStart: nextStart(count), now, pods });
  const counted = countable(job, count, pods, ending !== undefined);
  return {
    create: staff?.create ?? [],
    spare: staff?.remove ?? [],
    stop: ending ? count.active : [],
    count: [...counted.succeeded, ...counted.failed, ...counted.ignored],
    status: statusOf(job, { count, counted, ending, now }),
    announce: ending && isNews(job, ending) && ending.reason === 'SuccessPolicy' ? [...announce, ['Normal', 'SuccessCriteriaMet', ending.message]] : announce,
    recheckIn: ending ? undefined : earliest(staff?.resumeIn, deadlineIn(job, now)),
  };
}

const isNews = ({ status }: Job, { type }: Ending): boolean => findCondition(status.conditions, type)?.status !== 'True';
const earliest = (...waits: readonly (Millis | undefined)[]): Millis | undefined => waits.filter((wait) => wait !== undefined).sort((a, b) => a - b)[0];

function deadlineIn(job: Job, now: Millis): Millis | undefined {
  const { activeDeadlineSeconds: seconds, suspend } = job.spec;
  const active = activeFor(job, now);
  return seconds === undefined || suspend || active === undefined ? undefined : Math.max(1, seconds * 1000 - active);
}

/** The job with its start time and its Suspended condition as they now are. */
function began(job: Job, now: Millis): { readonly job: Job; readonly announce: readonly Announcement[] } {
  const { status, spec } = job;
  const at = formatTime(now);
  const told = findCondition(status.conditions, 'Suspended')?.status === 'True';
  if (spec.suspend) {
    if (told) return { job, announce: [] };
    const conditions = withCondition(status, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }, at);
    const { startTime: _, ...rest } = status;
    return { job: { ...job, status: { ...rest, conditions } }, announce: [['Normal', 'Suspended', 'Job suspended']] };
  }
  if (!told) return { job: status.startTime === undefined ? { ...job, status: { ...status, startTime: at } } : job, announce: [] };
  const conditions = withCondition(status, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }, at);
  return { job: { ...job, status: { ...status, startTime: at, conditions } }, announce: [['Normal', 'Resumed', 'Job resumed']] };
}

export function withCondition(
  { conditions }: JobStatus, { type, status, reason, message }: { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }, at: string,
): NonNullable<JobStatus['conditions']> {
  return setCondition(conditions, { type, status, lastProbeTime: at, lastTransitionTime: at, reason, message });
}

interface Countable {
  readonly succeeded: readonly Pod[];
  readonly failed: readonly Pod[];
  /** Let go without being counted. */
  readonly ignored: readonly Pod[];
}

function countable(job: Job, count: Tally, pods: readonly Pod[], ending: boolean): Countable {
  const failed = count.failed.filter(({ pod }) => ending || !isStillNeeded(job, count, pod, pods));
  return {
    succeeded: count.succeeded.slice(0, BATCH),
    failed: failed.filter(({ verdict }) => verdict.action !== 'Ignore').map(({ pod }) => pod).slice(0, BATCH),
    ignored: failed.filter(({ verdict }) => verdict.action === 'Ignore').map(({ pod }) => pod).slice(0, BATCH),
  };
}

/** With a limit for each index, a failed pod holds the number of its index's failures until a successor does (KEP-3850). */
function isStillNeeded(job: Job, { failedIndexes, completedIndexes }: Tally, pod: Pod, pods: readonly Pod[]): boolean {
  if (job.spec.backoffLimitPerIndex === undefined) return false;
  const index = indexOf(pod)!;
  if (failedIndexes.has(index) || completedIndexes.has(index)) return false;
  const rank = (one: Pod) => failuresOf(one).counted + failuresOf(one).ignored;
  return !pods.some((other) => other !== pod && indexOf(other) === index && rank(other) > rank(pod));
}

function statusOf(job: Job, { count, counted, ending, now }: { readonly count: Tally; readonly counted: Countable; readonly ending: Ending | undefined; readonly now: Millis }): JobStatus {
  const { active: _, ready: _ready, terminating: _terminating, uncountedTerminatedPods: listed, completedIndexes: _done, failedIndexes: _failed, ...rest } = job.status;
  const conditions = ending && isNews(job, ending) ? withCondition(job.status, { ...ending, status: 'True' }, formatTime(now)) : job.status.conditions;
  const uids = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.uid);
  // An indexed job's successes are its completed indexes: they need no list.
  const succeeded = [...(listed?.succeeded ?? []), ...(isIndexed(job) ? [] : uids(counted.succeeded))];
  const failed = [...(listed?.failed ?? []), ...uids(counted.failed)];
  const active = ending ? 0 : count.active.length;
  return {
    ...rest,
    ...(conditions ? { conditions } : {}),
    ...(active > 0 ? { active } : {}),
    ready: ending ? 0 : count.ready,
    terminating: count.terminating.length + (ending ? count.active.length : 0),
    ...(isIndexed(job) && count.completedIndexes.size > 0 ? { completedIndexes: formatIndexes(count.completedIndexes), succeeded: count.completedIndexes.size } : {}),
    ...(isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined ? { failedIndexes: formatIndexes(count.failedIndexes) } : {}),
    uncountedTerminatedPods: { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) },
  };
}
