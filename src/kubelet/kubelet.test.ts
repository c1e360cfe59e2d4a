import { access, lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigMap } from '../kinds/core/config-map.ts';
import { Node } from '../kinds/core/node.ts';
import { Pod } from '../kinds/core/pod.ts';
import { Lease } from '../kinds/coordination/lease.ts';
import { CriError } from './cri/cri.ts';
import { IMAGE, startTestNode } from './testing/node.ts';

const inDefault = { namespace: 'default' };
const main = { name: 'a', image: IMAGE };
const status = (pod: Pod) => pod.status.containerStatuses?.[0];
const isReady = ({ status: { conditions = [] } }: { status: { conditions?: readonly { type: string; status: string }[] } }) => conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');

test('a bound pod becomes Running, and vanishes from the API once its containers have ended', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  const pod = await node.untilPod('web', isReady);
  expect(pod.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', containerStatuses: [{ name: 'a', restartCount: 0, ready: true }] });
  expect((await node.events('web')).toSorted()).toEqual(['Created: Container created', 'Pulled: Container image "knarr.local/busybox:1" already present on machine and can be accessed by the pod', 'Started: Container started']);

  await node.client.delete(Pod, 'web', inDefault);
  await node.until('gone', async () => !(await node.pod('web')));
  await node.until('forgotten', async () => (await node.cri.listPodSandboxes()).length === 0);
  expect(node.cri.calls).toContain('stopContainer a');
  await node.until('no files', () => access(join(node.rootDir, 'pods', pod.metadata.uid)).then(() => false, () => true));
});

test('the node is ready and keeps its lease', async () => {
  await using node = await startTestNode();
  const found = await node.until('Ready', async () => {
    const one = await node.client.get(Node, 'node-1');
    return isReady(one) ? one : undefined;
  });
  expect(found.status.addresses).toEqual([{ type: 'InternalIP', address: '192.0.2.1' }, { type: 'Hostname', address: 'node-1' }]);
  const renewed = async () => (await node.client.get(Lease, 'node-1', { namespace: 'kube-node-lease' })).spec.renewTime;
  const before = await renewed();
  await node.until('a renewal', async () => (await renewed()) !== before);
});

test('a node whose network is not ready says why', async () => {
  await using node = await startTestNode();
  node.cri.conditions = [{ type: 'RuntimeReady', status: true, reason: '', message: '' }, { type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message: 'cni plugin not initialized' }];
  const condition = await node.until('NotReady', async () => (await node.client.get(Node, 'node-1')).status.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'False'));
  expect(condition).toMatchObject({ reason: 'KubeletNotReady', message: 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized' });
});

test('a container that crashes is started at once, then after ten seconds, then after twenty', async () => {
  await using node = await startTestNode();
  await node.run('crash', { containers: [main] });
  const starts: number[] = [];
  for (let round = 0; round < 4; round++) {
    await node.untilPod('crash', (pod) => status(pod)?.state.running && status(pod)!.restartCount === round);
    starts.push(node.clock.now());
    node.cri.exit(node.cri.find('a')!.id, 1);
    if (round > 0) {
      const waits = await node.untilPod('crash', (pod) => status(pod)?.state.waiting);
      expect(status(waits)!.state.waiting).toMatchObject({ reason: 'CrashLoopBackOff', message: `back-off ${10 * 2 ** (round - 1)}s restarting failed container=a pod=crash_default(${waits.metadata.uid})` });
    }
  }
  const gaps = starts.slice(1).map((at, index) => Math.round((at - starts[index]!) / 1000));
  expect(gaps[0]).toBeLessThan(5);
  expect(gaps[1]).toBeGreaterThanOrEqual(10);
  expect(gaps[2]).toBeGreaterThanOrEqual(20);
});

test('a pod that ends well is Succeeded, its sandbox stopped, its container kept for its log', async () => {
  await using node = await startTestNode();
  await node.run('job', { restartPolicy: 'Never', containers: [main] });
  await node.untilPod('job', isReady);
  node.cri.exit(node.cri.find('a')!.id, 0);
  const pod = await node.untilPod('job', ({ status: { phase } }) => phase === 'Succeeded');
  expect(status(pod)!.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  await node.until('stopped', async () => (await node.cri.listPodSandboxes())[0]?.state === 'SANDBOX_NOTREADY');
  expect(node.cri.find('a')).toBeDefined();
});

test('a restarted kubelet takes containers over as they are', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  await node.untilPod('web', isReady);
  const before = node.cri.calls.length;
  await node.restart();
  await node.clock.advance(5000);
  expect(node.cri.calls.slice(before)).toEqual([]);
  expect((await node.pod('web'))!.status.containerStatuses![0]!.restartCount).toBe(0);
});

test('what was deleted while the kubelet was away is ended', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  await node.untilPod('web', isReady);
  node.cri.failNext('listPodSandboxes', new CriError('Unavailable', 'down'));
  await node.client.delete(Pod, 'web', { ...inDefault, gracePeriodSeconds: 0 });
  await node.restart();
  await node.until('gone', async () => (await node.cri.listPodSandboxes()).length === 0);
});

