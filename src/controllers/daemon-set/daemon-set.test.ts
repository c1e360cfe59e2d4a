import { expect, test } from 'vitest';
import { ControllerRevision } from '../../kinds/apps/controller-revision.ts';
import { DaemonSet } from '../../kinds/apps/daemon-set.ts';
import { Event } from '../../kinds/core/event.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { daemonSetController } from './daemon-set.ts';
import { nodeOf } from './placement.ts';

const at = { namespace: 'shop' };
const template = (image = 'v1', spec: object = {}) => ({ metadata: { labels: { app: 'log' } }, spec: { containers: [{ name: 'main', image }], ...spec } });
const set = (spec: object = {}) => ({ metadata: { name: 'log', namespace: 'shop' }, spec: { selector: { matchLabels: { app: 'log' } }, template: template(), ...spec } });

async function start(nodes = 3): Promise<TestCluster> {
  const cluster = await startControlled([daemonSetController()]);
  for (let n = 1; n <= nodes; n++) await addNode(cluster, n);
  await cluster.quiet();
  return cluster;
}
/** A node comes tainted as not ready; this one is. */
async function addNode({ client }: TestCluster, n: number): Promise<void> {
  await client.create(Node, { metadata: { name: `node-${n}`, labels: { place: n === 1 ? 'edge' : 'hall' } } });
  await client.patch(Node, `node-${n}`, { type: 'merge', body: { spec: { taints: null } } });
}
const pods = async ({ client }: TestCluster) => (await client.list(Pod, at)).items.toSorted((a, b) => (nodeOf(a)! < nodeOf(b)! ? -1 : 1));
const posts = async (cluster: TestCluster) => (await pods(cluster)).map((pod) => `${nodeOf(pod)} ${pod.spec.containers[0]!.image}`);
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const patch = ({ client }: TestCluster, spec: object) => client.patch(DaemonSet, 'log', { type: 'merge', body: { spec } }, at);
const status = async ({ client }: TestCluster) => (await client.get(DaemonSet, 'log', at)).status;

/** What the scheduler does: binds each pod to the node it is pinned to. */
async function bind({ client, quiet }: TestCluster): Promise<void> {
  for (const pod of (await client.list(Pod, at)).items.filter(({ spec }) => !spec.nodeName)) {
    await client.createSubresource(Pod, pod.metadata.name, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name }, target: { kind: 'Node', name: nodeOf(pod) } }, at);
  }
  await quiet();
}
async function settle(cluster: TestCluster, rounds = 6): Promise<void> {
  await cluster.quiet();
  for (let round = 0; round < rounds; round++) {
    await bind(cluster);
    await cluster.runPods();
  }
}

test('every node gets a pod pinned to it, which tolerates a node\'s troubles; a new node too', async () => {
  await using cluster = await start(2);
  await cluster.client.create(DaemonSet, set());
  await cluster.quiet();
  expect(await posts(cluster)).toEqual(['node-1 v1', 'node-2 v1']);
  const [first] = await pods(cluster);
  expect(first!.spec.nodeName).toBeUndefined();
  expect(first!.spec.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }],
  });
  expect(first!.spec.tolerations!.map(({ key, effect }) => `${key!.split('/')[1]}:${effect}`)).toEqual([
    'not-ready:NoExecute', 'unreachable:NoExecute', 'disk-pressure:NoSchedule', 'memory-pressure:NoSchedule', 'pid-pressure:NoSchedule', 'unschedulable:NoSchedule',
  ]);
  await addNode(cluster, 3);
  await settle(cluster, 2);
  expect(await posts(cluster)).toEqual(['node-1 v1', 'node-2 v1', 'node-3 v1']);
  expect(await status(cluster)).toMatchObject({
    desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 3, numberAvailable: 3, updatedNumberScheduled: 3, numberMisscheduled: 0, observedGeneration: 1,
  });
});

test('a selector and taints keep it off nodes, also when they change; NoExecute drives it away, NoSchedule does not', async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(DaemonSet, set({ template: template('v1', { nodeSelector: { place: 'hall' } }) }));
  await settle(cluster, 2);
  expect(await posts(cluster)).toEqual(['node-2 v1', 'node-3 v1']);
  const taint = (name: string, effect: string) => client.patch(Node, name, { type: 'merge', body: { spec: { taints: [{ key: 'x', effect }] } } });
  await taint('node-2', 'NoSchedule');
  await taint('node-3', 'NoExecute');
  await settle(cluster, 2);
  expect(await posts(cluster)).toEqual(['node-2 v1']);
  expect(await status(cluster)).toMatchObject({ desiredNumberScheduled: 0, currentNumberScheduled: 0, numberMisscheduled: 1 });
  await client.patch(Node, 'node-1', { type: 'merge', body: { metadata: { labels: { place: 'hall' } } } });
  await settle(cluster, 2);
  expect(await posts(cluster)).toEqual(['node-1 v1', 'node-2 v1']);
});

