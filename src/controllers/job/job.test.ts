import { expect, test } from 'vitest';
import { Job } from '../../kinds/batch/job.ts';
import { Event } from '../../kinds/core/event.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import type { Client } from '../../client/index.ts';
import { pod as podOf } from '../testing/objects.ts';
import { TrackingClient } from '../runtime/index.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { jobController, jobPodReleaseController, letGo } from './job.ts';
import { formatIndexes, parseIndexes } from './indexes.ts';

const at = { namespace: 'shop' };
const job = (spec: object = {}, pod: object = {}) => ({
  metadata: { name: 'sum', namespace: 'shop' },
  // On a node, so that pods leave with grace.
  spec: { template: { spec: { restartPolicy: 'Never', nodeName: 'node-1', containers: [{ name: 'main', image: 'x' }], ...pod } }, ...spec },
});
const start = () => startControlled([jobController(), jobPodReleaseController]);
const pods = async ({ client }: TestCluster) => (await client.list(Pod, at)).items;
const live = async (cluster: TestCluster) => (await pods(cluster)).filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !/Succeeded|Failed/.test(status.phase!));
const read = ({ client }: TestCluster) => client.get(Job, 'sum', at);
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const conditions = async (cluster: TestCluster) => ((await read(cluster)).status.conditions ?? []).filter(({ status }) => status === 'True').map(({ type, reason }) => `${type} ${reason}`);
const indexOf = ({ metadata }: Pod) => Number(metadata.annotations!['batch.kubernetes.io/job-completion-index']);

/** What the kubelet does when a pod's container ends. */
async function end({ api, client, quiet }: TestCluster, pod: Pod, exitCode: number, more: object = {}): Promise<void> {
  const state = { terminated: { exitCode, finishedAt: formatTime(api.clock.now()) } };
  const containerStatuses = [{ name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0, lastState: {}, state }];
  await client.updateStatus(Pod, { ...pod, status: { ...pod.status, phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses, ...more } });
  await quiet();
}
/** What the kubelet does with pods that are to go. */
async function sweep({ client, quiet }: TestCluster): Promise<void> {
  for (const pod of (await client.list(Pod, at)).items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)) {
    await client.delete(Pod, pod.metadata.name, { ...at, gracePeriodSeconds: 0 });
  }
  await quiet();
}

test('a job runs pods side by side until enough have succeeded, counts each once and lets it go', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ completions: 3, parallelism: 2 }));
  await cluster.quiet();
  expect(await live(cluster)).toHaveLength(2);
  expect((await read(cluster)).status).toMatchObject({ active: 2, ready: 0, terminating: 0, startTime: expect.any(String) });
  expect((await pods(cluster))[0]!.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
  await end(cluster, (await live(cluster))[0]!, 0);
  await end(cluster, (await live(cluster))[0]!, 0);
  expect(await live(cluster)).toHaveLength(1);
  expect((await read(cluster)).status).toMatchObject({ active: 1, succeeded: 2, uncountedTerminatedPods: {} });
  await end(cluster, (await live(cluster))[0]!, 0);
  const done = (await read(cluster)).status;
  expect(done).toMatchObject({ succeeded: 3, ready: 0, completionTime: expect.any(String) });
  expect(done.active).toBeUndefined();
  expect(await conditions(cluster)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
  expect((await pods(cluster)).map(({ metadata }) => metadata.finalizers)).toEqual([undefined, undefined, undefined]);
  expect(await events(cluster)).toContain('Normal Completed: Job completed');
});

test('a failed pod is followed by another after a pause that doubles, until the limit', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ backoffLimit: 1 }));
  await cluster.quiet();
  await end(cluster, (await live(cluster))[0]!, 1);
  expect((await read(cluster)).status.failed).toBe(1);
  expect(await live(cluster)).toEqual([]);
  await cluster.pass(9);
  expect(await live(cluster)).toEqual([]);
  await cluster.pass(2);
  expect(await live(cluster)).toHaveLength(1);
  await end(cluster, (await live(cluster))[0]!, 1);
  expect(await conditions(cluster)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
  expect((await read(cluster)).status).toMatchObject({ failed: 2 });
  expect(await events(cluster)).toContain('Warning BackoffLimitExceeded: Job has reached the specified backoff limit');
});

