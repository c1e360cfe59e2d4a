import { expect, test } from 'vitest';
import { CronJob } from '../../kinds/batch/cron-job.ts';
import { Job } from '../../kinds/batch/job.ts';
import { Event } from '../../kinds/core/event.ts';
import { formatTime } from '../../meta/time.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { ttlAfterFinishedController } from '../ttl-after-finished/ttl-after-finished.ts';
import { cronJobController } from './cron-job.ts';

const at = { namespace: 'shop' };
const cron = (spec: object = {}) => ({
  metadata: { name: 'tick', namespace: 'shop' },
  spec: { schedule: '*/10 * * * *', jobTemplate: { metadata: { labels: { app: 'tick' } }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } } }, ...spec },
});
const start = () => startControlled([cronJobController, ttlAfterFinishedController]);
const jobs = async ({ client }: TestCluster) => (await client.list(Job, at)).items;
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const status = async ({ client }: TestCluster) => (await client.get(CronJob, 'tick', at)).status;
/** Moves on to just after the next multiple of ten minutes. */
const toNext = (cluster: TestCluster) => cluster.pass(600 - (cluster.api.clock.now() / 1000) % 600 + 1);
const finish = async ({ api, client, quiet }: TestCluster, job: Job, type: 'Complete' | 'Failed' = 'Complete') => {
  const now = formatTime(api.clock.now());
  const before = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const conditions = [before, type].map((one) => ({ type: one, status: 'True', lastTransitionTime: now }));
  await client.updateStatus(Job, { ...job, status: { ...job.status, startTime: now, ...(type === 'Complete' ? { completionTime: now } : {}), conditions } });
  await quiet();
};

test('a job is made when its time comes, named after it, and listed while it runs', async () => {
  await using cluster = await start();
  await cluster.client.create(CronJob, cron());
  await cluster.quiet();
  expect(await jobs(cluster)).toEqual([]);
  await toNext(cluster);
  const [job] = await jobs(cluster);
  const due = Math.floor(cluster.api.clock.now() / 600_000) * 600_000;
  expect(job!.metadata).toMatchObject({
    name: `tick-${due / 60_000}`, labels: { app: 'tick' }, annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': formatTime(due) },
    ownerReferences: [{ kind: 'CronJob', name: 'tick', controller: true }],
  });
  expect(await status(cluster)).toMatchObject({ lastScheduleTime: formatTime(due), active: [{ kind: 'Job', name: job!.metadata.name, uid: job!.metadata.uid }] });
  await finish(cluster, job!);
  expect((await status(cluster)).active).toBeUndefined();
  expect((await status(cluster)).lastSuccessfulTime).toBeDefined();
  expect(await events(cluster)).toEqual(expect.arrayContaining([
    `Normal SuccessfulCreate: Created job ${job!.metadata.name}`, `Normal SawCompletedJob: Saw completed job: ${job!.metadata.name}, condition: Complete`,
  ]));
});

test('Forbid waits for the job that runs, Replace ends it, Allow does neither', async () => {
  await using cluster = await start();
  const policy = (concurrencyPolicy: string) => cluster.client.patch(CronJob, 'tick', { type: 'merge', body: { spec: { concurrencyPolicy } } }, at);
  await cluster.client.create(CronJob, cron({ concurrencyPolicy: 'Forbid' }));
  await cluster.quiet();
  await toNext(cluster);
  await toNext(cluster);
  expect(await jobs(cluster)).toHaveLength(1);
  expect(await events(cluster)).toContain('Normal JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid');
  // The time that was held back is made up for at once.
  await policy('Allow');
  await cluster.quiet();
  expect(await jobs(cluster)).toHaveLength(2);
  await toNext(cluster);
  expect(await jobs(cluster)).toHaveLength(3);
  await policy('Replace');
  await toNext(cluster);
  expect(await jobs(cluster)).toHaveLength(1);
  expect((await status(cluster)).active).toHaveLength(1);
});

test('Forbid holds for a job that a crash kept out of the status, not for one made by hand', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await client.create(CronJob, cron({ concurrencyPolicy: 'Forbid' }));
  await quiet();
  await toNext(cluster);
  const [job] = await jobs(cluster);
  const { active: _, ...forgotten } = await status(cluster);
  await client.updateStatus(CronJob, { ...(await client.get(CronJob, 'tick', at)), status: forgotten });
  await toNext(cluster);
  expect((await jobs(cluster)).map(({ metadata }) => metadata.name)).toEqual([job!.metadata.name]);

  await client.patch(Job, job!.metadata.name, { type: 'merge', body: { metadata: { annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': null, 'cronjob.kubernetes.io/instantiate': 'manual' } } } }, at);
  await toNext(cluster);
  expect(await jobs(cluster)).toHaveLength(2);
});

test('finished jobs are kept up to the history limits', async () => {
  await using cluster = await start();
  await cluster.client.create(CronJob, cron({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 }));
  await cluster.quiet();
  for (const end of ['Complete', 'Failed', 'Complete'] as const) {
    await toNext(cluster);
    const running = (await jobs(cluster)).find((job) => !job.status.conditions);
    await finish(cluster, running!, end);
  }
  expect((await jobs(cluster)).map(({ status: { conditions } }) => conditions!.at(-1)!.type)).toEqual(['Complete']);
});

test('of missed times only the last is made up for, and none later than the deadline allows', async () => {
  await using cluster = await start();
  await cluster.client.create(CronJob, cron({ suspend: true }));
  await cluster.pass(3600);
  await cluster.client.patch(CronJob, 'tick', { type: 'merge', body: { spec: { suspend: false } } }, at);
  await cluster.quiet();
  expect(await jobs(cluster)).toHaveLength(1);
  await finish(cluster, (await jobs(cluster))[0]!);

  await cluster.client.patch(CronJob, 'tick', { type: 'merge', body: { spec: { suspend: true, startingDeadlineSeconds: 60 } } }, at);
  await toNext(cluster);
  await cluster.pass(120);
  await cluster.client.patch(CronJob, 'tick', { type: 'merge', body: { spec: { suspend: false } } }, at);
  await cluster.quiet();
  expect(await jobs(cluster)).toHaveLength(1);
});

test('a job is deleted its time to live after it ended', async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Job, { metadata: { name: 'once', namespace: 'shop' }, spec: { ttlSecondsAfterFinished: 60, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } } });
  await finish(cluster, (await jobs(cluster))[0]!);
  await cluster.pass(59);
  expect((await jobs(cluster))[0]!.metadata.deletionTimestamp).toBeUndefined();
  await cluster.pass(2);
  const [left] = await jobs(cluster);
  // Foreground: it waits for its pods, which nobody collects here.
  expect(left?.metadata.finalizers).toEqual(['foregroundDeletion']);
});
