import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { connectGrpc } from '../grpc/connection.ts';
import { podOf } from '../testing/pods.ts';
import { dedicated } from './dedicated.ts';
import { startDeviceManager } from './device-manager.ts';
import type { DeviceManager } from './device-manager.ts';
import { servePodResources, PodResourcesLister } from './pod-resources.ts';
import { startTestPlugin } from './testing/plugin.ts';
import type { TestPluginOptions } from './testing/plugin.ts';

const RESOURCE = 'example.com/dongle';
const asking = (uid: string, ...counts: readonly number[]): Pod =>
  podOf({ containers: counts.map((count, index) => ({ name: `c${index}`, resources: { limits: { [RESOURCE]: String(count) } } })) }, { uid, name: uid });

async function setUp(options: Partial<TestPluginOptions> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-dev-'));
  const open = () => startDeviceManager({ dir, clock: systemClock, log: silent, onChange: () => {} });
  let manager: DeviceManager = await open();
  const plugin = await startTestPlugin({
    dir, clock: systemClock, resource: RESOURCE, devices: { a: 'Healthy', b: 'Healthy', c: 'Unhealthy' },
    grant: (ids) => ({ envs: { DONGLES: ids.join() }, devices: ids.map((id) => ({ containerPath: `/dev/${id}`, hostPath: '/dev/null', permissions: 'rw' })), mounts: [{ containerPath: '/lib/dongle', hostPath: '/opt', readOnly: true }] }),
    ...options,
  });
  const offers = () => manager.offers()[RESOURCE];
  const until = (capacity: number, allocatable: number) => expect.poll(offers, { timeout: 20_000 }).toEqual({ capacity, allocatable });
  return {
    dir, plugin, until,
    get manager() {
      return manager;
    },
    async restart() {
      await manager[Symbol.asyncDispose]();
      manager = await open();
    },
    async [Symbol.asyncDispose]() {
      await plugin[Symbol.asyncDispose]();
      await manager[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

test('a plugin registers, its devices are offered, and a container gets what comes with them', async () => {
  await using at = await setUp({ preStart: true });
  await at.plugin.register();
  await at.until(3, 2);
  const given = dedicated({ devices: at.manager });
  expect(await given.allocate(asking('p', 1, 1), () => true)).toBeUndefined();
  expect(given.of(asking('p', 1, 1), 'c0')).toEqual({
    envs: { DONGLES: 'a' }, annotations: {}, cdiDevices: [], devices: [{ containerPath: '/dev/a', hostPath: '/dev/null', permissions: 'rw' }],
    mounts: [{ containerPath: '/lib/dongle', hostPath: '/opt', readonly: true, propagation: 'PROPAGATION_PRIVATE' }],
  });
  await given.prepare('p', 'c1');
  expect(at.plugin.calls).toEqual(['Allocate a', 'Allocate b', 'PreStartContainer b']);
  expect(await given.allocate(asking('q', 1), () => true)).toEqual({
    reason: 'UnexpectedAdmissionError', message: `Allocate failed due to requested number of devices unavailable for ${RESOURCE}. Requested: 1, Available: 0, which is unexpected`,
  });
  expect(await given.allocate(asking('q', 1), (uid) => uid !== 'p')).toBeUndefined();
  await given.release('q');
  expect(await given.allocate(asking('q', 2), () => true)).toBeUndefined();
});

test('the plugin is asked which devices go well together', async () => {
  await using at = await setUp({ devices: { a: 'Healthy', b: 'Healthy', c: 'Healthy' }, prefer: (available, count) => available.toReversed().slice(0, count) });
  await at.plugin.register();
  await at.until(3, 3);
  await at.manager.allocate(asking('p', 2), asking('p', 2).spec.containers[0]!);
  expect(at.plugin.calls).toEqual(['Allocate c,b']);
});

test('devices near the container\'s other resources come first', async () => {
  await using at = await setUp({ devices: { a: 'Healthy', b: 'Healthy' }, numaNodes: { a: 0, b: 1 } });
  await at.plugin.register();
  await at.until(2, 2);
  await at.manager.allocate(asking('p', 1), asking('p', 1).spec.containers[0]!, [1]);
  expect(at.plugin.calls).toEqual(['Allocate b']);
});

test('two pods that come at once do not get the same device', async () => {
  await using at = await setUp();
  await at.plugin.register();
  await at.until(3, 2);
  const given = dedicated({ devices: at.manager });
  expect(await Promise.all(['p', 'q'].map((uid) => given.allocate(asking(uid, 1), () => true)))).toEqual([undefined, undefined]);
  expect(at.plugin.calls.toSorted()).toEqual(['Allocate a', 'Allocate b']);
});

test('an init container\'s devices serve the containers after it', async () => {
  await using at = await setUp();
  await at.plugin.register();
  await at.until(3, 2);
  const limits = { resources: { limits: { [RESOURCE]: '2' } } };
  const pod = podOf({ initContainers: [{ name: 'i', ...limits }], containers: [{ name: 'a', ...limits }] }, { uid: 'p' });
  expect(await dedicated({ devices: at.manager }).allocate(pod, () => true)).toBeUndefined();
  expect(at.plugin.calls).toEqual(['Allocate a,b', 'Allocate a,b']);
});

test('health changes, a plugin that goes and a kubelet that comes back show; what was given stays given', async () => {
  await using at = await setUp();
  await at.plugin.register();
  await at.until(3, 2);
  expect(await dedicated({ devices: at.manager }).allocate(asking('p', 1), () => true)).toBeUndefined();
  at.plugin.offer({ a: 'Healthy', b: 'Unhealthy', c: 'Unhealthy' });
  await at.until(3, 1);
  const health = () => dedicated({ devices: at.manager }).healthOf(asking('p', 1), 'c0');
  expect(health()).toEqual([{ name: RESOURCE, resources: [{ resourceID: 'a', health: 'Healthy' }] }]);
  at.plugin.offer({ a: 'Unhealthy', b: 'Unhealthy' });
  await at.until(2, 0);
  expect(health()[0]!.resources![0]).toMatchObject({ health: 'Unhealthy' });
  at.plugin.offer({ a: 'Healthy', b: 'Healthy' });
  await at.until(2, 2);
  await at.restart();
  await at.until(2, 0);
  expect(health()[0]!.resources![0]).toMatchObject({ health: 'Unknown' });
  expect(dedicated({ devices: at.manager }).of(asking('p', 1), 'c0').envs).toEqual({ DONGLES: 'a' });
  await at.plugin.register();
  await at.until(2, 2);
  expect(await dedicated({ devices: at.manager }).allocate(asking('q', 2), () => true)).toMatchObject({ reason: 'UnexpectedAdmissionError' });
  await at.plugin[Symbol.asyncDispose]();
  await at.until(2, 0);
});

test('another version of the API and names that are none are refused', async () => {
  await using at = await setUp({ version: 'v1alpha' });
  await expect(at.plugin.register()).rejects.toThrow('requested API version "v1alpha" is not supported by kubelet. Supported version is ["v1beta1"]');
  await using other = await setUp({ resource: 'dongle' });
  await expect(other.plugin.register()).rejects.toThrow('the ResourceName "dongle" is invalid');
});

test('monitoring agents are told whose the devices are', async () => {
  await using at = await setUp({ numaNodes: { a: 1 } });
  await at.plugin.register();
  await at.until(3, 2);
  const pod = asking('p', 1);
  await dedicated({ devices: at.manager }).allocate(pod, () => true);
  const socket = join(at.dir, 'pod-resources', 'kubelet.sock');
  await using _server = await servePodResources(socket, { activePods: () => [pod], devices: at.manager.inventory, cpusOf: () => [1, 2], allocatableCpus: () => [0, 1, 2] });
  using connection = connectGrpc(socket, { clock: systemClock });
  const { call } = connection.service('v1', { PodResourcesLister });
  const [mine] = (await call('List', {})).podResources;
  expect(mine).toMatchObject({ name: 'p', namespace: 'default', containers: [{ name: 'c0', cpuIds: [1, 2], devices: [{ resourceName: RESOURCE, deviceIds: ['a'], topology: { nodes: [{ ID: 1 }] } }] }] });
  expect((await call('Get', { podName: 'p', podNamespace: 'default' })).podResources).toEqual(mine);
  await expect(call('Get', { podName: 'x', podNamespace: 'default' })).rejects.toThrow('pod x in namespace default not found');
  expect(await call('GetAllocatableResources', {})).toMatchObject({ cpuIds: [0, 1, 2], devices: [{ deviceIds: ['a'] }, { deviceIds: ['b'] }, { deviceIds: ['c'] }] });
});
