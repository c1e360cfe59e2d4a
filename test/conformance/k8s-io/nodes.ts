import { Lease } from '../../../src/kinds/coordination/lease.ts';
import { Event } from '../../../src/kinds/core/event.ts';
import { Node } from '../../../src/kinds/core/node.ts';
import type { Pod } from '../../../src/kinds/core/pod.ts';
import type { Context } from '../framework/context.ts';
import { refused } from '../framework/assert.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[k8s.io] [sig-node]';

const LEASES = [
  'create and get succeed', 'what is read is what was made', 'update and get succeed', 'what is read is what was updated', 'patch and get succeed',
  'what is read is what was patched', 'a second is made and both are listed', 'the list has both', 'a collection is deleted', 'only the labelled one goes',
  'the list succeeds', 'the list has the other', 'delete succeeds', 'get says it is gone',
];
const leases = test('[k8s.io] Lease lease API should be available [Conformance]', { musts: LEASES }, async (t) => {
  const at = { namespace: t.namespace };
  const name = t.name('lease');
  const spec = { holderIdentity: 'holder', leaseDurationSeconds: 30, leaseTransitions: 0, acquireTime: '2026-01-01T00:00:00.000000Z', renewTime: '2026-01-01T00:00:05.000000Z' };
  const same = (a: object, b: object) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  await t.client.create(Lease, { metadata: { name }, spec }, at);
  const made = await t.client.get(Lease, name, at);
  t.must(LEASES[0]!, true);
  t.must(LEASES[1]!, same(made.spec, spec), JSON.stringify(made.spec));

  const second = { ...spec, holderIdentity: 'holder2', leaseDurationSeconds: 60, leaseTransitions: 1 };
  await t.client.update(Lease, { ...made, spec: second }, at);
  const updated = await t.client.get(Lease, name, at);
  t.must(LEASES[2]!, true);
  t.must(LEASES[3]!, same(updated.spec, second), JSON.stringify(updated.spec));

  const third = { ...second, holderIdentity: 'holder3' };
  await t.client.patch(Lease, name, { type: 'strategic', body: { spec: { holderIdentity: 'holder3' } } }, at);
  const patched = await t.client.get(Lease, name, at);
  t.must(LEASES[4]!, true);
  t.must(LEASES[5]!, same(patched.spec, third), JSON.stringify(patched.spec));

  const list = async () => (await t.client.list(Lease, at)).items.map(({ metadata }) => metadata.name).toSorted();
  const labelled = t.name('lease');
  await t.client.create(Lease, { metadata: { name: labelled, labels: { deletecollection: 'true' } } }, at);
  t.must(LEASES[6]!, true);
  t.must(LEASES[7]!, same(await list(), [name, labelled].toSorted()));
  await t.client.deleteCollection(Lease, { ...at, labelSelector: 'deletecollection=true' });
  t.must(LEASES[8]!, true);
  const left = await list();
  t.must(LEASES[9]!, !left.includes(labelled));
  t.must(LEASES[10]!, true);
  t.must(LEASES[11]!, same(left, [name]));
  await t.client.delete(Lease, name, at);
  t.must(LEASES[12]!, true);
  await refused(t.client.get(Lease, name, at), 'get of a deleted lease', 'NotFound');
  t.must(LEASES[13]!, true);
});

const EVENTS = ['the scheduler tells of the pod', 'the kubelet tells of the pod', 'both do'];
const events = test(`${NODE} Events should be sent by kubelets and the scheduler about pods scheduling and running  [Conformance]`, { musts: EVENTS }, async (t) => {
  const { metadata } = await t.pods.running({});
  const from = (source: string) => t.eventually(`an event of ${source}`, async () => {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.uid=${metadata.uid},involvedObject.namespace=${t.namespace},source=${source}`;
    const { items } = await t.client.list(Event, { namespace: t.namespace, fieldSelector });
    return items.length > 0;
  });
  t.must(EVENTS[0]!, await from('default-scheduler'));
  t.must(EVENTS[1]!, await from('kubelet'));
  t.must(EVENTS[2]!, true);
});

const qos = test(`${NODE} Pods Extended [k8s.io] Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu [Conformance]`,
  { musts: ['the class is Guaranteed'] }, async (t) => {
    const amounts = { cpu: '100m', memory: '100Mi' };
    const { status } = await t.pods.create({ container: { resources: { requests: amounts, limits: amounts } } });
    t.must('the class is Guaranteed', status.qosClass === 'Guaranteed', status.qosClass);
  });

const TAINT = { key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute' };

async function taint(t: Context, node: string): Promise<void> {
  t.defer(() => untaint(t, node));
  await t.eventually('the taint is set', async () => {
    const current = await t.client.get(Node, node);
    return t.client.update(Node, { ...current, spec: { ...current.spec, taints: [...(current.spec.taints ?? []), TAINT] } });
  });
}

async function untaint(t: Context, node: string): Promise<void> {
  const current = await t.client.get(Node, node);
  const taints = current.spec.taints?.filter(({ key }) => key !== TAINT.key) ?? [];
  if (taints.length !== (current.spec.taints?.length ?? 0)) await t.client.update(Node, { ...current, spec: { ...current.spec, taints } });
}

const tolerating = (t: Context, tolerationSeconds: number, nodeName?: string): Promise<Pod> =>
  t.pods.running({
    spec: {
      tolerations: [{ key: TAINT.key, operator: 'Equal', value: TAINT.value, effect: TAINT.effect, tolerationSeconds }],
      ...(nodeName && { nodeSelector: { 'kubernetes.io/hostname': nodeName } }),
    },
  });
const isLeaving = async (t: Context, name: string): Promise<boolean> => {
  const found = await t.pods.list();
  const pod = found.find(({ metadata }) => metadata.name === name);
  return pod === undefined || pod.metadata.deletionTimestamp !== undefined;
};

const removingTaint = test(`${NODE} NoExecuteTaintManager Single Pod [Serial] removing taint cancels eviction [Disruptive] [Conformance]`,
  { musts: ['a taint taken back in time evicts nobody'], timeoutSeconds: 300 }, async (t) => {
    const { metadata, spec } = await tolerating(t, 60);
    await taint(t, spec.nodeName!);
    await t.sleep(5);
    await untaint(t, spec.nodeName!);
    t.must('a taint taken back in time evicts nobody', await t.consistently(async () => !(await isLeaving(t, metadata.name)), 75));
  });

const limits = test(`${NODE} NoExecuteTaintManager Multiple Pods [Serial] evicts pods with minTolerationSeconds [Disruptive] [Conformance]`,
  { musts: ['each pod is evicted when its own time is over'], timeoutSeconds: 300 }, async (t) => {
    const short = await tolerating(t, 10);
    const long = await tolerating(t, 60, short.spec.nodeName!);
    await taint(t, short.spec.nodeName!);
    await t.eventually('the short one is evicted', () => isLeaving(t, short.metadata.name), { seconds: 40 });
    const stillThere = !(await isLeaving(t, long.metadata.name));
    await t.eventually('the long one is evicted', () => isLeaving(t, long.metadata.name), { seconds: 90 });
    t.must('each pod is evicted when its own time is over', stillThere);
  });

export const nodes: readonly TestCase[] = [leases, events, qos, removingTaint, limits];
