import { ReplicaSet } from '../../../src/kinds/apps/replica-set.ts';
import { LimitRange } from '../../../src/kinds/core/limit-range.ts';
import { Node } from '../../../src/kinds/core/node.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { PriorityClass } from '../../../src/kinds/scheduling/priority-class.ts';
import { check, equal, refused } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { isStable, schedulableNodes } from './predicates.ts';

const PREEMPTION = '[sig-scheduling] SchedulerPreemption [Serial]';
/** A resource of our own, so that only these pods compete. */
const RESOURCE = 'scheduling.k8s.io/foo';

async function priorityClass(t: Context, value: number): Promise<string> {
  const name = t.name(`priority-${value}`);
  await t.client.create(PriorityClass, { metadata: { name }, value });
  t.defer(() => t.client.delete(PriorityClass, name));
  return name;
}

/** Gives every node an amount of RESOURCE, taken back with the test. */
async function extendNodes(t: Context, amount: number): Promise<readonly Node[]> {
  await t.eventually('the cluster is stable', () => isStable(t), { seconds: 60 });
  const nodes = await schedulableNodes(t);
  const set = (node: string, value: string | null) =>
    t.client.patch(Node, node, { type: 'merge', body: { status: { capacity: { [RESOURCE]: value }, allocatable: { [RESOURCE]: value } } } }, { subresource: 'status' });
  for (const { metadata } of nodes) {
    t.defer(() => set(metadata.name, null));
    await set(metadata.name, String(amount));
  }
  return nodes;
}

const wants = (t: Context, amount: number, priorityClassName: string, node?: string) => ({
  container: { resources: { requests: { [RESOURCE]: String(amount) }, limits: { [RESOURCE]: String(amount) } } },
  spec: { priorityClassName, ...(node !== undefined && { nodeSelector: { 'kubernetes.io/hostname': node } }) },
});
const placed = (pod: Pod): boolean => Boolean(pod.spec.nodeName);