test('a job past its deadline ends its pods, and has failed once they have gone', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ activeDeadlineSeconds: 30, parallelism: 2, completions: 2 }));
  await cluster.quiet();
  await cluster.runPods();
  await cluster.pass(31);
  expect(await conditions(cluster)).toEqual(['FailureTarget DeadlineExceeded']);
  expect((await pods(cluster)).every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
  await sweep(cluster);
  expect(await conditions(cluster)).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded']);
  expect((await read(cluster)).status).toMatchObject({ failed: 2, terminating: 0 });
  expect(await pods(cluster)).toEqual([]);
});

test('suspending ends pods without counting them; resuming starts the clock anew', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ parallelism: 2, completions: 2 }));
  await cluster.quiet();
  const { startTime } = (await read(cluster)).status;
  await cluster.client.patch(Job, 'sum', { type: 'merge', body: { spec: { suspend: true } } }, at);
  await cluster.quiet();
  await sweep(cluster);
  expect(await pods(cluster)).toEqual([]);
  const { status } = await read(cluster);
  expect(status.startTime).toBeUndefined();
  expect(status.failed).toBeUndefined();
  expect(await conditions(cluster)).toEqual(['Suspended JobSuspended']);
  await cluster.pass(5);
  await cluster.client.patch(Job, 'sum', { type: 'merge', body: { spec: { suspend: false } } }, at);
  await cluster.quiet();
  expect(await live(cluster)).toHaveLength(2);
  expect((await read(cluster)).status.startTime! > startTime!).toBe(true);
  expect(await events(cluster)).toEqual(expect.arrayContaining(['Normal Suspended: Job suspended', 'Normal Resumed: Job resumed']));
});

test('an indexed job gives each pod its number and needs each once', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ completionMode: 'Indexed', completions: 3, parallelism: 3 }));
  await cluster.quiet();
  const first = (await live(cluster)).toSorted((a, b) => indexOf(a) - indexOf(b));
  expect(first.map(indexOf)).toEqual([0, 1, 2]);
  expect(first[1]!.spec.hostname).toBe('sum-1');
  expect(first[1]!.metadata.name).toMatch(/^sum-1-[a-z0-9]{5}$/);
  expect(first[1]!.spec.containers[0]!.env).toEqual([
    { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } } },
  ]);
  await end(cluster, first[0]!, 0);
  await end(cluster, first[2]!, 0);
  expect((await read(cluster)).status).toMatchObject({ completedIndexes: '0,2', succeeded: 2, active: 1 });
  await end(cluster, first[1]!, 1);
  await cluster.pass(11);
  expect((await live(cluster)).map(indexOf)).toEqual([1]);
  await end(cluster, (await live(cluster))[0]!, 0);
  expect((await read(cluster)).status).toMatchObject({ completedIndexes: '0-2', succeeded: 3, failed: 1 });
  expect(await conditions(cluster)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
});

test('with a limit for each index, one index may fail and the others go on', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 1 }));
  await cluster.quiet();
  const ofIndex = async (index: number) => (await live(cluster)).find((pod) => indexOf(pod) === index);
  await end(cluster, (await ofIndex(0))!, 1);
  await cluster.pass(11);
  const second = (await ofIndex(0))!;
  expect(second.metadata.annotations!['batch.kubernetes.io/job-index-failure-count']).toBe('1');
  await end(cluster, second, 1);
  expect((await read(cluster)).status).toMatchObject({ failedIndexes: '0', failed: 2 });
  expect(await conditions(cluster)).toEqual([]);
  await end(cluster, (await ofIndex(1))!, 0);
  expect(await conditions(cluster)).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
  expect((await read(cluster)).status).toMatchObject({ completedIndexes: '1', succeeded: 1 });
});

