/** The tree of cgroups around pods, as the kernel has it, and what a container sees of it, on a real containerd. */
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Node } from '../../src/kinds/core/node.ts';
import { Pod } from '../../src/kinds/core/pod.ts';
import { weightOf } from '../../src/kubelet/cgroups/v2.ts';
import { eventually } from './testing/cluster.ts';
import { NODE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

const MIB = 1024 ** 2;
let node: KubeletNode;
let unified: boolean;
beforeAll(async () => {
  node = await startKubeletNode();
  await node.restart({ podPidsLimit: 40, reserved: { cpuMillis: 250, memoryBytes: 512 * MIB } });
  unified = await readFile('/sys/fs/cgroup/cgroup.controllers').then(() => true, () => false);
});
afterAll(() => node?.[Symbol.asyncDispose]());

const running = (pod: Pod) => pod.status.phase === 'Running';
const done = (pod: Pod) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
const read = async ([controller, v1, v2]: readonly [string, string, string], path: string) =>
  (await readFile(unified ? join('/sys/fs/cgroup', path, v2) : join('/sys/fs/cgroup', controller, path, v1), 'utf8')).trim();
const SHARES = ['cpu', 'cpu.shares', 'cpu.weight'] as const;
const MEMORY = ['memory', 'memory.limit_in_bytes', 'memory.max'] as const;
const shares = (number: number) => String(unified ? weightOf(number) : number);
const idOf = (pod: Pod) => pod.status.containerStatuses![0]!.containerID!.replace('containerd://', '');

test('pods together may have what is not reserved, and the node says so', async () => {
  const pods = `${node.cgroupRoot}/kubepods`;
  expect(await read(SHARES, pods)).toBe(shares(Math.floor(((cpus().length * 1000 - 250) * 1024) / 1000)));
  const limit = Number(await read(MEMORY, pods));
  expect(Math.abs(totalmem() - 512 * MIB - limit)).toBeLessThanOrEqual(4096);
  await eventually('allocatable', async () => (await node.client.get(Node, NODE)).status.allocatable?.cpu === `${cpus().length * 1000 - 250}m`, 30);
  const { capacity, allocatable } = (await node.client.get(Node, NODE)).status;
  expect(Number.parseInt(capacity!.memory!) - Number.parseInt(allocatable!.memory!)).toBe(512 * 1024);
});

test('classes weigh what their pods ask for, best-effort ones next to nothing', async () => {
  await node.run('burst', { containers: [shell('a', 'sleep 600', { resources: { requests: { cpu: '300m' } } })] });
  await node.run('best', { containers: [shell('a', 'sleep 600')] });
  await node.run('sure', { containers: [shell('a', 'sleep 600', { resources: { limits: { cpu: '200m', memory: '32Mi' } } })] });
  const [burst, best, sure] = [await node.until('burst', running), await node.until('best', running), await node.until('sure', running)];
  const root = `${node.cgroupRoot}/kubepods`;
  await eventually('the class weighs', async () => (await read(SHARES, `${root}/burstable`)) === shares(307), 30);
  expect(await read(SHARES, `${root}/besteffort`)).toBe(shares(2));
  expect(await read(SHARES, `${root}/burstable/pod${burst.metadata.uid}`)).toBe(shares(307));
  expect(await read(SHARES, `${root}/besteffort/pod${best.metadata.uid}`)).toBe(shares(2));
  expect(await read(SHARES, `${root}/pod${sure.metadata.uid}/${idOf(sure)}`)).toBe(shares(204));
  expect(await read(['pids', 'pids.max', 'pids.max'], `${root}/besteffort/pod${best.metadata.uid}`)).toBe('40');
});

test('a pod\'s own limits hold its containers together', async () => {
  await node.run('together', { resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '64Mi' } }, containers: [shell('a', 'sleep 600'), shell('b', 'sleep 600')] });
  const pod = await node.until('together', running);
  const path = `${node.cgroupRoot}/kubepods/burstable/pod${pod.metadata.uid}`;
  expect(await read(MEMORY, path)).toBe(String(64 * MIB));
  expect(pod.status).toMatchObject({ allocatedResources: { cpu: '100m', memory: '64Mi' }, resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '64Mi' } } });
  await node.client.patch(Pod, 'together', { type: 'strategic', body: { spec: { resources: { limits: { cpu: '500m', memory: '96Mi' } } } } }, { namespace: 'default', subresource: 'resize' });
  await node.until('together', ({ status }) => status.resources?.limits?.memory === '96Mi' && !status.conditions?.some(({ type }) => type === 'PodResizeInProgress'));
  expect(await read(MEMORY, path)).toBe(String(96 * MIB));
});

test('processes beyond the limit are refused in the pod alone', async () => {
  await node.run('forks', { restartPolicy: 'Never', containers: [shell('a', 'for i in $(seq 60); do sleep 30 & done 2>/dev/null; echo unreachable')] });
  await node.run('calm', { restartPolicy: 'Never', containers: [shell('a', 'sleep 0 & wait; echo fine')] });
  const forks = await node.until('forks', done);
  expect([forks.status.phase, (await node.logs('forks')).includes('unreachable')]).toEqual(['Failed', false]);
  expect((await node.until('calm', done)).status.phase).toBe('Succeeded');
});

test('a container sees its own part of the tree and no more', async () => {
  const script = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max; find /sys/fs/cgroup -name "kubepods*" | wc -l';
  await node.run('view', { restartPolicy: 'Never', containers: [shell('a', script, { resources: { limits: { memory: '48Mi' } } })] });
  await node.until('view', done);
  expect((await node.logs('view')).trim().split('\n').map((line) => line.trim())).toEqual([String(48 * MIB), '0']);
});
