/** A device plugin, its devices in containers of a real containerd, and who is told of them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Node } from '../../src/kinds/core/node.ts';
import type { Pod } from '../../src/kinds/core/pod.ts';
import { ResourceClaim } from '../../src/kinds/resource/resource-claim.ts';
import { ResourceSlice } from '../../src/kinds/resource/resource-slice.ts';
import { PodResourcesLister } from '../../src/kubelet/devices/pod-resources.ts';
import { startTestPlugin, type TestPlugin } from '../../src/kubelet/devices/testing/plugin.ts';
import { startTestDriver } from '../../src/kubelet/dra/testing/driver.ts';
import { connectGrpc } from '../../src/kubelet/grpc/connection.ts';
import { eventually } from './testing/cluster.ts';
import { NODE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

const RESOURCE = 'example.com/dongle';
let node: KubeletNode;
let plugin: TestPlugin;
beforeAll(async () => {
  node = await startKubeletNode();
  const drivers = join(node.dir, 'drivers');
  await mkdir(drivers);
  await writeFile(join(drivers, 'version'), 'dongle driver 7\n');
  plugin = await startTestPlugin({
    dir: join(node.layout.kubelet, 'device-plugins'), clock: systemClock, resource: RESOURCE, devices: { red: 'Healthy', green: 'Healthy', blue: 'Unhealthy' }, preStart: true,
    grant: (ids) => ({
      envs: { DONGLES: ids.join() }, mounts: [{ containerPath: '/opt/dongle', hostPath: drivers, readOnly: true }],
      devices: ids.map((id) => ({ containerPath: `/dev/dongle-${id}`, hostPath: '/dev/zero', permissions: 'rw' })),
    }),
  });
  await plugin.register();
});
afterAll(async () => {
  await plugin?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
});

const wants = (count: number) => ({ resources: { limits: { [RESOURCE]: String(count) } } });
const done = (pod: Pod) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
const offered = (capacity: string, allocatable: string) => eventually(`${allocatable} of ${capacity}`, async () => {
  const { status } = await node.client.get(Node, NODE);
  return status.capacity?.[RESOURCE] === capacity && status.allocatable?.[RESOURCE] === allocatable;
}, 30);

test('a container sees its device, what comes with it, and nobody else\'s', async () => {
  await offered('3', '2');
  await node.run('one', { restartPolicy: 'Never', containers: [shell('a', 'echo dongles $DONGLES; ls /dev | grep dongle; head -c 3 /dev/dongle-$DONGLES | od -An -tx1; cat /opt/dongle/version', wants(1))] });
  expect((await node.until('one', done)).status.phase).toBe('Succeeded');
  expect((await node.logs('one')).trim().split('\n').map((line) => line.trim())).toEqual(['dongles red', 'dongle-red', '00 00 00', 'dongle driver 7']);
  expect(plugin.calls).toEqual(['Allocate red', 'PreStartContainer red']);
  await node.remove('one');
});

test('what is taken is refused to others, told to monitoring agents, and stays with its container while the kubelet is away', async () => {
  await node.run('holder', { containers: [shell('a', 'sleep 600', wants(2))] });
  await node.until('holder', ({ status: { phase } }) => phase === 'Running');
  await node.run('late', { containers: [shell('a', 'sleep 600', wants(1))] });
  expect((await node.until('late', done)).status).toMatchObject({ reason: `OutOf${RESOURCE}` });

  using connection = connectGrpc(join(node.layout.kubelet, 'pod-resources', 'kubelet.sock'), { clock: systemClock });
  const { podResources } = await connection.service('v1', { PodResourcesLister }).call('List', {});
  expect(podResources.find(({ name }) => name === 'holder')!.containers[0]).toMatchObject({ name: 'a', devices: [{ resourceName: RESOURCE, deviceIds: ['red', 'green'] }] });

  const health = async () => (await node.until('holder', () => true)).status.containerStatuses![0]!.allocatedResourcesStatus?.[0]?.resources?.map((one) => one.health);
  await node.restart();
  await offered('3', '0');
  await eventually('nobody knows', async () => (await health())?.join() === 'Unknown,Unknown', 30);
  await plugin.register();
  await offered('3', '2');
  await eventually('both are well', async () => (await health())?.join() === 'Healthy,Healthy', 30);
  const pod = await node.until('holder', ({ status: { phase } }) => phase === 'Running');
  await node.cri.stopContainer(pod.status.containerStatuses![0]!.containerID!.replace('containerd://', ''), 0);
  await node.until('holder', ({ status: { containerStatuses = [] } }) => containerStatuses[0]!.restartCount === 1 && containerStatuses[0]!.state.running);
  expect(plugin.calls.filter((call) => call.startsWith('Allocate'))).toEqual(['Allocate red', 'Allocate red,green']);
  await node.remove('holder');
  plugin.offer({ red: 'Healthy', green: 'Unhealthy' });
  await offered('2', '1');
});

test('a driver of dynamic resources prepares what was allocated before the pod runs, and has it back when it has ended', async () => {
  const name = 'gpu.example.com';
  const inDefault = { namespace: 'default' };
  for (const resource of ['a', 'b']) await node.client.delete(ResourceClaim, resource, inDefault).catch(() => {});
  await using driver = await startTestDriver({ rootDir: node.layout.kubelet, name, prepare: (claim) => [`example.com/gpu=${claim}`] });
  await eventually('it is registered', async () => driver.told.includes(''), 60);
  const slice = { metadata: { name: `${NODE}-gpu` }, spec: { driver: name, nodeName: NODE, pool: { name: NODE, generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0' }] } };
  await node.client.delete(ResourceSlice, slice.metadata.name).catch(() => {});
  await node.client.create(ResourceSlice, slice);
  await node.client.create(ResourceClaim, { metadata: { name: 'a', ...inDefault }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: name } }] } } });
  await node.run('gpu', { resourceClaims: [{ name: 'mine', resourceClaimName: 'a' }], containers: [shell('a', 'sleep 600', { resources: { claims: [{ name: 'mine' }] } })] });
  await eventually('it waits', async () => (await node.events('gpu')).some((event) => event.startsWith('FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: pod gpu (')));
  expect(driver.calls).toEqual([]);
  // What the scheduler does: a device of the driver's for the claim, and the claim for the pod.
  const { metadata: { uid } } = await node.until('gpu', () => true);
  const allocation = { devices: { results: [{ request: 'r', driver: name, pool: NODE, device: 'gpu-0' }] } };
  await node.client.patch(ResourceClaim, 'a', { type: 'merge', body: { status: { allocation, reservedFor: [{ resource: 'pods', name: 'gpu', uid }] } } }, { ...inDefault, subresource: 'status' });
  await node.until('gpu', ({ status: { phase } }) => phase === 'Running');
  expect(driver.calls).toEqual(['prepare a']);
  using connection = connectGrpc(join(node.layout.kubelet, 'pod-resources', 'kubelet.sock'), { clock: systemClock });
  const { podResources } = await connection.service('v1', { PodResourcesLister }).call('Get', { podName: 'gpu', podNamespace: 'default' });
  expect(podResources!.containers[0]!.dynamicResources).toMatchObject([{ claimName: 'a', claimNamespace: 'default', claimResources: [{ driverName: name, CDIDevices: [{ name: 'example.com/gpu=a' }] }] }]);
  await node.remove('gpu');
  expect(driver.calls).toEqual(['prepare a', 'unprepare a']);
  await driver.crash();
  await eventually('nothing is offered', () => node.client.get(ResourceSlice, slice.metadata.name).then(() => false, () => true), 120);
});
