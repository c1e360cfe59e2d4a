import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { startApi } from '../apiserver/testing/start-api.ts';
import { createClient, createInformers } from '../client/index.ts';
import { Job } from '../kinds/batch/job.ts';
import { ReplicaSet } from '../kinds/apps/replica-set.ts';
import { Pod } from '../kinds/core/pod.ts';
import { builtinKinds } from '../kinds/index.ts';
import { jobController } from './job/job.ts';
import { replicaSetController } from './replica-set/replica-set.ts';
import { serviceAccountController } from './service-account/service-account.ts';
import { lateWatches } from './testing/simulation/faults.ts';
import { Traffic } from './testing/traffic.ts';

const at = { namespace: 'default' };
const set = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'v1' }] } } },
};

test.each([1, 3, 12])('a controller whose watches are %i seconds late acts on its own writes as if it saw them', async (late) => {
  const clock = new ManualClock();
  await using api = await startApi({ kinds: builtinKinds, clock });
  const traffic = new Traffic();
  const server = traffic.through(api.server.handler);
  const admin = createClient(server, { user: { username: 'test', groups: ['system:masters'] } });
  const client = createClient(lateWatches(server, clock, late * 1000), { user: { username: 'test', groups: ['system:masters'] } });
  const around = { clock, log: silent, random: seededRandom(1) };
  await using accounts = createInformers(admin, around);
  await using _accounts = serviceAccountController.start({ client: admin, informers: accounts, ...around });
  await using informers = createInformers(client, around);
  await using _controller = replicaSetController.start({ client, informers, ...around });
  await using seen = createInformers(admin, around);
  const [made, removed] = [new Set<string>(), new Set<string>()];
  seen.for(Pod).addHandler({ onAdd: ({ metadata }) => made.add(metadata.uid), onDelete: ({ metadata }) => removed.add(metadata.uid) });
  await traffic.quiet();

  await admin.create(ReplicaSet, set);
  await traffic.pass(clock, 60_000);
  expect([made.size, removed.size]).toEqual([3, 0]);
  await admin.patch(ReplicaSet, 'web', { type: 'merge', body: { spec: { replicas: 1 } } }, at);
  await traffic.pass(clock, 60_000);
  expect([made.size, removed.size]).toEqual([3, 2]);
  expect((await admin.get(ReplicaSet, 'web', at)).status).toMatchObject({ replicas: 1, observedGeneration: 2 });
});

test('a pod that goes with its finalizer is seen to be gone before its Job is counted again', async () => {
  const clock = new ManualClock();
  await using api = await startApi({ kinds: builtinKinds, clock });
  const traffic = new Traffic();
  const server = traffic.through(api.server.handler);
  const admin = createClient(server, { user: { username: 'test', groups: ['system:masters'] } });
  const latePods: typeof server = (request) => (request.url.startsWith('/api/v1/pods') ? lateWatches(server, clock, 3000)(request) : server(request));
  const client = createClient(latePods, { user: { username: 'test', groups: ['system:masters'] } });
  const around = { clock, log: silent, random: seededRandom(1) };
  await using accounts = createInformers(admin, around);
  await using _accounts = serviceAccountController.start({ client: admin, informers: accounts, ...around });
  await using informers = createInformers(client, around);
  await using _controller = jobController().start({ client, informers, ...around });
  await traffic.quiet();
  const template = { spec: { restartPolicy: 'Never', nodeName: 'node-1', containers: [{ name: 'main', image: 'v1' }] } };
  await admin.create(Job, { metadata: { name: 'sum', ...at }, spec: { podReplacementPolicy: 'Failed', template } });
  await traffic.pass(clock, 10_000);

  // Deleted by a user, ended by its node, held by the Job alone.
  const [pod] = (await admin.list(Pod, at)).items;
  await admin.delete(Pod, pod!.metadata.name, at);
  const leaving = await admin.get(Pod, pod!.metadata.name, at);
  await admin.updateStatus(Pod, { ...leaving, status: { ...leaving.status, phase: 'Failed' } });
  await admin.delete(Pod, pod!.metadata.name, { ...at, gracePeriodSeconds: 0 });
  await traffic.pass(clock, 60_000);
  expect((await admin.get(Job, 'sum', at)).status.failed).toBe(1);
});
