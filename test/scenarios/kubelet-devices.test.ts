/** A device plugin, its devices in containers of a real containerd, and who is told of them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createInformers, type Client } from '../../src/client/index.ts';
import { podResourceClaimController, resourceClaimController } from '../../src/controllers/resource-claim/resource-claim.ts';
import { Node } from '../../src/kinds/core/node.ts';
import type { Pod } from '../../src/kinds/core/pod.ts';
import { DeviceClass } from '../../src/kinds/resource/device-class.ts';
import { ResourceClaim } from '../../src/kinds/resource/resource-claim.ts';
import { ResourceClaimTemplate } from '../../src/kinds/resource/resource-claim-template.ts';
import { ResourceSlice } from '../../src/kinds/resource/resource-slice.ts';
import { PodResourcesLister } from '../../src/kubelet/devices/pod-resources.ts';
import { startTestPlugin, type TestPlugin } from '../../src/kubelet/devices/testing/plugin.ts';
import { startTestDriver } from '../../src/kubelet/dra/testing/driver.ts';
import { connectGrpc } from '../../src/kubelet/grpc/connection.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
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

/** The rest of a cluster, as far as claims concern it. */
async function startClaims(client: Client): Promise<AsyncDisposable> {
  const around = { client, clock: systemClock, random: systemRandom, log: silent };
  const informers = createInformers(client, around);
  const controllers = [podResourceClaimController, resourceClaimController].map((controller) => controller.start({ ...around, informers }));
  const scheduler = await startScheduler({ ...around, informers });
  return {
    async [Symbol.asyncDispose]() {
      await scheduler[Symbol.asyncDispose]();
      for (const controller of controllers) await controller[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
    },
  };
}

test('a pod gets the device that its claim\'s expression means: its driver prepares it, tells how it is, and has it back in the end', async () => {
  const name = 'gpu.example.com';
  const inDefault = { namespace: 'default' };
  const { client } = node;
  await client.delete(ResourceClaimTemplate, 'fast', inDefault).catch(() => {});
  await client.delete(DeviceClass, 'gpu').catch(() => {});
  await client.delete(ResourceSlice, `${NODE}-gpu`).catch(() => {});
  await using driver = await startTestDriver({ rootDir: node.layout.kubelet, name, health: true, prepare: () => ['example.com/gpu=fast'] });
  await eventually('it is registered', async () => driver.told.includes(''), 60);
  driver.report('HEALTHY');
  await using _ = await startClaims(client);
  const devices = [{ name: 'slow', attributes: { cores: { int: 8 } } }, { name: 'fast', attributes: { cores: { int: 80 } } }];
  await client.create(ResourceSlice, { metadata: { name: `${NODE}-gpu` }, spec: { driver: name, nodeName: NODE, pool: { name: NODE, generation: 1, resourceSliceCount: 1 }, devices } });
  await client.create(DeviceClass, { metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression: `device.driver == "${name}"` } }] } });
  const exactly = { deviceClassName: 'gpu', selectors: [{ cel: { expression: `device.attributes["${name}"].cores >= 64` } }] };
  await client.create(ResourceClaimTemplate, { metadata: { name: 'fast', ...inDefault }, spec: { spec: { devices: { requests: [{ name: 'r', exactly }] } } } });
  await node.run('gpu', {
    nodeName: '', tolerations: [{ operator: 'Exists' }], resourceClaims: [{ name: 'mine', resourceClaimTemplateName: 'fast' }],
    containers: [shell('a', 'sleep 600', { resources: { claims: [{ name: 'mine', request: 'r' }] } })],
  });
  const pod = await node.until('gpu', ({ status: { phase } }) => phase === 'Running');
  const claim = pod.status.resourceClaimStatuses![0]!.resourceClaimName!;
  const { status } = await client.get(ResourceClaim, claim, inDefault);
  expect(status.allocation!.devices.results).toEqual([{ request: 'r', driver: name, pool: NODE, device: 'fast' }]);
  expect(status.reservedFor).toEqual([{ resource: 'pods', name: 'gpu', uid: pod.metadata.uid }]);
  expect(driver.calls).toEqual([`prepare ${claim}`]);
  using connection = connectGrpc(join(node.layout.kubelet, 'pod-resources', 'kubelet.sock'), { clock: systemClock });
  const { podResources } = await connection.service('v1', { PodResourcesLister }).call('Get', { podName: 'gpu', podNamespace: 'default' });
  expect(podResources!.containers[0]!.dynamicResources).toMatchObject([{ claimName: claim, claimNamespace: 'default', claimResources: [{ driverName: name, CDIDevices: [{ name: 'example.com/gpu=fast' }] }] }]);
  const health = async () => (await node.until('gpu', () => true)).status.containerStatuses?.[0]?.allocatedResourcesStatus;
  const said = (state: object) => [{ name: 'claim:mine/r', resources: [{ resourceID: 'example.com/gpu=fast', ...state }] }];
  driver.report('UNHEALTHY', 'too hot');
  await expect.poll(health, { timeout: 60_000 }).toEqual(said({ health: 'Unhealthy', message: 'too hot' }));

  await node.remove('gpu');
  expect(driver.calls).toEqual([`prepare ${claim}`, `unprepare ${claim}`]);
  await eventually('the claim is gone', () => client.get(ResourceClaim, claim, inDefault).then(() => false, () => true), 60);
  await driver.crash();
  await eventually('nothing is offered', () => client.get(ResourceSlice, `${NODE}-gpu`).then(() => false, () => true), 120);
});
