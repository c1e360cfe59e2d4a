import { expect, test } from 'vitest';
import { nodeStatus } from './node-status.ts';
import type { NodeStatusInput } from './node-status.ts';

const GIB = 1024 ** 3;
const NOW = Date.UTC(2026, 0, 1);
const input = (more: Partial<NodeStatusInput> = {}): NodeStatusInput => ({
  machine: {
    cpus: 4, memoryBytes: 8 * GIB, swapBytes: GIB, storageBytes: 100 * GIB, hugepages: { '2Mi': '0' }, machineId: 'm', systemUuid: 's', bootId: 'b', kernelVersion: '6.1', osImage: 'Debian', architecture: 'amd64',
  },
  nodeIp: '192.0.2.1', hostname: 'n', maxPods: 110, reserved: {}, port: 10250, version: 'v1.36.0', runtimeVersion: 'containerd://1.6.20', images: [], trouble: [], before: undefined, now: NOW, ...more,
});

test('capacity is the machine\'s, allocatable what is left of it', () => {
  const { capacity, allocatable } = nodeStatus(input({ reserved: { cpuMillis: 500, memoryBytes: GIB } }));
  expect(capacity).toEqual({ cpu: '4', memory: '8388608Ki', 'ephemeral-storage': '104857600Ki', pods: '110', 'hugepages-2Mi': '0' });
  expect(allocatable).toMatchObject({ cpu: '3500m', memory: `${7 * 1024 * 1024 - 100 * 1024}Ki`, 'ephemeral-storage': String(Math.floor(90 * GIB)), pods: '110' });
});

test('volumes in use are told once they are known; none are news only where there were some', () => {
  const told = (volumesInUse: readonly string[] | undefined, before: readonly string[] = []) => nodeStatus(input({ volumesInUse, before: { volumesInUse: before } as never })).volumesInUse;
  expect([told(['a']), told(undefined, ['a']), told([]), told([], ['a'])]).toEqual([['a'], undefined, undefined, []]);
});

test('huge pages set aside are no memory to be had; disk is not counted where nobody looks at it', () => {
  const { capacity, allocatable } = nodeStatus(input({ machine: { ...input().machine, hugepages: { '2Mi': '2048Mi' } }, countsStorage: false }));
  expect(allocatable).toMatchObject({ memory: `${(8 - 2) * 1024 * 1024 - 100 * 1024}Ki`, 'hugepages-2Mi': '2048Mi' });
  expect([capacity?.['ephemeral-storage'], allocatable?.['ephemeral-storage']]).toEqual([undefined, undefined]);
});

test('as many images are listed as wished for', () => {
  const images = ['a', 'b', 'c'].map((id, index) => ({ id, size: index, repoTags: [`${id}:1`], repoDigests: [], uid: null, username: '', pinned: false }));
  expect([0, 1, -1].map((mostImages) => nodeStatus(input({ images, mostImages })).images?.map(({ names }) => names![0]))).toEqual([[], ['c:1'], ['c:1', 'b:1', 'a:1']]);
});

test('swap of the machine is told', () => {
  expect(nodeStatus(input()).nodeInfo?.swap).toEqual({ capacity: GIB });
});

test('resources that others advertise stay and may be had', () => {
  const { capacity, allocatable } = nodeStatus(input({ before: { capacity: { cpu: '99', 'example.com/dongle': '4', 'gone.kubernetes.io/x': '1' } } as never }));
  expect([capacity?.['example.com/dongle'], allocatable?.['example.com/dongle'], capacity?.cpu, capacity?.['gone.kubernetes.io/x']]).toEqual(['4', '4', '4', undefined]);
});

test('a node with troubles is not ready and names them; times move with the status alone', () => {
  const old = '2025-01-01T00:00:00Z';
  const before = { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: old }, { type: 'DiskPressure', status: 'False', lastTransitionTime: old }] } as never;
  const { conditions } = nodeStatus(input({ trouble: ['one', 'two'], before }));
  expect(conditions!.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: '[one, two]', lastTransitionTime: '2026-01-01T00:00:00Z' });
  expect(conditions!.find(({ type }) => type === 'DiskPressure')).toMatchObject({ lastTransitionTime: old, lastHeartbeatTime: '2026-01-01T00:00:00Z' });
});

test('the largest images are listed by all their names', () => {
  const image = (id: string, size: number) => ({ id, size, repoTags: [`${id}:1`], repoDigests: [`${id}@sha256:0`], uid: null, username: '', pinned: false });
  expect(nodeStatus(input({ images: [image('small', 1), image('large', 2)] })).images).toEqual([
    { names: ['large@sha256:0', 'large:1'], sizeBytes: 2 }, { names: ['small@sha256:0', 'small:1'], sizeBytes: 1 },
  ]);
});
