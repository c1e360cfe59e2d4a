import type { Millis } from '../../base/clock.ts';
import type { CronJob, CronJobStatus } from '../../kinds/batch/cron-job.ts';
import { Job } from '../../kinds/batch/job.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { formatTime, parseTime } from '../../meta/time.ts';
import { findCondition } from '../../rules/pod-conditions.ts';
import { parseCron, type CronSchedule } from '../../meta/cron-schedule.ts';
import { isTimeZone, offsetOf } from '../../meta/time-zone.ts';
import { CronJob as CronJobKind } from '../../kinds/batch/cron-job.ts';
import { controllerReference, type Announcement } from '../runtime/index.ts';

/** What one pass does, as data, in this order. */
export interface Plan {
  /** Jobs that make way for the next, and finished ones beyond the history limits. */
  readonly remove: readonly Job[];
  /** The job that is due. */
  readonly create: DeepPartial<Job> | undefined;
  /** When that job was due, milliseconds since the epoch. */
  readonly due: Millis | undefined;
  readonly status: CronJobStatus;
  readonly announce: readonly Announcement[];
  readonly recheckIn: Millis | undefined;
}

type Reference = NonNullable<CronJobStatus['active']>[number];

/** Missed times beyond which something must be wrong: a clock, or a long suspension. */
const TOO_MANY = 100;
/** On jobs made by schedule; those made by hand lack it. */
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** Slack, so that a timer that goes off early does not find nothing due. */
const SLACK: Millis = 100;