/** Fills the nodes with low and medium pods, then asks for the room of one: the low one has to go. */
async function preempts(t: Context, preemptor: (low: Pod) => Promise<Pod>): Promise<boolean> {
  const nodes = await extendNodes(t, 5);
  const [low, medium] = [await priorityClass(t, 1), await priorityClass(t, 100)];
  const pods = await Promise.all(nodes.map(({ metadata }, i) => t.pods.create(wants(t, 3, i === 0 ? low : medium, metadata.labels!['kubernetes.io/hostname']!))));
  for (const { metadata } of pods) await t.pods.until(metadata.name, 'is placed', placed);
  const high = await preemptor(pods[0]!);
  await t.eventually('the high one is placed', async () => placed(await t.client.get(Pod, high.metadata.name, { namespace: high.metadata.namespace! })), { seconds: 90 });
  await t.pods.untilGone(pods[0]!.metadata.name);
  const others = await Promise.all(pods.slice(1).map(({ metadata }) => t.pods.get(metadata.name)));
  return others.every(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const basic = test(`${PREEMPTION} validates basic preemption works [Conformance]`, { musts: ['the lower pod goes and the higher one gets its place'], timeoutSeconds: 240 }, async (t) => {
  const high = await priorityClass(t, 1000);
  t.must('the lower pod goes and the higher one gets its place', await preempts(t, () => t.pods.create(wants(t, 3, high))));
});

const critical = test(`${PREEMPTION} validates lower priority pod preemption by critical pod [Conformance]`, { musts: ['the critical pod gets the lower one\'s place'], timeoutSeconds: 240 }, async (t) => {
  const name = t.name('critical');
  t.defer(() => t.client.delete(Pod, name, { namespace: 'kube-system', gracePeriodSeconds: 0 }));
  const make = () => t.pods.create({ ...wants(t, 3, 'system-cluster-critical'), name, namespace: 'kube-system' });
  t.must("the critical pod gets the lower one's place", await preempts(t, make));
});

const PATH = ['the replica sets run', 'the lower ones first, then the highest', 'each has the replicas expected'];
const path = test(`${PREEMPTION} PreemptionExecutionPath runs ReplicaSets to verify preemption running path [Conformance]`, { musts: PATH, timeoutSeconds: 300 }, async (t) => {
  const [node] = await extendNodes(t, 10);
  const host = node!.metadata.labels!['kubernetes.io/hostname']!;
  const set = async (value: number, replicas: number, amount: number) => {
    const name = `rs-pod${value}`;
    const { spec } = t.pods.object(wants(t, amount, await priorityClass(t, value), host));
    const template = { metadata: { labels: { name } }, spec: { ...spec, restartPolicy: 'Always' } };
    await t.client.create(ReplicaSet, { metadata: { name }, spec: { replicas, selector: { matchLabels: { name } }, template } }, { namespace: t.namespace });
    return name;
  };
  const ready = async (name: string) => (await t.client.get(ReplicaSet, name, { namespace: t.namespace })).status.readyReplicas ?? 0;
  const lower = [await set(1, 5, 1), await set(2, 4, 1), await set(3, 1, 1)];
  for (const [i, count] of [5, 4, 1].entries()) await t.eventually(`${lower[i]} has ${count} replicas`, async () => (await ready(lower[i]!)) === count, { seconds: 90 });
  t.must(PATH[0]!, true);
  const highest = await set(4, 1, 10 - 4);
  await t.eventually('the highest runs', async () => (await ready(highest)) === 1, { seconds: 120 });
  t.must(PATH[1]!, true);
  // It took the room of six: all five of the lowest, and one of the next.
  await t.eventually('the others have what is left', async () => (await ready(lower[0]!)) === 0 && (await ready(lower[1]!)) === 3 && (await ready(lower[2]!)) === 1);
  t.must(PATH[2]!, true);
});

const CLASSES = ['what may change is patched and updated', 'what may not is refused'];
const classes = test(`${PREEMPTION} PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods [Conformance]`, { musts: CLASSES }, async (t) => {
  const [one, two] = [await priorityClass(t, 1), await priorityClass(t, 2)];
  const names = (await t.client.list(PriorityClass)).items.map(({ metadata }) => metadata.name);
  check(names.includes(one) && names.includes(two), 'both are listed');
  const patched = await t.client.patch(PriorityClass, one, { type: 'merge', body: { description: 'patched' } });
  const updated = await t.client.update(PriorityClass, { ...(await t.client.get(PriorityClass, two)), description: 'updated' });
  t.must(CLASSES[0]!, patched.description === 'patched' && updated.description === 'updated');
  await refused(t.client.patch(PriorityClass, one, { type: 'merge', body: { value: 7 } }), 'a patch of the value', 'Invalid', 'Forbidden');
  await refused(t.client.update(PriorityClass, { ...updated, value: 7 }), 'an update of the value', 'Invalid', 'Forbidden');
  t.must(CLASSES[1]!, true);
});

const limitRange = test('[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied. [Conformance]', {}, async (t) => {
  const at = { namespace: t.namespace };
  const spec = { limits: [{
    type: 'Container', min: { cpu: '50m', memory: '100Mi' }, max: { cpu: '500m', memory: '500Mi' },
    defaultRequest: { cpu: '100m', memory: '200Mi' }, default: { cpu: '300m', memory: '300Mi' },
  }] };
  const made = await t.client.create(LimitRange, { metadata: { name: 'limit-range' }, spec }, at);
  const plain = await t.pods.create({});
  equal(plain.spec.containers[0]!.resources.requests, { cpu: '100m', memory: '200Mi' }, 'requests of a pod that states none');
  equal(plain.spec.containers[0]!.resources.limits, { cpu: '300m', memory: '300Mi' }, 'its limits');
  const partly = await t.pods.create({ container: { resources: { requests: { cpu: '200m' }, limits: { memory: '250Mi' } } } });
  equal(partly.spec.containers[0]!.resources, { requests: { cpu: '200m', memory: '250Mi' }, limits: { cpu: '300m', memory: '250Mi' } }, 'resources of a pod that states some');
  await refused(t.pods.create({ container: { resources: { requests: { cpu: '10m' } } } }), 'less than the minimum', 'Forbidden');
  await refused(t.pods.create({ container: { resources: { requests: { cpu: '600m' } , limits: { cpu: '600m' } } } }), 'more than the maximum', 'Forbidden');
  await t.client.update(LimitRange, { ...made, spec: { limits: [{ ...spec.limits[0]!, min: { cpu: '9m', memory: '10Mi' } }] } }, at);
  await t.eventually('the lower minimum is heeded', () => t.pods.create({ container: { resources: { requests: { cpu: '10m' } } } }).then(() => true, () => false));
  await t.client.delete(LimitRange, 'limit-range', at);
  await t.eventually('nothing limits any more', () => t.pods.create({ container: { resources: { requests: { cpu: '600m' } } } }).then(() => true, () => false));
});

export const preemption: readonly TestCase[] = [basic, critical, path, classes, limitRange];
