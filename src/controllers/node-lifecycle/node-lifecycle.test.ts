import { expect, test } from 'vitest';
import { Lease } from '../../kinds/coordination/lease.ts';
import { Event } from '../../kinds/core/event.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatMicroTime, formatTime } from '../../meta/time.ts';
import { nodeIpamController } from '../node-ipam/node-ipam.ts';
import { podGarbageCollector } from '../pod-gc/pod-gc.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { taintEvictionController } from './taint-eviction.ts';

const LEASES = 'kube-node-lease';

async function join({ client, api, quiet }: TestCluster, name: string): Promise<void> {
  const at = formatTime(api.clock.now());
  await client.create(Node, { metadata: { name } });
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: at, lastTransitionTime: at }];
  await client.patch(Node, name, { type: 'merge', body: { status: { conditions } } }, { subresource: 'status' });
  await client.create(Lease, { metadata: { name, namespace: LEASES }, spec: { holderIdentity: name, renewTime: formatMicroTime(api.clock.now()) } });
  await quiet();
}

async function renew({ client, api }: TestCluster, name: string): Promise<void> {
  await client.patch(Lease, name, { type: 'merge', body: { spec: { renewTime: formatMicroTime(api.clock.now()) } } }, { namespace: LEASES });
}

async function start(): Promise<TestCluster> {
  const cluster = await startControlled([nodeIpamController(), nodeLifecycleController(), taintEvictionController(), podGarbageCollector()]);
  await cluster.client.create(Namespace, { metadata: { name: LEASES } }).catch((error: unknown) => {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  });
  return cluster;
}

const ready = async ({ client }: TestCluster, name: string) => (await client.get(Node, name)).status.conditions!.find((one) => one.type === 'Ready')!;
const taints = async ({ client }: TestCluster, name: string) => ((await client.get(Node, name)).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);

async function run({ client, quiet }: TestCluster, name: string, nodeName: string): Promise<void> {
  await client.create(Pod, { metadata: { name, namespace: 'shop' }, spec: { nodeName, containers: [{ name: 'main', image: 'x' }] } });
  await quiet();
}

test('nodes are given ranges of their own, lowest first', async () => {
  await using cluster = await start();
  await join(cluster, 'a');
  await join(cluster, 'b');
  const ranges = (await cluster.client.list(Node)).items.map(({ spec }) => [spec.podCIDR, spec.podCIDRs]);
  expect(ranges).toEqual([['10.244.0.0/24', ['10.244.0.0/24']], ['10.244.1.0/24', ['10.244.1.0/24']]]);
});

test('a node that renews its lease stays ready; a silent one becomes unknown, is tainted, and loses its pods in time', async () => {
  await using cluster = await start();
  await join(cluster, 'alive');
  await join(cluster, 'dead');
  await run(cluster, 'on-dead', 'dead');
  await cluster.runPods();
  for (let round = 0; round < 2; round++) {
    await cluster.pass(30);
    await renew(cluster, 'alive');
  }
  expect((await ready(cluster, 'alive')).status).toBe('True');
  expect(await ready(cluster, 'dead')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' });
  expect(await taints(cluster, 'alive')).toEqual([]);
  expect(await taints(cluster, 'dead')).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
  const pod = () => cluster.client.get(Pod, 'on-dead', { namespace: 'shop' });
  expect((await pod()).status.conditions!.find((one) => one.type === 'Ready')!.status).toBe('False');
  expect((await pod()).metadata.deletionTimestamp).toBeUndefined();
  const reasons = (await cluster.client.list(Event)).items.map((one) => `${one.involvedObject.name} ${one.reason}: ${one.message}`);
  expect(reasons).toContain('dead NodeNotReady: Node dead status is now: NodeNotReady');

  for (let round = 0; round < 8; round++) {
    await cluster.pass(40);
    await renew(cluster, 'alive');
  }
  const told = await pod();
  expect(told.metadata.deletionTimestamp).toBeDefined();
  expect(told.status.conditions!.find((one) => one.type === 'DisruptionTarget')).toMatchObject({ reason: 'DeletionByTaintManager' });
});

test('pods of a node that is gone are ended and removed', async () => {
  await using cluster = await start();
  await join(cluster, 'a');
  await run(cluster, 'left', 'a');
  await cluster.client.delete(Node, 'a');
  await cluster.pass(50);
  expect((await cluster.client.list(Pod)).items).toHaveLength(1);
  await cluster.pass(30);
  expect((await cluster.client.list(Pod)).items).toEqual([]);
});
