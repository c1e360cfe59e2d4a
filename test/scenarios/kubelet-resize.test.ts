/** Resizing containers as they run, on a real containerd: what the API is told is what the kernel does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Node } from '../../src/kinds/core/node.ts';
import { Pod } from '../../src/kinds/core/pod.ts';
import { eventually } from './testing/cluster.ts';
import { shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
beforeAll(async () => {
  node = await startKubeletNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const MIB = 1024 ** 2;
const inDefault = { namespace: 'default' };
const sized = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const running = (pod: Pod) => pod.status.phase === 'Running';
const status = (pod: Pod) => pod.status.containerStatuses![0]!;
const condition = ({ status: { conditions = [] } }: Pod, type: string) => conditions.find((one) => one.type === type);
const settled = (pod: Pod) => !condition(pod, 'PodResizeInProgress') && !condition(pod, 'PodResizePending');
const resize = (name: string, resources: object) =>
  node.client.patch(Pod, name, { type: 'strategic', body: { spec: { containers: [{ name: 'a', resources }] } } }, { ...inDefault, subresource: 'resize' });

/** One file of the pod's cgroup, or of its container's, whichever version the kernel has. */
const kernel = async (pod: Pod, [controller, v1, v2]: readonly [string, string, string], inside = true) => {
  const parent = `${node.cgroupRoot}/kubepods/${pod.status.qosClass === 'Guaranteed' ? '' : 'burstable/'}pod${pod.metadata.uid}`;
  const path = inside ? `${parent}/${status(pod).containerID!.replace('containerd://', '')}` : parent;
  return (await readFile(join('/sys/fs/cgroup', controller, path, v1), 'utf8').catch(() => readFile(join('/sys/fs/cgroup', path, v2), 'utf8'))).trim();
};
const MEMORY = ['memory', 'memory.limit_in_bytes', 'memory.max'] as const;
const CPU = ['cpu', 'cpu.cfs_quota_us', 'cpu.max'] as const;

test('CPU and memory grow and shrink in the container and in its pod, and nothing restarts', async () => {
  await node.run('grow', { containers: [shell('a', 'sleep 600', { resources: sized('100m', '32Mi') })] });
  await node.until('grow', running);
  for (const [cpu, memory, quota] of [['400m', '96Mi', 40_000], ['200m', '48Mi', 20_000]] as const) {
    await resize('grow', sized(cpu, memory));
    const pod = await node.until('grow', (one) => settled(one) && status(one).resources?.limits?.cpu === cpu);
    expect(status(pod)).toMatchObject({ resources: sized(cpu, memory), allocatedResources: { cpu, memory }, restartCount: 0 });
    const bytes = String(Number.parseInt(memory) * MIB);
    expect([await kernel(pod, MEMORY), await kernel(pod, MEMORY, false)]).toEqual([bytes, bytes]);
    for (const inside of [true, false]) expect((await kernel(pod, CPU, inside)).split(' ')[0]).toBe(String(quota));
  }
  const events = await node.events('grow');
  expect(events.filter((event) => event.startsWith('ResizeCompleted: Pod resize completed: {'))).toHaveLength(2);
  expect(events.some((event) => event.startsWith('Killing'))).toBe(false);
});

test('a container is restarted for memory where its policy says so', async () => {
  await node.run('restart', { containers: [shell('a', 'sleep 600', { resources: sized('100m', '32Mi'), resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] })] });
  await node.until('restart', running);
  await resize('restart', sized('100m', '64Mi'));
  const pod = await node.until('restart', (one) => settled(one) && status(one).restartCount === 1 && status(one).state.running);
  expect([await kernel(pod, MEMORY), await kernel(pod, MEMORY, false)]).toEqual([String(64 * MIB), String(64 * MIB)]);
  expect(status(pod).resources).toEqual(sized('100m', '64Mi'));
});

test('memory in use is not taken away: the resize waits, says why, and goes on once there is less', async () => {
  const script = 'head -c 40000000 /dev/zero > /fill/a; until [ -e /fill/go ]; do sleep 0.2; done; rm /fill/a; sleep 600';
  await node.run('full', {
    containers: [shell('a', script, { resources: sized('100m', '96Mi'), volumeMounts: [{ name: 'fill', mountPath: '/fill' }] })],
    volumes: [{ name: 'fill', emptyDir: { medium: 'Memory' } }],
  });
  const before = await node.until('full', running);
  await eventually('it is full', async () => Number(await kernel(before, ['memory', 'memory.usage_in_bytes', 'memory.current'])) > 40_000_000);
  await resize('full', sized('100m', '32Mi'));
  const waits = await node.until('full', (one) => condition(one, 'PodResizeInProgress')?.reason === 'Error');
  expect(condition(waits, 'PodResizeInProgress')!.message).toMatch(/^cannot decrease memory limits: \[attempting to set pod memory limit \(33554432\) below current usage \(\d+\), attempting to set container "a" memory limit \(33554432\) below current usage \(\d+\)\]$/);
  expect(status(waits)).toMatchObject({ resources: sized('100m', '96Mi'), allocatedResources: { memory: '32Mi' } });
  await node.cri.execSync(status(waits).containerID!.replace('containerd://', ''), { cmd: ['touch', '/fill/go'], timeoutSeconds: 10 });
  const pod = await node.until('full', (one) => settled(one) && status(one).resources?.limits?.memory === '32Mi');
  expect([await kernel(pod, MEMORY), status(pod).restartCount]).toEqual([String(32 * MIB), 0]);
});

test('a resize that was put off is granted when another pod has gone, whether or not the kubelet was away', async () => {
  const cpus = Number((await node.client.get(Node, 'node-1')).status.capacity!.cpu);
  for (const name of ['grow', 'restart', 'full']) await node.remove(name);
  await node.run('other', { containers: [shell('a', 'sleep 600', { resources: { requests: { cpu: '500m' } } })] });
  await node.run('late', { containers: [shell('a', 'sleep 600', { resources: { requests: { cpu: '100m' } } })] });
  await node.until('other', running);
  await node.until('late', running);
  await resize('late', { requests: { cpu: String(cpus) } });
  const put = await node.until('late', (one) => condition(one, 'PodResizePending'));
  expect(condition(put, 'PodResizePending')).toMatchObject({ reason: 'Deferred', message: `Node didn't have enough resource: cpu, requested: ${cpus * 1000}, used: 500, capacity: ${cpus * 1000}` });
  await node.restart();
  expect(status(await node.until('late', (one) => condition(one, 'PodResizePending'))).resources).toEqual({ requests: { cpu: '100m' } });
  await node.remove('other');
  const pod = await node.until('late', (one) => settled(one) && status(one).resources?.requests?.cpu === String(cpus));
  expect(Number(await kernel(pod, ['cpu', 'cpu.shares', 'cpu.weight']))).toBeGreaterThan(cpus * 30);
});
