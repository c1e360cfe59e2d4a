/** A node that runs short: who has to go, and what is said, on a real containerd. */
import { totalmem } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Event } from '../../src/kinds/core/event.ts';
import { Node } from '../../src/kinds/core/node.ts';
import type { Pod } from '../../src/kinds/core/pod.ts';
import { eventually } from './testing/cluster.ts';
import { NODE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
const often = { evictionPeriod: 1000 };
beforeAll(async () => {
  node = await startKubeletNode();
  await node.restart(often);
});
afterAll(() => node?.[Symbol.asyncDispose]());

const MIB = 1024 ** 2;
const running = (pod: Pod) => pod.status.phase === 'Running';
const failed = (pod: Pod) => pod.status.phase === 'Failed';
const condition = async (type: string) => (await node.client.get(Node, NODE)).status.conditions!.find((one) => one.type === type)!;
const fill = (name: string, megabytes: number, more: object = {}) => shell(name, `head -c ${megabytes}000000 /dev/zero > /fill/a; sleep 600`, { volumeMounts: [{ name: 'fill', mountPath: '/fill' }], ...more });

test('a volume over its limit, and a container over its own, end their pods', async () => {
  await node.run('volume', { containers: [fill('a', 20)], volumes: [{ name: 'fill', emptyDir: { sizeLimit: '5Mi' } }] });
  await node.run('layer', { containers: [shell('a', 'head -c 20000000 /dev/zero > /a; sleep 600', { resources: { limits: { 'ephemeral-storage': '5Mi' } } })] });
  await node.run('small', { containers: [fill('a', 1)], volumes: [{ name: 'fill', emptyDir: { sizeLimit: '5Mi' } }] });
  const volume = await node.until('volume', failed);
  expect(volume.status).toMatchObject({ reason: 'Evicted', message: 'Usage of EmptyDir volume "fill" exceeds the limit "5Mi". ' });
  const layer = await node.until('layer', failed);
  expect(layer.status).toMatchObject({ reason: 'Evicted', message: 'Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ' });
  expect(await node.events('volume')).toContain('Evicted: Usage of EmptyDir volume "fill" exceeds the limit "5Mi". ');
  expect(running(await node.until('small', () => true))).toBe(true);
  await node.remove('small');
});

test('when pods have used up what memory is theirs, the one that uses more than it asked for goes', async () => {
  // Of the whole machine pods may have 400 MiB: others' use of it does not matter then.
  await node.restart({ ...often, reserved: { memoryBytes: totalmem() - 400 * MIB }, eviction: { hard: { 'memory.available': '100Mi' }, pressureTransitionPeriod: 3000 } });
  const inMemory = { volumes: [{ name: 'fill', emptyDir: { medium: 'Memory' } }] };
  const asks = { resources: { requests: { cpu: '10m', memory: '150Mi' }, limits: { cpu: '500m', memory: '150Mi' } } };
  await node.run('modest', { containers: [fill('a', 100, asks)], ...inMemory });
  await node.until('modest', running);
  await node.run('greedy', { containers: [fill('a', 230)], ...inMemory });
  const greedy = await node.until('greedy', failed);
  expect(greedy.status.reason).toBe('Evicted');
  expect(greedy.status.message).toMatch(/^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \S+\. Container a was using \S+, request is 0, has larger consumption of memory\. $/);
  expect(greedy.status.conditions!.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet', message: greedy.status.message });
  await eventually('pressure', async () => (await node.client.list(Event, { namespace: 'default' })).items.some(({ reason, involvedObject }) => reason === 'NodeHasInsufficientMemory' && involvedObject.name === NODE), 30);
  expect(running(await node.until('modest', () => true))).toBe(true);
  await eventually('no pressure', async () => (await condition('MemoryPressure')).status === 'False', 60);
  await node.remove('modest');
});

test('short of disk, every pod but critical ones goes, and no other comes until there is room', async () => {
  await node.run('usual', { containers: [shell('a', 'sleep 600')] });
  await node.run('critical', { priority: 2_000_001_000, priorityClassName: 'system-node-critical', containers: [shell('a', 'sleep 600')] });
  await node.until('usual', running);
  await node.until('critical', running);
  await node.restart({ ...often, eviction: { hard: { 'nodefs.available': '100%' } } });
  const usual = await node.until('usual', failed);
  expect(usual.status.reason).toBe('Evicted');
  expect(usual.status.message).toMatch(/^The node was low on resource: ephemeral-storage\. Threshold quantity: \S+, available: \S+\. /);
  await eventually('pressure', async () => (await condition('DiskPressure')).status === 'True', 30);
  expect(await condition('DiskPressure')).toMatchObject({ reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' });
  await node.run('late', { containers: [shell('a', 'sleep 600')] });
  expect((await node.until('late', failed)).status).toMatchObject({ reason: 'Evicted', message: 'Pod was rejected: The node had condition: [DiskPressure]. ' });
  expect(running(await node.until('critical', () => true))).toBe(true);
  await node.restart({ eviction: { hard: {} } });
  await eventually('room', async () => (await condition('DiskPressure')).status === 'False', 30);
});

test('a soft threshold ends pods too, though not at once, and gives them a little time', async () => {
  await node.run('patient', { terminationGracePeriodSeconds: 600, containers: [shell('a', "trap 'echo bye; exit 0' TERM; while true; do sleep 0.2; done")] });
  await node.until('patient', running);
  const soft = { 'nodefs.available': '100%' };
  await node.restart({ ...often, eviction: { hard: {}, soft, softGracePeriod: { 'nodefs.available': 4000 }, maxPodGracePeriodSeconds: 20, pressureTransitionPeriod: 1000 } });
  await eventually('pressure', async () => (await condition('DiskPressure')).status === 'True', 60);
  const patient = await node.until('patient', (pod) => failed(pod) && pod.status.containerStatuses![0]!.state.terminated);
  expect(patient.status).toMatchObject({ reason: 'Evicted', conditions: expect.arrayContaining([expect.objectContaining({ type: 'DisruptionTarget', reason: 'TerminationByKubelet' })]) });
  // It was asked to end, and did, well within the grace that it would have had.
  expect(patient.status.containerStatuses![0]!.state.terminated?.exitCode).toBe(0);
  await node.restart({ eviction: { hard: {} } });
  await eventually('room', async () => (await condition('DiskPressure')).status === 'False', 60);
});
