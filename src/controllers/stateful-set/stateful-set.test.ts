import { expect, test } from 'vitest';
import { ControllerRevision } from '../../kinds/apps/controller-revision.ts';
import { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import { Event } from '../../kinds/core/event.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { statefulSetController } from './stateful-set.ts';

const at = { namespace: 'shop' };
const template = (image = 'v1') => ({ metadata: { labels: { app: 'db' } }, spec: { nodeName: 'node-1', containers: [{ name: 'main', image }] } }); // on a node, so that it leaves with grace
const set = (spec: object = {}) => ({
  metadata: { name: 'db', namespace: 'shop' },
  spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template(), ...spec },
});
const claims = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }];

const start = () => startControlled([statefulSetController]);
const pods = async ({ client }: TestCluster) => (await client.list(Pod, at)).items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
const names = async (cluster: TestCluster) => (await pods(cluster)).map(({ metadata }) => metadata.name);
const images = async (cluster: TestCluster) => (await pods(cluster)).map(({ metadata, spec }) => `${metadata.name} ${spec.containers[0]!.image}`);
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const patch = ({ client }: TestCluster, spec: object) => client.patch(StatefulSet, 'db', { type: 'merge', body: { spec } }, at);
const settleAll = async (cluster: TestCluster, rounds = 8) => {
  await cluster.quiet();
  for (let round = 0; round < rounds; round++) await cluster.runPods();
};
/** What the kubelet would do for one pod alone. */
const run = async ({ client, quiet }: TestCluster, name: string) => {
  const pod = await client.get(Pod, name, at);
  if (pod.metadata.deletionTimestamp !== undefined) await client.delete(Pod, name, { ...at, gracePeriodSeconds: 0 });
  else await client.updateStatus(Pod, { ...pod, status: { ...pod.status, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } });
  await quiet();
};
const stop = async ({ client, quiet }: TestCluster, name: string) => {
  await client.delete(Pod, name, { ...at, gracePeriodSeconds: 0 });
  await quiet();
};

test('pods come one after the other, each with its name, host name, index and revision', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set());
  await cluster.quiet();
  expect(await names(cluster)).toEqual(['db-0']);
  const [first] = await pods(cluster);
  const { updateRevision } = (await cluster.client.get(StatefulSet, 'db', at)).status;
  expect(first!.spec).toMatchObject({ hostname: 'db-0', subdomain: 'db' });
  expect(first!.metadata.labels).toEqual({
    app: 'db', 'statefulset.kubernetes.io/pod-name': 'db-0', 'apps.kubernetes.io/pod-index': '0', 'controller-revision-hash': updateRevision,
  });
  await run(cluster, 'db-0');
  expect(await names(cluster)).toEqual(['db-0', 'db-1']);
  await run(cluster, 'db-1');
  await run(cluster, 'db-2');
  expect((await cluster.client.get(StatefulSet, 'db', at)).status).toMatchObject({
    replicas: 3, readyReplicas: 3, availableReplicas: 3, currentReplicas: 3, updatedReplicas: 3, currentRevision: updateRevision, collisionCount: 0, observedGeneration: 1,
  });
  expect(await events(cluster)).toContain('Normal SuccessfulCreate: create Pod db-2 in StatefulSet db successful');
});

test('with Parallel all come at once, counted from the first ordinal', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({ podManagementPolicy: 'Parallel', ordinals: { start: 5 } }));
  await cluster.quiet();
  expect(await names(cluster)).toEqual(['db-5', 'db-6', 'db-7']);
});

test('scaling down takes the highest first, waits until it has gone, and halts while another is unwell', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set());
  await settleAll(cluster);
  const ill = await cluster.client.get(Pod, 'db-0', at);
  await cluster.client.updateStatus(Pod, { ...ill, status: { ...ill.status, conditions: [{ type: 'Ready', status: 'False' }] } });
  await patch(cluster, { replicas: 1 });
  await cluster.quiet();
  expect(await names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
  await run(cluster, 'db-0');
  expect((await cluster.client.get(Pod, 'db-2', at)).metadata.deletionTimestamp).toBeDefined();
  expect((await cluster.client.get(Pod, 'db-1', at)).metadata.deletionTimestamp).toBeUndefined();
  await run(cluster, 'db-2');
  expect((await cluster.client.get(Pod, 'db-1', at)).metadata.deletionTimestamp).toBeDefined();
  await run(cluster, 'db-1');
  expect(await names(cluster)).toEqual(['db-0']);
});

test('an update goes from the highest ordinal down to the partition; pods below it are made anew from the old revision', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set());
  await settleAll(cluster);
  const { currentRevision: old } = (await cluster.client.get(StatefulSet, 'db', at)).status;
  await patch(cluster, { template: template('v2'), updateStrategy: { rollingUpdate: { partition: 2 } } });
  await settleAll(cluster);
  expect(await images(cluster)).toEqual(['db-0 v1', 'db-1 v1', 'db-2 v2']);
  const canary = (await cluster.client.get(StatefulSet, 'db', at)).status;
  expect(canary).toMatchObject({ currentRevision: old, currentReplicas: 2, updatedReplicas: 1 });

  await stop(cluster, 'db-0');
  await settleAll(cluster, 1);
  expect(await images(cluster)).toEqual(['db-0 v1', 'db-1 v1', 'db-2 v2']);

  await patch(cluster, { updateStrategy: { rollingUpdate: { partition: 0 } } });
  await settleAll(cluster);
  expect(await images(cluster)).toEqual(['db-0 v2', 'db-1 v2', 'db-2 v2']);
  const done = (await cluster.client.get(StatefulSet, 'db', at)).status;
  expect(done).toMatchObject({ currentRevision: canary.updateRevision, updateRevision: canary.updateRevision, currentReplicas: 3, updatedReplicas: 3 });
});

