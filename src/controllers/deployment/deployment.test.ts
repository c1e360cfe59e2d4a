import { expect, test } from 'vitest';
import { Deployment } from '../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { Event } from '../../kinds/core/event.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { replicaSetController } from '../replica-set/replica-set.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { deploymentController } from './deployment.ts';

const start = () => startControlled([deploymentController, replicaSetController]);
const web = (replicas: number, image = 'v1') => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas, selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
  },
});
const at = { namespace: 'shop' };
const change = async ({ client, quiet }: TestCluster, body: object) => {
  await client.patch(Deployment, 'web', { type: 'merge', body }, at);
  await quiet();
};
const sizes = async ({ client }: TestCluster) =>
  (await client.list(ReplicaSet, at)).items.map(({ spec }) => [spec.template.spec.containers[0]!.image, spec.replicas]);
const messages = async ({ client }: TestCluster, name: string) =>
  (await client.list(Event, at)).items.filter((one) => one.involvedObject.name?.startsWith(name)).map(({ reason, message }) => `${reason}: ${message}`);

test('a Deployment becomes a ReplicaSet and pods, then available, and says so', async () => {
  await using cluster = await start();
  const { client, quiet, runPods } = cluster;
  await client.create(Deployment, web(3));
  await quiet();
  const pods = (await client.list(Pod, at)).items;
  expect(pods).toHaveLength(3);
  const [set] = (await client.list(ReplicaSet, at)).items;
  expect(pods[0]!.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: set!.metadata.name, controller: true, blockOwnerDeletion: true }]);
  expect(pods[0]!.metadata.name.startsWith(`${set!.metadata.name}-`)).toBe(true);

  await runPods();
  await quiet();
  const { status, metadata } = await client.get(Deployment, 'web', at);
  expect(status).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
  expect(status.conditions!.map((one) => `${one.type}=${one.status} ${one.reason}`)).toEqual([
    'Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable',
  ]);
  expect(metadata.annotations!['deployment.kubernetes.io/revision']).toBe('1');
  expect(await messages(cluster, 'web')).toContain(`ScalingReplicaSet: Scaled up replica set ${set!.metadata.name} from 0 to 3`);
  expect((await messages(cluster, set!.metadata.name)).filter((one) => one.startsWith('SuccessfulCreate: Created pod: '))).toHaveLength(3);
});

test('a new image rolls out pod by pod, and undoing it brings the old set back under a new revision', async () => {
  await using cluster = await start();
  const { client, quiet, runPods } = cluster;
  await client.create(Deployment, web(4));
  await quiet();
  await runPods();
  await change(cluster, web(4, 'v2'));
  expect(await sizes(cluster)).toEqual(expect.arrayContaining([['v1', 3], ['v2', 2]]));
  for (let round = 0; round < 4; round++) await runPods();
  expect(await sizes(cluster)).toEqual(expect.arrayContaining([['v1', 0], ['v2', 4]]));
  expect((await client.get(Deployment, 'web', at)).metadata.annotations!['deployment.kubernetes.io/revision']).toBe('2');

  await change(cluster, web(4, 'v1'));
  for (let round = 0; round < 4; round++) await runPods();
  expect(await sizes(cluster)).toEqual(expect.arrayContaining([['v1', 4], ['v2', 0]]));
  const old = (await client.list(ReplicaSet, at)).items.find((set) => set.spec.replicas === 4)!;
  expect(old.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3', 'deployment.kubernetes.io/revision-history': '1' });
});

test('pods that are deleted or end are replaced, and scaling down spares the running', async () => {
  await using cluster = await start();
  const { client, quiet, runPods } = cluster;
  await client.create(Deployment, web(3));
  await quiet();
  await runPods();
  const [first] = (await client.list(Pod, at)).items;
  await client.delete(Pod, first!.metadata.name, { ...at, gracePeriodSeconds: 0 });
  await quiet();
  const fresh = (await client.list(Pod, at)).items.filter((pod) => pod.status.phase !== 'Running');
  expect(fresh).toHaveLength(1);
  await change(cluster, { spec: { replicas: 2 } });
  const left = (await client.list(Pod, at)).items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  expect(left.map((pod) => pod.metadata.name)).not.toContain(fresh[0]!.metadata.name);
  expect(left).toHaveLength(2);
});

test('an orphaned ReplicaSet of the same template is taken on, not made twice', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await client.create(Deployment, web(2));
  await quiet();
  const [set] = (await client.list(ReplicaSet, at)).items;
  await client.delete(Deployment, 'web', { ...at, propagationPolicy: 'Background' });
  await client.update(ReplicaSet, { ...set!, metadata: { ...set!.metadata, ownerReferences: [] } });
  await quiet();
  await client.create(Deployment, web(2));
  await quiet();
  const sets = (await client.list(ReplicaSet, at)).items;
  expect(sets.map((one) => one.metadata.uid)).toEqual([set!.metadata.uid]);
  expect(sets[0]!.metadata.ownerReferences![0]).toMatchObject({ kind: 'Deployment', name: 'web', controller: true });
});

test('a rollout that stands still for its deadline is reported as failed', async () => {
  await using cluster = await start();
  await cluster.client.create(Deployment, { ...web(1), spec: { ...web(1).spec, progressDeadlineSeconds: 60 } });
  await cluster.quiet();
  await cluster.pass(62);
  const { status } = await cluster.client.get(Deployment, 'web', at);
  expect(status.conditions!.find((one) => one.type === 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
});
