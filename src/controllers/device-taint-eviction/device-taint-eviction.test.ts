import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import { startControlled } from '../testing/start.ts';
import { deviceTaintEvictionController } from './device-taint-eviction.ts';

const at = { namespace: 'shop' };
const DEVICE = { driver: 'gpu.example.com', pool: 'p', device: 'd' };

/** A pod on a node whose claim has a device, with these tolerations. */
async function start(tolerations: readonly object[] = []) {
  const cluster = await startControlled([deviceTaintEvictionController()]);
  const { client } = cluster;
  const slice = await client.create(ResourceSlice, { metadata: { name: 's' }, spec: { driver: DEVICE.driver, allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'd' }, { name: 'other' }] } });
  const { metadata: { uid } } = await client.create(Pod, { metadata: { name: 'web', namespace: 'shop', finalizers: ['example.com/keep'] }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'x' }] } });
  const claim = await client.create(ResourceClaim, { metadata: { name: 'c', namespace: 'shop' }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } } });
  await client.updateStatus(ResourceClaim, { ...claim, status: { allocation: { devices: { results: [{ request: 'r', ...DEVICE, tolerations }] } }, reservedFor: [{ resource: 'pods', name: 'web', uid }] } });
  await cluster.quiet();
  return {
    ...cluster,
    async taint(device: string, effect: string) {
      const now = await client.get(ResourceSlice, slice.metadata.name);
      await client.update(ResourceSlice, { ...now, spec: { ...now.spec, devices: now.spec.devices!.map((one) => (one.name === device ? { ...one, taints: [{ key: 'broken', effect }] } : one)) } });
      await cluster.quiet();
    },
    pod: () => client.get(Pod, 'web', at),
  };
}

test('a pod goes when its device is not to be used any more, and is told why', async () => {
  await using cluster = await start();
  await cluster.taint('other', 'NoExecute');
  await cluster.taint('d', 'NoSchedule');
  expect((await cluster.pod()).metadata.deletionTimestamp).toBeUndefined();
  await cluster.taint('d', 'NoExecute');
  const { metadata, status } = await cluster.pod();
  expect(metadata.deletionTimestamp).toBeDefined();
  expect(status.conditions).toMatchObject([{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint' }]);
  const event = await cluster.find(async () => (await cluster.client.list(Event, at)).items.find(({ reason }) => reason === 'DeviceTaintManagerEviction'));
  expect(event.message).toBe('Marking for deletion');
});

test('a claim puts up with it as long as it says', async () => {
  await using cluster = await start([{ key: 'broken', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }]);
  await cluster.taint('d', 'NoExecute');
  await cluster.pass(50);
  expect((await cluster.pod()).metadata.deletionTimestamp).toBeUndefined();
  await cluster.pass(15);
  expect((await cluster.pod()).metadata.deletionTimestamp).toBeDefined();
});