test('a sandbox that could not be made is tried again, and the pod says so', async () => {
  await using node = await startTestNode();
  node.cri.failNext('runPodSandbox', new CriError('Unknown', 'no network'));
  await node.run('web', { containers: [main] });
  await node.untilPod('web', isReady);
  expect(await node.events('web')).toContain('FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = no network');
});

test('a volume\'s missing ConfigMap holds the pod up until it is there', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [{ ...main, volumeMounts: [{ name: 'c', mountPath: '/c' }] }], volumes: [{ name: 'c', configMap: { name: 'late' } }] });
  await node.until('the event', async () => (await node.events('web')).includes('FailedMount: MountVolume.SetUp failed for volume "c" : configmap "late" not found'));
  expect(status((await node.pod('web'))!)!.state.waiting).toEqual({ reason: 'ContainerCreating' });
  await node.client.create(ConfigMap, { metadata: { name: 'late', ...inDefault }, data: { a: '1' } });
  await node.untilPod('web', isReady);
});

test('configuration that refers to nothing, images that are not there, runtimes that refuse', async () => {
  await using node = await startTestNode({ pull: () => 'no such image' });
  const waits = async (name: string, container: object, reason: string) => status(await node.run(name, { containers: [{ ...main, ...container }] }).then(() => node.untilPod(name, (pod) => status(pod)?.state.waiting?.reason === reason)))!.state.waiting!.message;
  expect(await waits('env', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'no', key: 'k' } } }] }, 'CreateContainerConfigError')).toBe('secret "no" not found');
  expect(await waits('image', { image: 'absent:1' }, 'ErrImagePull')).toBe('rpc error: code = NotFound desc = no such image');
  node.cri.failNext('createContainer', new CriError('Unknown', 'no room'));
  expect(await waits('create', {}, 'CreateContainerError')).toBe('no room');
  await node.untilPod('create', isReady);
  node.cri.failNext('startContainer', new CriError('Unknown', 'no such program'));
  expect(await waits('start', {}, 'RunContainerError')).toBe('no such program');
});

test('a pod that does not fit is refused without touching the runtime', async () => {
  await using node = await startTestNode();
  await node.run('big', { containers: [{ ...main, resources: { requests: { cpu: '100000' } } }] });
  const pod = await node.untilPod('big', ({ status: { phase } }) => phase === 'Failed');
  expect(pod.status.reason).toBe('OutOfcpu');
  expect(node.cri.calls).toEqual([]);
  await node.client.delete(Pod, 'big', inDefault);
  await node.until('gone', async () => !(await node.pod('big')));
});

test('what a pod had that was deleted by force is free, though its sandbox is still being stopped', async () => {
  await using node = await startTestNode();
  const { status: { allocatable } } = await node.client.get(Node, 'node-1');
  const whole = { containers: [{ ...main, resources: { requests: { cpu: allocatable!.cpu! } } }] };
  await node.run('first', whole);
  await node.untilPod('first', isReady);
  for (let i = 0; i < 20; i++) node.cri.failNext('stopPodSandbox', new CriError('Unknown', 'busy'));
  await node.client.delete(Pod, 'first', { ...inDefault, gracePeriodSeconds: 0 });

  await node.run('second', whole);
  const second = await node.untilPod('second', (pod) => isReady(pod) || pod.status.phase === 'Failed');
  expect(second.status.reason).toBeUndefined();
});

