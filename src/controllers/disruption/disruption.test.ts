import { expect, test } from 'vitest';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { Event } from '../../kinds/core/event.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { PodDisruptionBudget } from '../../kinds/policy/pod-disruption-budget.ts';
import { isApiError } from '../../meta/api-error.ts';
import { replicaSetController } from '../replica-set/replica-set.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { disruptionController, staleDisruptionController } from './disruption.ts';

const at = { namespace: 'shop' };
const selector = { matchLabels: { app: 'web' } };
const start = async (replicas: number): Promise<TestCluster> => {
  const cluster = await startControlled([replicaSetController, disruptionController, staleDisruptionController]);
  await cluster.client.create(ReplicaSet, {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas, selector, template: { metadata: { labels: { app: 'web' } }, spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'x' }] } } },
  });
  await cluster.quiet();
  await cluster.runPods();
  return cluster;
};
const budget = ({ client }: TestCluster, spec: object) => client.create(PodDisruptionBudget, { metadata: { name: 'web', namespace: 'shop' }, spec: { selector, ...spec } });
const status = async ({ client, quiet }: TestCluster) => {
  await quiet();
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, conditions } = (await client.get(PodDisruptionBudget, 'web', at)).status;
  return { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, reason: conditions?.[0]?.reason };
};
const evict = async ({ client, quiet }: TestCluster, index: number) => {
  const pod = (await client.list(Pod, at)).items[index]!;
  await client.createSubresource(Pod, pod.metadata.name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.metadata.name } }, at);
  await quiet();
};
const refused = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => isApiError(error, 'TooManyRequests'));

test.each([
  [{ minAvailable: 2 }, { disruptionsAllowed: 2, currentHealthy: 4, desiredHealthy: 2, expectedPods: 4, reason: 'SufficientPods' }],
  [{ minAvailable: '60%' }, { disruptionsAllowed: 1, currentHealthy: 4, desiredHealthy: 3, expectedPods: 4, reason: 'SufficientPods' }],
  [{ maxUnavailable: 1 }, { disruptionsAllowed: 1, currentHealthy: 4, desiredHealthy: 3, expectedPods: 4, reason: 'SufficientPods' }],
  [{ maxUnavailable: '30%' }, { disruptionsAllowed: 2, currentHealthy: 4, desiredHealthy: 2, expectedPods: 4, reason: 'SufficientPods' }],
  [{ minAvailable: 9 }, { disruptionsAllowed: 0, currentHealthy: 4, desiredHealthy: 9, expectedPods: 4, reason: 'InsufficientPods' }],
])('%j of four healthy pods', async (spec, expected) => {
  await using cluster = await start(4);
  await budget(cluster, spec);
  expect(await status(cluster)).toEqual(expected);
});

test('what is evicted is counted at once, the next waits until the successor is ready', async () => {
  await using cluster = await start(2);
  await budget(cluster, { maxUnavailable: 1 });
  expect((await status(cluster)).disruptionsAllowed).toBe(1);
  await evict(cluster, 0);
  expect(await status(cluster)).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 1, expectedPods: 2 });
  const second = (await cluster.client.list(Pod, at)).items.findIndex(({ metadata, status: { phase } }) => metadata.deletionTimestamp === undefined && phase === 'Running');
  expect(await refused(evict(cluster, second))).toBe(true);
  await cluster.runPods();
  await cluster.runPods();
  expect((await status(cluster)).disruptionsAllowed).toBe(1);
});

test('a workload scaled up wants more pods: its budget shrinks before they come', async () => {
  await using cluster = await start(2);
  await budget(cluster, { maxUnavailable: 1 });
  await cluster.client.patch(ReplicaSet, 'web', { type: 'merge', body: { spec: { replicas: 4 } } }, at);
  expect(await status(cluster)).toMatchObject({ disruptionsAllowed: 0, desiredHealthy: 3, expectedPods: 4 });
});

test('pods of no workload are told of where their number matters', async () => {
  await using cluster = await start(0);
  await cluster.client.create(Pod, { metadata: { name: 'lone', namespace: 'shop', labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'x' }] } });
  await budget(cluster, { maxUnavailable: 1 });
  expect(await status(cluster)).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0 });
  const events = (await cluster.client.list(Event, at)).items;
  expect(events.find(({ reason }) => reason === 'UnmanagedPods')!.message).toMatch(/^Pods selected by this PodDisruptionBudget \(selector: app=web\) were found to be unmanaged\./);
});

test('an eviction granted and never carried out is forgotten after two minutes', async () => {
  await using cluster = await start(2);
  await budget(cluster, { minAvailable: 1 });
  const { items: [pod] } = await cluster.client.list(Pod, at);
  const one = await cluster.client.get(PodDisruptionBudget, 'web', at);
  await cluster.quiet();
  const now = new Date(cluster.api.clock.now()).toISOString().replace(/\.\d+/, '');
  const fresh = await cluster.client.get(PodDisruptionBudget, one.metadata.name, at);
  await cluster.client.updateStatus(PodDisruptionBudget, { ...fresh, status: { ...fresh.status, disruptedPods: { [pod!.metadata.name]: now } } });
  expect(await status(cluster)).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
  await cluster.pass(125);
  expect(await status(cluster)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
});
