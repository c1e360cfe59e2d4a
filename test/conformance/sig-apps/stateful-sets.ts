import { StatefulSet } from '../../../src/kinds/apps/stateful-set.ts';
import type { Pod } from '../../../src/kinds/core/pod.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import type { AnyObject, DeepPartial } from '../../../src/meta/object.ts';
import { readObject } from '../../../src/client/index.ts';
import { isReady } from '../../../src/rules/pod-conditions.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';
import { at, template } from './workloads.ts';
import { Pod as PodKind } from '../../../src/kinds/core/pod.ts';

const codename = (what: string) => `[sig-apps] StatefulSet [k8s.io] Basic StatefulSet functionality [StatefulSetBasic] ${what} [Conformance]`;
const NAME = 'ss';
const LABELS = { baz: 'blah' };
/** Ready while the file is there: a test makes a pod unhealthy by taking it away. */
const SERVES = 'touch /tmp/healthy; sleep 36000';

async function makeSet(t: Context, replicas: number, spec: DeepPartial<StatefulSet['spec']> = {}): Promise<void> {
  await t.client.create(Service, { metadata: { name: 'test' }, spec: { clusterIP: 'None', selector: LABELS, ports: [{ port: 80, name: 'http' }] } }, at(t));
  const base = template(t, LABELS, SERVES);
  const readinessProbe = { exec: { command: ['cat', '/tmp/healthy'] }, periodSeconds: 1, failureThreshold: 1 };
  const podTemplate = { ...base, spec: { ...base.spec, containers: base.spec.containers!.map((one) => ({ ...one, readinessProbe })) } };
  await t.client.create(StatefulSet, { metadata: { name: NAME }, spec: { serviceName: 'test', replicas, selector: { matchLabels: LABELS }, template: podTemplate, ...spec } }, at(t));
}

const podsOf = async (t: Context): Promise<readonly Pod[]> => (await t.pods.list('baz=blah')).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
const ready = (t: Context, count: number, seconds = 120): Promise<boolean> => t.eventually(`${count} pods are ready`, async () => {
  const pods = await podsOf(t);
  return pods.length === count && pods.every((pod) => isReady(pod) && !pod.metadata.deletionTimestamp);
}, { seconds });
const scale = (t: Context, replicas: number) => t.client.patch(StatefulSet, NAME, { type: 'merge', body: { spec: { replicas } } }, at(t));
const health = (t: Context, pod: string, good: boolean) => t.pods.sh(pod, good ? 'touch /tmp/healthy' : 'rm -f /tmp/healthy');
const unhealthy = (t: Context, pod: string) => t.eventually(`${pod} is not ready`, async () => !isReady(await t.pods.get(pod)));
const setVersion = (t: Context, value: string) =>
  t.client.patch(StatefulSet, NAME, { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'REVISION', value }] }] } } } } }, at(t));
const versionOf = ({ spec }: Pod): string => spec.containers[0]!.env?.find(({ name }) => name === 'REVISION')?.value ?? '1';
const versions = (t: Context, wanted: string, seconds = 180): Promise<boolean> =>
  t.eventually(`the pods have versions ${wanted}`, async () => {
    const pods = await podsOf(t);
    return pods.every(isReady) && pods.map(versionOf).join('') === wanted;
  }, { seconds });

const SUBRESOURCE = ['the scale is one', 'and two after an update'];
const scaleSubresource = test(codename('should have a working scale subresource'), { musts: SUBRESOURCE }, async (t) => {
  await makeSet(t, 1);
  await ready(t, 1);
  const url = `/apis/apps/v1/namespaces/${t.namespace}/statefulsets/${NAME}/scale`;
  const get = async () => readObject<AnyObject & { spec: { replicas: number } }>(await t.client.request({ method: 'GET', url, signal: t.signal }));
  t.must(SUBRESOURCE[0]!, (await get()).spec.replicas === 1);
  await t.client.patch(StatefulSet, NAME, { type: 'merge', body: { spec: { replicas: 2 } } }, { ...at(t), subresource: 'scale' });
  const { spec } = await t.client.get(StatefulSet, NAME, at(t));
  t.must(SUBRESOURCE[1]!, (await get()).spec.replicas === 2 && spec.replicas === 2);
});

const recreated = test(codename('Should recreate evicted statefulset'), { musts: ['a failed pod is replaced'], timeoutSeconds: 240 }, async (t) => {
  await makeSet(t, 1);
  await ready(t, 1);
  const { metadata } = await t.pods.get('ss-0');
  await t.client.patch(PodKind, 'ss-0', { type: 'merge', body: { status: { phase: 'Failed', reason: 'Evicted' } } }, { ...at(t), subresource: 'status' });
  await t.eventually('ss-0 is another pod', async () => (await t.pods.get('ss-0')).metadata.uid !== metadata.uid, { seconds: 90 });
  t.must('a failed pod is replaced', await ready(t, 1));
});

