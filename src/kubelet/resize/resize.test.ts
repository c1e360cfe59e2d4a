import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { CriError } from '../cri/cri.ts';
import { IMAGE, startTestNode } from '../testing/node.ts';
import type { TestNode } from '../testing/node.ts';

const inDefault = { namespace: 'default' };
const sized = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const resize = (node: TestNode, name: string, resources: object) =>
  node.client.patch(Pod, name, { type: 'strategic', body: { spec: { containers: [{ name: 'a', resources }] } } }, { ...inDefault, subresource: 'resize' });
const condition = ({ status: { conditions = [] } }: Pod, type: string) => conditions.find((one) => one.type === type);
const status = (pod: Pod) => pod.status.containerStatuses![0]!;
const isRunning = (pod: Pod) => pod.status.phase === 'Running';
const updates = (node: TestNode) => node.cri.calls.filter((call) => call.startsWith('updateContainerResources')).map((call) => JSON.parse(call.slice('updateContainerResources a '.length)));

test('a container gets what it is resized to as it runs, memory first, and its status says so', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [{ name: 'a', image: IMAGE, resources: sized('100m', '64Mi') }] });
  expect(status(await node.untilPod('web', isRunning)).resources).toEqual(sized('100m', '64Mi'));
  await resize(node, 'web', sized('200m', '128Mi'));
  const pod = await node.untilPod('web', (one) => status(one).resources?.limits?.cpu === '200m' && !condition(one, 'PodResizeInProgress'));
  expect(updates(node)).toEqual([{ memoryLimitInBytes: 128 * 1024 * 1024 }, { cpuPeriod: 100_000, cpuQuota: 20_000, cpuShares: 204 }]);
  expect(status(pod)).toMatchObject({ resources: sized('200m', '128Mi'), allocatedResources: { cpu: '200m', memory: '128Mi' }, restartCount: 0 });
  const what = JSON.stringify({ containers: [{ name: 'a', resources: sortedSized('200m', '128Mi') }], generation: 2 });
  expect(await node.events('web')).toEqual(expect.arrayContaining([`ResizeStarted: Pod resize started: ${what}`, `ResizeCompleted: Pod resize completed: ${what}`]));
});

const sortedSized = (cpu: string, memory: string) => ({ limits: { cpu, memory }, requests: { cpu, memory } });

test('a container whose policy says so is started anew to have it', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [{ name: 'a', image: IMAGE, resources: sized('100m', '64Mi'), resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }, { resourceName: 'cpu', restartPolicy: 'NotRequired' }] }] });
  await node.untilPod('web', isRunning);
  await resize(node, 'web', sized('200m', '128Mi'));
  const pod = await node.untilPod('web', (one) => status(one).restartCount === 1 && status(one).state.running && !condition(one, 'PodResizeInProgress'));
  expect(status(pod).resources).toEqual(sized('200m', '128Mi'));
  expect(updates(node)).toEqual([]);
  expect(await node.events('web')).toContain('Killing: Container a resize requires restart');
});

test('what the node can never give is infeasible, what it has given others is deferred until they are gone', async () => {
  await using node = await startTestNode();
  const cpus = Number((await node.client.get(Node, 'node-1')).status.capacity!.cpu);
  await node.run('web', { containers: [{ name: 'a', image: IMAGE, resources: { requests: { cpu: '100m' } } }] });
  await node.run('other', { containers: [{ name: 'a', image: IMAGE, resources: { requests: { cpu: '500m' } } }] });
  await node.untilPod('web', isRunning);
  await node.untilPod('other', isRunning);

  await resize(node, 'web', { requests: { cpu: `${cpus + 1}` } });
  const never = await node.untilPod('web', (one) => condition(one, 'PodResizePending'));
  expect(condition(never, 'PodResizePending')).toMatchObject({ status: 'True', reason: 'Infeasible', message: `Node didn't have enough capacity: cpu, requested: ${(cpus + 1) * 1000}, capacity: ${cpus * 1000}` });
  expect(status(never)).toMatchObject({ resources: { requests: { cpu: '100m' } }, allocatedResources: { cpu: '100m' } });

  await resize(node, 'web', { requests: { cpu: `${cpus}` } });
  const later = await node.untilPod('web', (one) => condition(one, 'PodResizePending')?.reason === 'Deferred');
  expect(condition(later, 'PodResizePending')!.message).toBe(`Node didn't have enough resource: cpu, requested: ${cpus * 1000}, used: 500, capacity: ${cpus * 1000}`);
  await node.restart();
  expect(condition((await node.pod('web'))!, 'PodResizePending')?.reason).toBe('Deferred');
  expect(updates(node)).toEqual([]);

  await node.client.delete(Pod, 'other', inDefault);
  const done = await node.untilPod('web', (one) => status(one).allocatedResources?.cpu === `${cpus}` && !condition(one, 'PodResizePending') && !condition(one, 'PodResizeInProgress'));
  expect(status(done).resources).toEqual({ requests: { cpu: `${cpus}` } });
});

test('a runtime that refuses leaves the resize in progress with its words, and it is tried again', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [{ name: 'a', image: IMAGE, resources: sized('100m', '64Mi') }] });
  await node.untilPod('web', isRunning);
  node.cri.failNext('updateContainerResources', new CriError('Unknown', 'busy'));
  await resize(node, 'web', sized('100m', '128Mi'));
  const failing = await node.untilPod('web', (one) => condition(one, 'PodResizeInProgress')?.reason === 'Error');
  expect(condition(failing, 'PodResizeInProgress')!.message).toBe('rpc error: code = Unknown desc = busy');
  expect(status(failing).resources).toEqual(sized('100m', '64Mi'));
  const done = await node.untilPod('web', (one) => !condition(one, 'PodResizeInProgress') && status(one).resources?.limits?.memory === '128Mi');
  expect(status(done).restartCount).toBe(0);
});

test('a kubelet that was away carries out what it had granted', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [{ name: 'a', image: IMAGE, resources: sized('100m', '64Mi') }] });
  await node.untilPod('web', isRunning);
  for (let i = 0; i < 5; i++) node.cri.failNext('updateContainerResources', new CriError('Unavailable', 'down'));
  await resize(node, 'web', sized('150m', '64Mi'));
  await node.untilPod('web', (one) => condition(one, 'PodResizeInProgress')?.reason === 'Error');
  await node.restart();
  const done = await node.untilPod('web', (one) => !condition(one, 'PodResizeInProgress') && status(one).resources?.limits?.cpu === '150m');
  expect(status(done)).toMatchObject({ resources: sized('150m', '64Mi'), restartCount: 0 });
});
