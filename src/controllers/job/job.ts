import { deepEqual } from '../../base/deep-equal.ts';
import { Job, type JobStatus } from '../../kinds/batch/job.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isApiError } from '../../meta/api-error.ts';
import { createPod, deletePod } from '../pod-control.ts';
import { claim, controllerOf, defineController, refersTo, slowStart, watchOf, type Announcement, type Context, type Controller } from '../runtime/index.ts';
import { Backoffs, type End } from './backoff.ts';
import { counted, finished, heldOf, isFinished } from './counting.ts';
import { plan, type Plan } from './plan.ts';
import { endOf, isTracked, TRACKING } from './pods.ts';
import type { Tally } from './tally.ts';

const MANAGER = 'kubernetes.io/job-controller';

/** Runs each Job's pods until enough have succeeded, or too many have failed. */
export function jobController(): Controller {
  const backoffs = new Backoffs();
  return defineController({
    name: 'job',
    component: 'job-controller',
    for: Job,
    owns: [Pod],
    selector: (job) => job.spec.selector,
    reconcile: (job, context) => reconcile(job, context, backoffs),
    async gone(key) {
      backoffs.forget(key);
    },
  });
}

async function reconcile(job: Job, context: Context, backoffs: Backoffs): Promise<number | undefined> {
  const key = `${job.metadata.namespace}/${job.metadata.name}`;
  if (isFinished(job) || (job.spec.managedBy ?? MANAGER) !== MANAGER) {
    backoffs.forget(key);
    return undefined;
  }
  const pods = await podsOf(job, context);
  const todo = plan({ job, pods, now: context.now, nextStart: (count) => backoffs.nextStart(key, endsOf(count, context.now)) });
  const failure = await changePods(todo, job, context);
  const status = await count(job, todo, pods, context);
  if (failure) throw failure.cause;
  return isDone(status) ? undefined : todo.recheckIn;
}

const isDone = (status: JobStatus): boolean => isFinished({ status } as Job);

async function podsOf(job: Job, { cache, client }: Context): Promise<readonly Pod[]> {
  const { mine, adopt, release } = claim(job, job.spec.selector, cache.candidates(Pod, job));
  await Promise.all(adopt.map((pod) => client.adopt(Pod, pod, job)));
  await Promise.all([...release.map((pod) => client.release(Pod, pod, job)), ...release.map((pod) => letGo(pod, client))]);
  // One taken on is counted like any other from now on; it counts as active until the cache shows its finalizer.
  await Promise.all(adopt.filter((pod) => !isTracked(pod)).map((pod) =>
    client.patch(Pod, pod.metadata.name, { type: 'strategic', body: { metadata: { finalizers: [TRACKING] } } }, placeOf(pod))));
  return mine;
}

const placeOf = ({ metadata }: Pod) => ({ namespace: metadata.namespace ?? '' });

/** Takes the tracking finalizer off; what has gone needs none. */
export async function letGo(pod: Pod, client: Context['client']): Promise<void> {
  if (!isTracked(pod)) return;
  const body = { metadata: { uid: pod.metadata.uid, '$deleteFromPrimitiveList/finalizers': [TRACKING] } };
  await client.patch(Pod, pod.metadata.name, { type: 'strategic', body }, placeOf(pod)).catch(async (error: unknown) => {
    if (isApiError(error, 'NotFound')) return;
    // Another pod may bear the name now. If not, it is still held: who took it for let go would count it twice.
    if (!isApiError(error, 'Conflict', 'Invalid') || (await isThere(pod, client))) throw error;
  });
}

const isThere = (pod: Pod, client: Context['client']): Promise<boolean> =>
  client.get(Pod, pod.metadata.name, placeOf(pod)).then(({ metadata }) => metadata.uid === pod.metadata.uid, (error: unknown) => {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  });

const endsOf = ({ succeeded, failed }: Tally, now: number): readonly End[] => [
  ...succeeded.map((pod): End => ({ uid: pod.metadata.uid, at: endOf(pod, now), failed: false })),
  ...failed.filter(({ verdict }) => verdict.action !== 'Ignore').map(({ pod }): End => ({ uid: pod.metadata.uid, at: endOf(pod, now), failed: true })),
];

async function changePods(todo: Plan, job: Job, context: Context): Promise<{ readonly cause: unknown } | undefined> {
  const { failure } = await slowStart(todo.create.length, (index) => createPod(todo.create[index]!, job, context));
  if (failure !== undefined) return { cause: failure };
  const results = await Promise.allSettled([
    ...todo.spare.map(async (pod) => {
      await letGo(pod, context.client);
      await deletePod(pod, job, context);
    }),
    ...todo.stop.map((pod) => deletePod(pod, job, context)),
  ]);
  const refused = results.find((result) => result.status === 'rejected');
  return refused && { cause: refused.reason };
}

/** Lists ended pods in the status, lets them go, counts them: each step is safe to be the last before a crash. */
async function count(job: Job, todo: Plan, pods: readonly Pod[], { client, events, now }: Context): Promise<JobStatus> {
  const announce = (announcements: readonly Announcement[]) => {
    for (const [type, reason, message] of announcements) events.event(job, type, reason, message);
  };
  const write = async (base: Job, status: JobStatus) => (deepEqual(base.status, status) ? base : client.updateStatus(Job, { ...base, status }));
  const listed = todo.status.uncountedTerminatedPods ?? {};
  const waiting = new Set([...(listed.succeeded ?? []), ...(listed.failed ?? []), ...todo.count.map(({ metadata }) => metadata.uid)]);
  const parting = pods.filter((pod) => waiting.has(pod.metadata.uid) && isTracked(pod));
  const written = parting.length > 0 ? await write(job, todo.status) : job;
  const outcomes = await Promise.allSettled(parting.map(async (pod) => {
    await letGo(pod, client);
    return pod.metadata.uid;
  }));
  const released = new Set(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])));
  const sums = counted(todo.status, heldOf(pods, released));
  const last = finished(sums, now);
  await write(written, last?.status ?? sums);
  announce([...todo.announce, ...(last?.announce ?? [])]);
  const stuck = outcomes.find((outcome) => outcome.status === 'rejected');
  if (stuck) throw stuck.reason;
  return last?.status ?? sums;
}

/** Frees pods whose Job has gone or ended: nobody will count them any more. */
export const jobPodReleaseController = defineController({
  name: 'job-pod-release',
  component: 'job-controller',
  for: Pod,
  when: isTracked,
  watches: [watchOf(Job, (job, cache) => (isFinished(job) || job.metadata.deletionTimestamp !== undefined ? cache.owned(Pod, job).filter(isTracked).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`) : []))],
  async reconcile(pod, { cache, client }) {
    const owner = controllerOf(pod);
    if (!isTracked(pod) || (owner && !refersTo(owner, Job))) return;
    const job = owner && cache.get(Job, owner.name, pod.metadata.namespace);
    if (job && job.metadata.uid === owner.uid && !isFinished(job)) return;
    // A Job may be newer than the cache: ask before letting go.
    if (owner && !job && (await stands(owner.name, owner.uid, pod, client))) return;
    await letGo(pod, client);
  },
});

const stands = async (name: string, uid: string, pod: Pod, client: Context['client']): Promise<boolean> =>
  client.get(Job, name, placeOf(pod)).then((job) => job.metadata.uid === uid && !isFinished(job), (error: unknown) => {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  });