test('a pod whose time is up fails, and says so when nothing of it runs any more', async () => {
  await using node = await startTestNode();
  await node.run('slow', { activeDeadlineSeconds: 5, containers: [main] });
  await node.untilPod('slow', isReady);
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  node.onCall = (call, when) => (call === 'stopContainer' && when === 'before' ? stopped : undefined);
  const ending = await node.untilPod('slow', ({ status: { conditions = [] } }) => conditions.some(({ type, status: is }) => type === 'Ready' && is === 'False'));
  expect(ending.status).toMatchObject({ phase: 'Running', containerStatuses: [{ state: { running: {} } }] });
  expect(ending.status.reason).toBeUndefined();
  expect(ending.status.conditions!.find(({ type }) => type === 'Ready')).toMatchObject({ reason: 'PodFailed' });
  stop();
  const pod = await node.untilPod('slow', ({ status: { phase } }) => phase === 'Failed');
  expect(pod.status).toMatchObject({ reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
});

test('conditions that others set survive', async () => {
  await using node = await startTestNode();
  await node.run('gated', { readinessGates: [{ conditionType: 'example.com/lb' }], containers: [main] });
  await node.untilPod('gated', ({ status: { phase } }) => phase === 'Running');
  await node.client.patch(Pod, 'gated', { type: 'strategic', body: { status: { conditions: [{ type: 'example.com/lb', status: 'True' }] } } }, { ...inDefault, subresource: 'status' });
  const pod = await node.untilPod('gated', isReady);
  expect(pod.status.conditions!.map(({ type }) => type)).toContain('example.com/lb');
});

test('nothing of a pod starts before the network knows what its address may do', async () => {
  const known: string[] = [];
  let open = (): void => {};
  const connected = (pod: Pod, addresses: readonly string[]) => new Promise<void>((resolve) => {
    known.push(`${pod.metadata.name} ${addresses.join()}`);
    open = resolve;
  });
  await using node = await startTestNode({}, { connected });
  await node.run('guarded', { containers: [main] });
  await node.until('asked', () => known.length > 0);
  await node.clock.advance(5_000);
  expect(node.cri.find('a')).toBeUndefined();
  open();
  await node.untilPod('guarded', isReady);
  expect(known).toEqual(['guarded 10.244.0.2']);
});

test('links to logs stand while there are logs, and go with their pod', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  const pod = await node.untilPod('web', isReady);
  const id = node.cri.find('a')!.id;
  const link = join(node.rootDir, 'logs', 'containers', `web_default_a-${id}.log`);
  // A runtime writes it; this one only pretends.
  await writeFile(join(node.rootDir, 'logs', 'pods', `default_web_${pod.metadata.uid}`, 'a', '0.log'), '');
  const linked = () => lstat(link).then(() => true, () => false);
  await node.until('a link', linked);
  await node.clock.advance(130_000); // housekeeping has been here
  await node.until('it stands', linked);

  await node.client.delete(Pod, 'web', inDefault);
  await node.until('no link', async () => !(await linked()));
});

test('what resists its end is told, and tried again', async () => {
  await using node = await startTestNode();
  await node.run('web', { containers: [main] });
  const { metadata: { uid } } = await node.untilPod('web', isReady);
  node.cri.failNext('stopContainer', new CriError('DeadlineExceeded', 'context deadline exceeded'));
  node.cri.failNext('stopPodSandbox', new CriError('Unknown', 'failed to destroy network for sandbox "x"'));
  await node.client.delete(Pod, 'web', inDefault);
  await node.until('gone', async () => !(await node.pod('web')));
  await node.until('told', async () => (await node.events('web')).includes(
    `FailedKillPod: error killing pod: [failed to "KillContainer" for "a" with KillContainerError: "rpc error: code = DeadlineExceeded desc = context deadline exceeded", ` +
    `failed to "KillPodSandbox" for "${uid}" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to destroy network for sandbox \\"x\\""]`,
  ));
});
