import { expect, test } from 'vitest';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { Event } from '../../kinds/core/event.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ReplicationController } from '../../kinds/core/replication-controller.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { replicaSetController } from './replica-set.ts';
import { replicationControllerController } from './replication-controller.ts';

const at = { namespace: 'shop' };
const template = (app: string, spec: object = {}) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'x' }], ...spec } });
const set = (replicas: number, spec: object = {}) => ({
  metadata: { name: 'web', namespace: 'shop' }, spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web', spec) },
});
const start = () => startControlled([replicaSetController, replicationControllerController]);
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('what keeps pods from being made is told as an event and a condition, and forgotten once they are', async () => {
  await using cluster = await start();
  const { client, quiet, pass } = cluster;
  await client.create(ReplicaSet, set(2, { serviceAccountName: 'robot' }));
  await pass(30);
  const [condition] = (await client.get(ReplicaSet, 'web', at)).status.conditions!;
  expect(condition).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' });
  expect(condition!.message).toMatch(/^pods "web-[a-z0-9]*" is forbidden: error looking up service account shop\/robot: serviceaccount "robot" not found$/);
  expect((await events(cluster))[0]).toMatch(/^Warning FailedCreate: Error creating: pods "web-/);

  await client.create(ServiceAccount, { metadata: { name: 'robot', namespace: 'shop' } });
  await pass(60);
  await quiet();
  expect((await client.list(Pod, at)).items).toHaveLength(2);
  expect((await client.get(ReplicaSet, 'web', at)).status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 2 });
  expect((await client.get(ReplicaSet, 'web', at)).status.conditions).toBeUndefined();
});

test('an orphan that matches is taken on, one relabelled is let go and replaced', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await client.create(Pod, { metadata: { name: 'stray', namespace: 'shop', labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'x' }] } });
  await client.create(ReplicaSet, set(1));
  await quiet();
  expect((await client.list(Pod, at)).items.map(({ metadata }) => [metadata.name, metadata.ownerReferences?.[0]?.name])).toEqual([['stray', 'web']]);
  await client.patch(Pod, 'stray', { type: 'merge', body: { metadata: { labels: { app: 'debug' } } } }, at);
  await quiet();
  const pods = (await client.list(Pod, at)).items;
  expect(pods).toHaveLength(2);
  expect(pods.find(({ metadata }) => metadata.name === 'stray')!.metadata.ownerReferences).toBeUndefined();
});

test('a ReplicationController does the same by its plain selector', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await client.create(ReplicationController, { metadata: { name: 'rc', namespace: 'shop' }, spec: { replicas: 2, selector: { app: 'rc' }, template: template('rc') } });
  await quiet();
  expect((await client.list(Pod, at)).items.every(({ metadata }) => metadata.ownerReferences![0]!.kind === 'ReplicationController')).toBe(true);
  expect((await client.get(ReplicationController, 'rc', at)).status).toMatchObject({ replicas: 2, observedGeneration: 1 });
  await client.patch(ReplicationController, 'rc', { type: 'merge', body: { spec: { replicas: 0 } } }, at);
  await quiet();
  expect((await client.list(Pod, at)).items).toEqual([]);
});

test('nothing is reported of a namespace on its way out', async () => {
  await using cluster = await start();
  const { client, quiet, pass } = cluster;
  await client.create(ReplicaSet, set(1));
  await quiet();
  const before = (await events(cluster)).length;
  await client.delete(Namespace, 'shop');
  const [pod] = (await client.list(Pod, at)).items;
  await client.delete(Pod, pod!.metadata.name, { ...at, gracePeriodSeconds: 0 });
  await pass(5);
  expect(await events(cluster)).toHaveLength(before);
  expect((await client.get(ReplicaSet, 'web', at)).status.conditions).toBeUndefined();
});