const ORDER = ['pods come in order and go in the reverse', 'an unhealthy one halts both'];
const order = test(codename('Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow]'), { musts: ORDER, timeoutSeconds: 400 }, async (t) => {
  await using events = watchEvents(t, PodKind, 'baz=blah');
  await makeSet(t, 1);
  await ready(t, 1);
  await health(t, 'ss-0', false);
  await unhealthy(t, 'ss-0');
  await scale(t, 3);
  const haltsUp = await t.consistently(async () => (await podsOf(t)).length === 1, 10);
  await health(t, 'ss-0', true);
  await ready(t, 3);
  for (const name of ['ss-0', 'ss-1', 'ss-2']) await events.until('ADDED', ({ metadata }) => metadata.name === name);
  // All of them: the highest, while it is well, may go whatever those below it are like.
  const all = ['ss-0', 'ss-1', 'ss-2'];
  for (const name of all) await health(t, name, false);
  for (const name of all) await unhealthy(t, name);
  await scale(t, 0);
  const haltsDown = await t.consistently(async () => (await podsOf(t)).length === 3, 10);
  for (const name of all) await health(t, name, true);
  for (const name of ['ss-2', 'ss-1', 'ss-0']) await events.until('DELETED', ({ metadata }) => metadata.name === name, 90);
  t.must(ORDER[0]!, true);
  t.must(ORDER[1]!, haltsUp && haltsDown);
});

const burst = test(codename('Burst scaling should run to completion even with unhealthy pods [Slow]'), { musts: ['pods are made and removed without waiting'], timeoutSeconds: 300 }, async (t) => {
  await makeSet(t, 1, { podManagementPolicy: 'Parallel' });
  await ready(t, 1);
  await health(t, 'ss-0', false);
  await unhealthy(t, 'ss-0');
  await scale(t, 3);
  await t.eventually('three pods are there', async () => (await podsOf(t)).length === 3);
  await scale(t, 0);
  t.must('pods are made and removed without waiting', await t.eventually('no pod is left', async () => (await podsOf(t)).length === 0, { seconds: 90 }));
});

const UPDATE = ['pods are replaced one at a time', 'the status names both revisions', 'a template of before is a roll-back'];
const rolling = test(codename('should perform rolling updates and roll backs of template modifications'), { musts: UPDATE, timeoutSeconds: 500 }, async (t) => {
  await makeSet(t, 3);
  await ready(t, 3);
  const { status: first } = await t.client.get(StatefulSet, NAME, at(t));
  await setVersion(t, '2');
  const during = await t.eventually('an update revision appears', async () => {
    const { status } = await t.client.get(StatefulSet, NAME, at(t));
    return status.updateRevision !== first.currentRevision && status;
  });
  t.must(UPDATE[1]!, during.currentRevision === first.currentRevision && Boolean(during.updateRevision));
  let most = 0;
  await t.eventually('all are new', async () => {
    const pods = await podsOf(t);
    most = Math.max(most, 3 - pods.filter(isReady).length);
    return pods.length === 3 && pods.every((pod) => isReady(pod) && versionOf(pod) === '2');
  }, { seconds: 200 });
  t.must(UPDATE[0]!, most <= 1, `${most} were away at once`);
  await setVersion(t, '1');
  const back = { spec: { template: { spec: { containers: [{ name: 'main', env: null }] } } } };
  await t.client.patch(StatefulSet, NAME, { type: 'strategic', body: back }, at(t));
  await versions(t, '111', 250);
  const { status } = await t.eventually('the revision is that of before', async () => {
    const set = await t.client.get(StatefulSet, NAME, at(t));
    return set.status.currentRevision === first.currentRevision && set;
  });
  t.must(UPDATE[2]!, status.currentRevision === first.currentRevision);
});

const CANARY = ['the partition keeps the lower pods', 'a deleted pod comes back on its side of it'];
const canary = test(codename('should perform canary updates and phased rolling updates of template modifications'), { musts: CANARY, timeoutSeconds: 500 }, async (t) => {
  const partition = (value: number) => ({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: value } } } });
  await makeSet(t, 3, partition(3).spec);
  await ready(t, 3);
  await setVersion(t, '2');
  const untouched = await t.consistently(async () => (await podsOf(t)).every((pod) => versionOf(pod) === '1'), 8);
  await t.client.patch(StatefulSet, NAME, { type: 'merge', body: partition(2) }, at(t));
  t.must(CANARY[0]!, untouched && (await versions(t, '112')));
  for (const name of ['ss-0', 'ss-2']) await t.pods.delete(name, 0);
  t.must(CANARY[1]!, await t.eventually('both are back as they were', () => versions(t, '112')));
  await t.client.patch(StatefulSet, NAME, { type: 'merge', body: partition(0) }, at(t));
  await versions(t, '222', 200);
});

export const statefulSets: readonly TestCase[] = [scaleSubresource, recreated, order, burst, rolling, canary];