test('a failed pod is replaced, again only after a growing pause', async () => {
  await using cluster = await start(1);
  await cluster.client.create(DaemonSet, set());
  await settle(cluster, 2);
  const fail = async () => {
    const [pod] = await pods(cluster);
    await cluster.client.updateStatus(Pod, { ...pod!, status: { ...pod!.status, phase: 'Failed' } });
    await cluster.quiet();
    return pod!.metadata.name;
  };
  const first = await fail();
  await settle(cluster, 2);
  expect(await events(cluster)).toContain(`Warning FailedDaemonPod: Found failed daemon pod shop/${first} on node node-1, will try to kill it`);
  const second = (await pods(cluster))[0]!.metadata.name;
  expect(second).not.toBe(first);
  await fail();
  await cluster.quiet();
  expect((await pods(cluster))[0]!.metadata).toMatchObject({ name: second });
  expect((await pods(cluster))[0]!.metadata.deletionTimestamp).toBeUndefined();
  await cluster.pass(2);
  await settle(cluster, 2);
  expect((await pods(cluster))[0]!.metadata.name).not.toBe(second);
});

test('a rolling update replaces as many as may be missing, and goes back by the kept revision', async () => {
  await using cluster = await start();
  await cluster.client.create(DaemonSet, set());
  await settle(cluster, 2);
  await patch(cluster, { template: template('v2') });
  await cluster.quiet();
  expect((await pods(cluster)).filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toHaveLength(1);
  await settle(cluster, 12);
  expect(await posts(cluster)).toEqual(['node-1 v2', 'node-2 v2', 'node-3 v2']);
  const revisions = async () => (await cluster.client.list(ControllerRevision, at)).items.toSorted((a, b) => a.revision - b.revision);
  expect((await revisions()).map(({ revision }) => revision)).toEqual([1, 2]);
  await cluster.client.patch(DaemonSet, 'log', { type: 'strategic', body: (await revisions())[0]!.data as object }, at);
  await settle(cluster, 12);
  expect(await posts(cluster)).toEqual(['node-1 v1', 'node-2 v1', 'node-3 v1']);
  expect((await revisions()).map(({ revision }) => revision)).toEqual([2, 3]);
});

test('with maxSurge the new pod comes first, and the old one goes once it serves', async () => {
  await using cluster = await start(2);
  await cluster.client.create(DaemonSet, set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
  await settle(cluster, 2);
  await patch(cluster, { template: template('v2') });
  await cluster.quiet();
  await bind(cluster);
  expect((await posts(cluster)).toSorted()).toEqual(['node-1 v1', 'node-1 v2', 'node-2 v1']);
  expect((await pods(cluster)).every(({ metadata }) => metadata.deletionTimestamp === undefined)).toBe(true);
  await settle(cluster, 8);
  expect(await posts(cluster)).toEqual(['node-1 v2', 'node-2 v2']);
});

test('with OnDelete a new template waits for someone to delete the old pod', async () => {
  await using cluster = await start(1);
  await cluster.client.create(DaemonSet, set({ updateStrategy: { type: 'OnDelete' } }));
  await settle(cluster, 2);
  await patch(cluster, { template: template('v2') });
  await settle(cluster, 2);
  expect(await posts(cluster)).toEqual(['node-1 v1']);
  expect((await status(cluster)).updatedNumberScheduled).toBeUndefined();
  await cluster.client.delete(Pod, (await pods(cluster))[0]!.metadata.name, at);
  await settle(cluster, 2);
  expect(await posts(cluster)).toEqual(['node-1 v2']);
});

test('a pod waiting for a node that has gone is removed', async () => {
  await using cluster = await start(1);
  await cluster.client.create(DaemonSet, set());
  await cluster.quiet();
  await cluster.client.delete(Node, 'node-1');
  await cluster.quiet();
  expect(await pods(cluster)).toEqual([]);
});