test('going back to an old template takes its revision up again as the newest, and history is trimmed', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({ replicas: 1, revisionHistoryLimit: 1 }));
  await settleAll(cluster, 3);
  for (const image of ['v2', 'v3']) {
    await patch(cluster, { template: template(image) });
    await settleAll(cluster, 4);
  }
  const revisions = async () => (await cluster.client.list(ControllerRevision, at)).items.map(({ revision }) => revision).sort();
  expect(await revisions()).toEqual([2, 3]);
  await patch(cluster, { template: template('v2') });
  await settleAll(cluster, 4);
  expect(await revisions()).toEqual([3, 4]);
  expect(await images(cluster)).toEqual(['db-0 v2']);
});

test('maxUnavailable lets several pods go at once; OnDelete lets none', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({ replicas: 4, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } }));
  await settleAll(cluster, 10);
  await patch(cluster, { template: template('v2') });
  await cluster.quiet();
  const leaving = (await pods(cluster)).filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(({ metadata }) => metadata.name);
  expect(leaving).toEqual(['db-2', 'db-3']);
  await settleAll(cluster, 10);
  expect(await images(cluster)).toEqual(['db-0 v2', 'db-1 v2', 'db-2 v2', 'db-3 v2']);

  await patch(cluster, { template: template('v3'), updateStrategy: { type: 'OnDelete', rollingUpdate: null } });
  await settleAll(cluster, 2);
  expect(await images(cluster)).toEqual(['db-0 v2', 'db-1 v2', 'db-2 v2', 'db-3 v2']);
  await stop(cluster, 'db-1');
  expect(await images(cluster)).toEqual(['db-0 v2', 'db-1 v3', 'db-2 v2', 'db-3 v2']);
});

test('a pod that ended or vanished is made anew under its name', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({ replicas: 2 }));
  await settleAll(cluster, 4);
  const before = await pods(cluster);
  await cluster.client.updateStatus(Pod, { ...before[0]!, status: { ...before[0]!.status, phase: 'Failed', reason: 'Evicted' } });
  await settleAll(cluster, 3);
  const after = await pods(cluster);
  expect(after.map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1']);
  expect(after[0]!.metadata.uid).not.toBe(before[0]!.metadata.uid);
  expect(after[1]!.metadata.uid).toBe(before[1]!.metadata.uid);
});

test('each pod has claims of its own, which stay with its name', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({ replicas: 2, volumeClaimTemplates: claims }));
  await settleAll(cluster, 4);
  const found = (await cluster.client.list(PersistentVolumeClaim, at)).items;
  expect(found.map(({ metadata }) => [metadata.name, metadata.labels, metadata.ownerReferences])).toEqual([
    ['data-db-0', { app: 'db' }, undefined], ['data-db-1', { app: 'db' }, undefined],
  ]);
  const [first] = await pods(cluster);
  expect(first!.spec.volumes![0]).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } });
  expect(await events(cluster)).toContain('Normal SuccessfulCreate: create Claim data-db-1 Pod db-1 in StatefulSet db success');
  await patch(cluster, { replicas: 1 });
  await settleAll(cluster, 3);
  expect((await cluster.client.list(PersistentVolumeClaim, at)).items).toHaveLength(2);
});

test('by its retention policy a claim belongs to the set, and to the pod that is scaled away', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({
    replicas: 2, volumeClaimTemplates: claims, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
  }));
  await settleAll(cluster, 4);
  const owners = async () => (await cluster.client.list(PersistentVolumeClaim, at)).items
    .map(({ metadata }) => metadata.ownerReferences!.map(({ kind, name }) => `${kind} ${name}`).join());
  expect(await owners()).toEqual(['StatefulSet db', 'StatefulSet db']);
  await patch(cluster, { replicas: 1 });
  await cluster.quiet();
  expect(await owners()).toEqual(['StatefulSet db', 'Pod db-1']);

  // Wanted again before the garbage collector took the claim: the new pod waits for a claim of its own.
  await stop(cluster, 'db-1');
  await patch(cluster, { replicas: 2 });
  await cluster.quiet();
  expect(await names(cluster)).toEqual(['db-0']);
  await cluster.client.delete(PersistentVolumeClaim, 'data-db-1', at);
  await cluster.quiet();
  const left = (await cluster.client.list(PersistentVolumeClaim, at)).items.find(({ metadata }) => metadata.name === 'data-db-1');
  if (left) await cluster.client.update(PersistentVolumeClaim, { ...left, metadata: { ...left.metadata, finalizers: [] } });
  await cluster.quiet();
  expect(await names(cluster)).toEqual(['db-0', 'db-1']);
});

test('minReadySeconds holds the next pod back', async () => {
  await using cluster = await start();
  await cluster.client.create(StatefulSet, set({ minReadySeconds: 10, replicas: 2 }));
  await settleAll(cluster, 1);
  expect(await names(cluster)).toEqual(['db-0']);
  expect((await cluster.client.get(StatefulSet, 'db', at)).status).toMatchObject({ readyReplicas: 1 });
  await cluster.pass(11);
  expect(await names(cluster)).toEqual(['db-0', 'db-1']);
});
