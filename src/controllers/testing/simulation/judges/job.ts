import { CronJob } from '../../../../kinds/batch/cron-job.ts';
import { Job } from '../../../../kinds/batch/job.ts';
import { Pod } from '../../../../kinds/core/pod.ts';
import { parseTime } from '../../../../meta/time.ts';
import { findCondition, isTerminalPhase } from '../../../../rules/pod-conditions.ts';
import { parseIndexes } from '../../../job/indexes.ts';
import { indexOf, isIndexed, isLeaving, isTracked, waitsForEnd } from '../../../job/pods.ts';
import { controllerOf } from '../../../runtime/index.ts';
import type { View } from '../view.ts';
import type { Judges } from '../witness.ts';

const isFinished = ({ status }: Job): boolean => ['Complete', 'Failed'].some((type) => findCondition(status.conditions, type)?.status === 'True');

/** No more pods than parallelism and what is left to do allow, an end counted once, no schedule twice. */
export const jobJudges: Judges = {
  *'job create pods'({ body }, view) {
    const { uid = '', name } = controllerOf(body) ?? {};
    const faults = view.lately(Job, uid).map((job) => [...faultsOfBirth(body as unknown as Pod, job, view)]);
    if (faults.every((some) => some.length > 0)) yield* faults[0] ?? [`makes a pod for Job ${name}, which it does not know`];
  },

  // Taking the finalizer off: by then the Job's status must say so of the pod, or a crash would forget its end.
  *'job patch pods'({ body, name = '', namespace }, view) {
    const lists = (body.metadata as unknown as Readonly<Record<string, unknown>> | undefined) ?? {};
    const pod = view.get(Pod, name, namespace);
    if (!lists['$deleteFromPrimitiveList/finalizers'] || !pod || !isTracked(pod) || !isTerminalPhase(pod.status.phase)) return;
    const [job] = view.lately(Job, controllerOf(pod)?.uid ?? '');
    if (!job || isFinished(job) || job.metadata.deletionTimestamp !== undefined) return;
    if (!view.was(pod, ({ status }) => !isTerminalPhase(status.phase)) && !isRecorded(pod, job)) yield `lets ${name} go before its end is written down`;
  },

  *'cronjob create jobs'({ body }, view) {
    const { name } = body.metadata;
    const { uid = '', name: cronName } = controllerOf(body) ?? {};
    const asked = view.lately(CronJob, uid);
    const there = view.owned(Job, uid);
    const running = there.filter((job) => job.metadata.name !== name && !view.was(job, isFinished) && !view.isDeleted(job) && job.metadata.deletionTimestamp === undefined);
    if (asked.every(({ spec }) => spec.suspend)) yield `starts ${name} of ${cronName}, which is suspended`;
    if (asked.every(({ spec }) => spec.concurrencyPolicy === 'Forbid') && running.length > 0) yield `starts a job of ${cronName} while ${running.map(({ metadata }) => metadata.name).join()} runs`;
    const due = parseTime((body.metadata.annotations ?? {})['batch.kubernetes.io/cronjob-scheduled-timestamp']) ?? 0;
    if (due > view.clock.now()) yield `starts a job of ${cronName} before its time`;
    const last = Math.max(...asked.map(({ status }) => parseTime(status.lastScheduleTime) ?? 0));
    if (due <= last) yield `starts a job of ${cronName} for ${new Date(due).toISOString()} again`;
  },

  *'ttl-after-finished delete jobs'({ name = '', namespace }, view) {
    const job = view.get(Job, name, namespace);
    if (!job) return;
    const ttl = job.spec.ttlSecondsAfterFinished;
    const ended = Math.max(...(job.status.conditions ?? []).filter(({ type }) => type === 'Complete' || type === 'Failed').map(({ lastTransitionTime }) => parseTime(lastTransitionTime) ?? Infinity), -Infinity);
    if (ttl === undefined || ended === -Infinity || ended + ttl * 1000 > view.clock.now()) yield `removes ${name} before its time`;
  },
};

function* faultsOfBirth(pod: Pod, job: Job, view: View): Iterable<string> {
  const { name } = job.metadata;
  const { parallelism = 1, completions, suspend } = job.spec;
  if (suspend) yield `makes a pod for Job ${name}, which is suspended`;
  if (isFinished(job) || findCondition(job.status.conditions, 'FailureTarget')?.status === 'True') yield `makes a pod for Job ${name}, which has ended`;
  const pods = view.owned(Pod, job.metadata.uid);
  const busy = pods.filter((one) => (waitsForEnd(job) && isLeaving(one) && !isTerminalPhase(one.status.phase) && !view.was(one, ({ status }) => isTerminalPhase(status.phase))) || view.active([one]).length > 0);
  if (busy.length + 1 > parallelism) yield `makes pod ${busy.length + 1} of Job ${name}, whose parallelism is ${parallelism}`;
  const done = job.status.succeeded ?? 0;
  if (completions !== undefined && done + busy.length + 1 > completions) yield `makes a pod for Job ${name} with ${done} of ${completions} done and ${busy.length} at work`;
  if (!isIndexed(job)) return;
  const index = indexOf(pod);
  if (index === undefined || index >= (completions ?? 0)) yield `makes a pod of index ${index} for Job ${name} of ${completions}`;
  else if (parseIndexes(job.status.completedIndexes, completions ?? 0).has(index)) yield `does index ${index} of Job ${name} again`;
  if (busy.some((one) => indexOf(one) === index)) yield `makes a second pod of index ${index} for Job ${name}`;
}

function isRecorded(pod: Pod, job: Job): boolean {
  const { uncountedTerminatedPods: listed, completedIndexes } = job.status;
  const { uid } = pod.metadata;
  if (isIndexed(job) && pod.status.phase === 'Succeeded') {
    const index = indexOf(pod);
    return index === undefined || index >= (job.spec.completions ?? 0) || parseIndexes(completedIndexes, job.spec.completions ?? 0).has(index);
  }
  return (listed?.succeeded ?? []).includes(uid) || (listed?.failed ?? []).includes(uid);
}
