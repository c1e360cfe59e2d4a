import { ReplicaSet } from '../../../src/kinds/apps/replica-set.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { ReplicationController } from '../../../src/kinds/core/replication-controller.ts';
import { ResourceQuota } from '../../../src/kinds/core/resource-quota.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';
import { answersFromEach, at, SERVES_HOSTNAME, template } from './workloads.ts';

const set = (t: Context, name: string, replicas: number, sh?: string) => ({
  metadata: { name }, spec: { replicas, selector: { matchLabels: { name } }, template: template(t, { name }, sh) },
});
const controller = (t: Context, name: string, replicas: number, sh?: string) => ({
  metadata: { name }, spec: { replicas, selector: { name }, template: template(t, { name }, sh) },
});
const ownerOf = ({ metadata }: Pod): string | undefined => metadata.ownerReferences?.find((owner) => owner.controller)?.uid;
const orphan = (t: Context, name: string) => t.pods.create({ name, labels: { name }, spec: { restartPolicy: 'Always' } });

async function releases(t: Context, name: string, uid: string): Promise<boolean> {
  const pod = (await t.pods.list(`name=${name}`)).find((one) => ownerOf(one) === uid)!;
  await t.client.patch(Pod, pod.metadata.name, { type: 'merge', body: { metadata: { labels: { name: 'not-matching-name' } } } }, at(t));
  return t.eventually('the pod has no owner', async () => ownerOf(await t.pods.get(pod.metadata.name)) === undefined);
}

const serves = (what: 'ReplicaSet' | 'ReplicationController', musts: readonly string[]): TestCase =>
  test(`[sig-apps] ${what} should serve a basic image on each replica with a public image  [Conformance]`, { musts }, async (t) => {
    const name = t.name('basic');
    if (what === 'ReplicaSet') await t.client.create(ReplicaSet, set(t, name, 2, SERVES_HOSTNAME), at(t));
    else await t.client.create(ReplicationController, controller(t, name, 2, SERVES_HOSTNAME), at(t));
    await t.eventually('both pods are ready', async () => (await t.pods.list(`name=${name}`))
      .filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')).length === 2, { seconds: 120 });
    const answers = await t.eventually('each pod answers', () => answersFromEach(t, `name=${name}`));
    for (const must of musts) t.must(must, answers);
  });

const ADOPT = ['the set adopts the pod', 'it releases one whose labels change'];
const setAdopts = test('[sig-apps] ReplicaSet should adopt matching pods on creation and release no longer matching pods [Conformance]', { musts: ADOPT }, async (t) => {
  const name = 'pod-adoption-release';
  await orphan(t, name);
  const { metadata } = await t.client.create(ReplicaSet, set(t, name, 1), at(t));
  t.must(ADOPT[0]!, await t.eventually('the pod is adopted', async () => ownerOf(await t.pods.get(name)) === metadata.uid));
  t.must(ADOPT[1]!, await releases(t, name, metadata.uid));
});

const rcAdopts = test('[sig-apps] ReplicationController should adopt matching pods on creation [Conformance]', { musts: ['the controller adopts the pod'] }, async (t) => {
  const name = 'pod-adoption';
  await orphan(t, name);
  const { metadata } = await t.client.create(ReplicationController, controller(t, name, 1), at(t));
  t.must('the controller adopts the pod', await t.eventually('the pod is adopted', async () => ownerOf(await t.pods.get(name)) === metadata.uid));
});

const rcReleases = test('[sig-apps] ReplicationController should release no longer matching pods [Conformance]', { musts: ['it releases a pod whose labels change'] }, async (t) => {
  const name = 'pod-release';
  const { metadata } = await t.client.create(ReplicationController, controller(t, name, 1), at(t));
  await t.eventually('the pod is there', async () => (await t.pods.list(`name=${name}`)).length === 1);
  t.must('it releases a pod whose labels change', await releases(t, name, metadata.uid));
});

const quota = test('[sig-apps] ReplicationController should surface a failure condition on a common issue like exceeded quota [Conformance]',
  { musts: ['the controller says that it cannot make its pods'] }, async (t) => {
    const name = 'condition-test';
    await t.client.create(ResourceQuota, { metadata: { name }, spec: { hard: { pods: '2' } } }, at(t));
    await t.eventually('the quota is counted', async () => (await t.client.get(ResourceQuota, name, at(t))).status.hard?.pods === '2');
    await t.client.create(ReplicationController, controller(t, name, 3), at(t));
    const failing = (is: string | undefined) => t.eventually(`ReplicaFailure is ${is}`, async () => {
      const { status } = await t.client.get(ReplicationController, name, at(t));
      return status.conditions?.find(({ type }) => type === 'ReplicaFailure')?.status === is;
    });
    t.must('the controller says that it cannot make its pods', await failing('True'));
    await t.client.patch(ReplicationController, name, { type: 'merge', body: { spec: { replicas: 2 } } }, at(t));
    await failing(undefined);
  });

const rcLifecycle = test('[sig-apps] ReplicationController should test the lifecycle of a ReplicationController [Conformance]', { timeoutSeconds: 240 }, async (t) => {
  const name = 'rc-test';
  await using events = watchEvents(t, ReplicationController, 'test-rc-static=true');
  const object = controller(t, name, 1);
  await t.client.create(ReplicationController, { ...object, metadata: { name, labels: { 'test-rc-static': 'true' } } }, at(t));
  await events.until('ADDED', () => true);
  await events.until('MODIFIED', ({ status }) => status.readyReplicas === 1, 90);
  await t.client.patch(ReplicationController, name, { type: 'strategic', body: { metadata: { labels: { 'test-rc': 'patched' } } } }, at(t));
  await events.until('MODIFIED', ({ metadata }) => metadata.labels?.['test-rc'] === 'patched');
  await t.client.patch(ReplicationController, name, { type: 'merge', body: { spec: { replicas: 2 } } }, at(t));
  await events.until('MODIFIED', ({ status }) => status.readyReplicas === 2, 90);
  await t.client.deleteCollection(ReplicationController, { ...at(t), labelSelector: 'test-rc-static=true' });
  await events.until('DELETED', () => true);
});

export const replicaSets: readonly TestCase[] = [
  serves('ReplicaSet', []), setAdopts,
  serves('ReplicationController', ['its pods are made and serve', 'each answers when dialled']), rcAdopts, rcReleases, quota, rcLifecycle,
];