test('the failure policy ignores, counts, or fails the job at once and says why', async () => {
  await using cluster = await start();
  const podFailurePolicy = { rules: [
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
  ] };
  await cluster.client.create(Job, job({ backoffLimit: 0, podFailurePolicy, parallelism: 1, completions: 1 }));
  await cluster.quiet();
  await end(cluster, (await live(cluster))[0]!, 1, { conditions: [{ type: 'DisruptionTarget', status: 'True' }] });
  expect((await read(cluster)).status.failed).toBeUndefined();
  await cluster.pass(11);
  const [second] = await live(cluster);
  await end(cluster, second!, 42);
  const { status } = await read(cluster);
  expect(status.conditions!.at(-1)).toMatchObject({
    type: 'Failed', reason: 'PodFailurePolicy',
    message: `Container main for pod shop/${second!.metadata.name} failed with exit code 42 matching FailJob rule at index 1`,
  });
});

test('a success policy ends the job before all indexes have succeeded', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({
    completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '0,2', succeededCount: 1 }] },
  }));
  await cluster.quiet();
  await cluster.runPods();
  await end(cluster, (await live(cluster)).find((pod) => indexOf(pod) === 2)!, 0);
  expect(await conditions(cluster)).toEqual(['SuccessCriteriaMet SuccessPolicy']);
  await sweep(cluster);
  expect(await conditions(cluster)).toEqual(['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy']);
});

test('parallelism may change while it runs; a pod spared so does not count as failed', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ completions: 5, parallelism: 3 }));
  await cluster.quiet();
  await cluster.client.patch(Job, 'sum', { type: 'merge', body: { spec: { parallelism: 1 } } }, at);
  await cluster.quiet();
  await sweep(cluster);
  expect(await live(cluster)).toHaveLength(1);
  expect((await read(cluster)).status).toMatchObject({ active: 1 });
  expect((await read(cluster)).status.failed).toBeUndefined();
});

test('a work queue of unknown length is empty after the first success; the others finish', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job({ parallelism: 2 }));
  await cluster.quiet();
  const [one, other] = await live(cluster);
  await end(cluster, one!, 0);
  expect(await live(cluster)).toHaveLength(1);
  expect(await conditions(cluster)).toEqual([]);
  await end(cluster, other!, 0);
  expect(await conditions(cluster)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
});

test('pods of a job that was deleted are let go; a job of another manager is left alone', async () => {
  await using cluster = await start();
  await cluster.client.create(Job, job());
  await cluster.quiet();
  await cluster.client.delete(Job, 'sum', { ...at, propagationPolicy: 'Orphan' });
  await cluster.quiet();
  const left = await cluster.client.get(Job, 'sum', at).catch(() => undefined);
  if (left) await cluster.client.update(Job, { ...left, metadata: { ...left.metadata, finalizers: [] } });
  await cluster.quiet();
  const [pod] = await pods(cluster);
  expect(pod!.metadata.finalizers).toBeUndefined();
  await cluster.client.delete(Pod, pod!.metadata.name, { ...at, gracePeriodSeconds: 0 });
  await cluster.client.create(Job, job({ managedBy: 'example.com/other' }));
  await cluster.quiet();
  expect(await pods(cluster)).toEqual([]);
  expect((await read(cluster)).status).toEqual({});
});

test('a pod whose change was refused is not let go, unless another bears its name', async () => {
  const pod = podOf('sum-0', 'sum', { metadata: { finalizers: ['batch.kubernetes.io/job-tracking'] } });
  const refusing = (uid: string) => new TrackingClient({
    patch: () => Promise.reject(new ApiError('Conflict', 'the object has been modified')),
    get: () => Promise.resolve({ ...pod, metadata: { ...pod.metadata, uid } }),
  } as unknown as Client, Job, new AbortController().signal);
  await expect(letGo(pod, refusing(pod.metadata.uid))).rejects.toMatchObject({ reason: 'Conflict' });
  await expect(letGo(pod, refusing('another'))).resolves.toBeUndefined();
});

test('index sets are written as runs and read back', () => {
  expect(formatIndexes(new Set([7, 1, 3, 4, 5, 9, 10]))).toBe('1,3-5,7,9,10');
  expect([...parseIndexes('1,3-5,7,9,10', 10)]).toEqual([1, 3, 4, 5, 7, 9]);
  expect([...parseIndexes('0-4294967295', 3)]).toEqual([0, 1, 2]);
});