/** Decides one pass. @param jobs those it controls */
export function plan(cron: CronJob, jobs: readonly Job[], now: Millis): Plan {
  const seen = review(cron, jobs);
  const announce = [...seen.announce];
  const resting = { remove: surplus(cron, jobs), create: undefined, due: undefined, status: seen.status, announce, recheckIn: undefined };
  if (cron.metadata.deletionTimestamp !== undefined) return { ...resting, remove: [] };
  const { timeZone, suspend, schedule: text } = cron.spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    announce.push(['Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`]);
    return resting;
  }
  if (suspend) return resting;
  let schedule: CronSchedule;
  try {
    schedule = parseCron(text);
  } catch (error) {
    announce.push(['Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${(error as Error).message}`]);
    return resting;
  }
  const following = schedule.next(now, timeZone);
  return start({ ...resting, recheckIn: following === undefined ? undefined : following - now + SLACK }, cron, { jobs, schedule, now });
}

/** Starts the job that is due, if one is and may. */
function start(resting: Plan & { readonly announce: readonly Announcement[] }, cron: CronJob, { jobs, schedule, now }: { readonly jobs: readonly Job[]; readonly schedule: CronSchedule; readonly now: Millis }): Plan {
  const { startingDeadlineSeconds: deadline, concurrencyPolicy, timeZone } = cron.spec;
  const { due, missed } = lastDue(cron, schedule, now);
  const also = (...more: readonly Announcement[]): Plan => ({ ...resting, announce: [...resting.announce, ...more] });
  const warnings: Announcement[] = missed > TOO_MANY && deadline === undefined
    ? [['Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew']] : [];
  if (due === undefined) return also(...warnings);
  if (deadline !== undefined && due + deadline * 1000 < now) {
    return also(...warnings, ['Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(due).toUTCString().replace('GMT', '+0000')}`]);
  }
  const name = `${cron.metadata.name}-${Math.floor(due / 60_000)}`;
  const { active = [], lastScheduleTime } = resting.status;
  if (active.some((one) => one.name === name) || parseTime(lastScheduleTime) === due) return also(...warnings);
  // A crash between making a job and listing it as active must not let another run beside it.
  const runs = active.length > 0 || jobs.some((job) => job.metadata.name !== name && !endOf(job) && job.metadata.annotations?.[SCHEDULED] !== undefined && job.metadata.deletionTimestamp === undefined);
  if (concurrencyPolicy === 'Forbid' && runs) {
    return also(...warnings, ['Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid']);
  }
  const replaced = concurrencyPolicy === 'Replace' ? jobs.filter(({ metadata }) => active.some(({ uid }) => uid === metadata.uid)) : [];
  const { active: _, ...rest } = resting.status;
  const left = active.filter(({ uid }) => !replaced.some(({ metadata }) => metadata.uid === uid));
  return {
    ...also(...warnings),
    remove: [...replaced, ...resting.remove.filter((job) => !replaced.includes(job))],
    create: jobOf(cron, name, inZone(due, timeZone)),
    due,
    status: { ...rest, ...(left.length > 0 ? { active: left } : {}) },
  };
}

/** RFC 3339; the annotation is in the schedule's own zone upstream, where it names one. */
function inZone(at: Millis, zone: string | undefined): string {
  if (zone === undefined) return formatTime(at);
  const minutes = Math.round(offsetOf(at, zone) / 60_000);
  if (minutes === 0) return formatTime(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return formatTime(at + minutes * 60_000).replace('Z', offset);
}

/** The latest time that has come since the last one acted on, and how many there were. */
function lastDue({ metadata, status, spec }: CronJob, schedule: CronSchedule, now: Millis): { readonly due: Millis | undefined; readonly missed: number } {
  const since = parseTime(status.lastScheduleTime) ?? parseTime(metadata.creationTimestamp) ?? now;
  const deadline = spec.startingDeadlineSeconds;
  let due: Millis | undefined;
  let missed = 0;
  let at = schedule.next(deadline === undefined ? since : Math.max(since, now - deadline * 1000), spec.timeZone);
  while (at !== undefined && at <= now) {
    due = at;
    // Far behind, only the last matters: look for it from near the end.
    if (++missed === TOO_MANY + 1) at = schedule.next(Math.max(at, now - NEAR), spec.timeZone);
    else at = schedule.next(at, spec.timeZone);
  }
  return { due, missed };
}
const NEAR: Millis = 60 * 60_000;

function jobOf(cron: CronJob, name: string, scheduled: string): DeepPartial<Job> {
  const { metadata: { labels, annotations, finalizers }, spec } = cron.spec.jobTemplate;
  const job = {
    metadata: {
      name,
      namespace: cron.metadata.namespace,
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, [SCHEDULED]: scheduled },
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(CronJobKind, cron)],
    },
    spec,
  };
  return job as DeepPartial<Job>;
}

export const referenceTo = ({ metadata }: Job): Reference => ({
  kind: 'Job', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid, apiVersion: apiVersionOf(Job), resourceVersion: metadata.resourceVersion,
});

const endOf = ({ status }: Job): 'Complete' | 'Failed' | undefined =>
  (['Complete', 'Failed'] as const).find((type) => findCondition(status.conditions, type)?.status === 'True');

/** The list of active jobs brought up to date with what has become of them. */
function review(cron: CronJob, jobs: readonly Job[]): { readonly status: CronJobStatus; readonly announce: readonly Announcement[] } {
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const announce: Announcement[] = [];
  const before = cron.status.active ?? [];
  const active = before.filter(({ uid, name }) => {
    const job = byUid.get(uid!);
    const end = job && endOf(job);
    if (!job) announce.push(['Normal', 'MissingJob', `Active job went missing: ${name}`]);
    else if (end) announce.push(['Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${end}`]);
    return job && !end;
  });
  for (const job of jobs) {
    if (!endOf(job) && !before.some(({ uid }) => uid === job.metadata.uid)) {
      announce.push(['Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`]);
    }
  }
  const successes = jobs.flatMap(({ status }) => status.completionTime ?? []).concat(cron.status.lastSuccessfulTime ?? []).sort();
  const { active: _, ...rest } = cron.status;
  return {
    announce,
    status: {
      ...rest,
      ...(active.length > 0 ? { active } : {}),
      ...(successes.length > 0 ? { lastSuccessfulTime: successes.at(-1)! } : {}),
    },
  };
}

/** Finished jobs beyond what the history limits keep, oldest first. */
function surplus({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const beyond = (end: 'Complete' | 'Failed', limit: number | undefined) => {
    if (limit === undefined) return [];
    const past = jobs.filter((job) => endOf(job) === end && job.metadata.deletionTimestamp === undefined).sort(byStart);
    return past.slice(0, Math.max(0, past.length - limit));
  };
  return [...beyond('Complete', spec.successfulJobsHistoryLimit), ...beyond('Failed', spec.failedJobsHistoryLimit)];
}

const byStart = (a: Job, b: Job): number => {
  const [left, right] = [a.status.startTime ?? '', b.status.startTime ?? ''];
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left < right ? -1 : 1;
};
