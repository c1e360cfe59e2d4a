/** How pods begin, fail, wait, restart and end, on a real containerd. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Node } from '../../src/kinds/core/node.ts';
import { Pod } from '../../src/kinds/core/pod.ts';
import { Lease } from '../../src/kinds/coordination/lease.ts';
import { eventually } from './testing/cluster.ts';
import { IMAGE, NODE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
beforeAll(async () => {
  node = await startKubeletNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const inDefault = { namespace: 'default' };
type Read = Awaited<ReturnType<KubeletNode['until']>>;
const status = (pod: Read, index = 0) => pod.status.containerStatuses?.[index];
const waiting = (reason: string) => (pod: Read) => status(pod)?.state.waiting?.reason === reason;
const ready = (pod: Read) => pod.status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
const done = (pod: Read) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';

test('the node registers, is ready and keeps its lease', async () => {
  const registered = await eventually('Ready', async () => {
    const found = await node.client.get(Node, NODE);
    return found.status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ? found : undefined;
  });
  expect(registered.status.nodeInfo).toMatchObject({ operatingSystem: 'linux', kubeletVersion: 'v1.36.0' });
  expect(registered.status.nodeInfo?.containerRuntimeVersion).toMatch(/^containerd:\/\/1\./);
  expect(Number(registered.status.capacity?.pods)).toBe(110);
  expect((await node.client.get(Lease, NODE, { namespace: 'kube-node-lease' })).spec.holderIdentity).toBe(NODE);
});

test('a resource that somebody else advertises is kept and allocatable', async () => {
  await node.client.patch(Node, NODE, { type: 'json', body: [{ op: 'add', path: '/status/capacity/example.com~1dongle', value: '4' }] }, { subresource: 'status' });
  await eventually('allocatable', async () => (await node.client.get(Node, NODE)).status.allocatable?.['example.com/dongle'] === '4');
});

test('a crashing container backs off, keeps its last words and its previous log', async () => {
  await node.run('crash', { containers: [shell('a', 'echo run 1; echo broken > /dev/termination-log; exit 3')] });
  const pod = await node.until('crash', (read) => waiting('CrashLoopBackOff')(read) && status(read)!.restartCount > 0);
  const { message } = status(pod)!.state.waiting!;
  expect(message).toMatch(new RegExp(`^back-off \\d+s restarting failed container=a pod=crash_default\\(${pod.metadata.uid}\\)$`));
  expect(status(pod)!.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'broken\n' });
  expect(await node.logs('crash', '?previous=true')).toMatch(/^run \d+\n$/);
  expect(await node.events('crash')).toContain(`BackOff: Back-off restarting failed container a in pod crash_default(${pod.metadata.uid})`);
  await node.remove('crash');
});

test('the end of the log is the last word of a container that has none', async () => {
  // Both lines by one pipe: two pipes have no order between them.
  await node.run('fallback', { restartPolicy: 'Never', containers: [shell('a', '(echo one; echo two) >&2; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' })] });
  expect(status(await node.until('fallback', done))!.state.terminated!.message).toBe('one\ntwo\n');
});

test('init containers in order, then a sidecar, then the main container; the sidecar ends last', async () => {
  await node.run('order', {
    restartPolicy: 'Never', volumes: [{ name: 'w', emptyDir: {} }],
    initContainers: [
      shell('first', 'echo first >> /w/log', { volumeMounts: [{ name: 'w', mountPath: '/w' }] }),
      shell('side', 'trap "exit 0" TERM; echo side >> /w/log; while true; do sleep 0.1; done', { restartPolicy: 'Always', volumeMounts: [{ name: 'w', mountPath: '/w' }], startupProbe: { exec: { command: ['grep', 'side', '/w/log'] }, periodSeconds: 1 } }),
    ],
    containers: [shell('a', 'echo main >> /w/log; cat /w/log', { volumeMounts: [{ name: 'w', mountPath: '/w' }] })],
  });
  const pod = await node.until('order', done);
  expect(pod.status.phase).toBe('Succeeded');
  expect(await node.logs('order')).toBe('first\nside\nmain\n');
  expect(pod.status.initContainerStatuses![1]!.state.terminated!.exitCode).toBe(0);
});

test('a failing init container of a pod that never restarts fails the pod', async () => {
  await node.run('init-fails', { restartPolicy: 'Never', initContainers: [shell('i', 'exit 4')], containers: [shell('a', 'true')] });
  const pod = await node.until('init-fails', done);
  expect(pod.status.phase).toBe('Failed');
  expect(pod.status.conditions!.find(({ type }) => type === 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [i]' });
  expect(status(pod)!.state.waiting!.reason).toBe('PodInitializing');
});

test('images that cannot be had: never pulled, wrongly named, not found', async () => {
  await node.run('never', { containers: [{ name: 'a', image: 'knarr.local/absent:1', imagePullPolicy: 'Never' }] });
  expect(status(await node.until('never', waiting('ErrImageNeverPull')))!.state.waiting!.message).toBe('Container image "knarr.local/absent:1" is not present with pull policy of Never');
  await node.run('misnamed', { containers: [{ name: 'a', image: 'knarr.local/UPPER:1' }] });
  expect(status(await node.until('misnamed', waiting('InvalidImageName')))!.state.waiting!.message).toContain('Failed to apply default image tag "knarr.local/UPPER:1": couldn\'t parse image name "knarr.local/UPPER:1": invalid reference format: repository name (UPPER) must be lowercase');
  await node.run('nowhere', { containers: [{ name: 'a', image: '127.0.0.1:9/absent:1' }] });
  const nowhere = await node.until('nowhere', waiting('ImagePullBackOff'));
  expect(status(nowhere)!.state.waiting!.message).toMatch(/^Back-off pulling image "127\.0\.0\.1:9\/absent:1": ErrImagePull: .*connection refused/);
  expect(await node.events('nowhere')).toEqual(expect.arrayContaining(['Failed: Error: ErrImagePull', 'Failed: Error: ImagePullBackOff', 'BackOff: Back-off pulling image "127.0.0.1:9/absent:1"']));
  for (const name of ['never', 'misnamed', 'nowhere']) await node.remove(name);
});

test('a command that does not exist', async () => {
  await node.run('no-command', { restartPolicy: 'Never', containers: [{ name: 'a', image: IMAGE, command: ['/no/such/program'] }] });
  const pod = await node.until('no-command', (read) => waiting('RunContainerError')(read) || done(read));
  const { state } = status(pod)!;
  expect(state.waiting?.message ?? state.terminated?.message).toContain('/no/such/program');
  await node.remove('no-command');
});

test('liveness restarts, readiness counts, startup comes first', async () => {
  await node.run('probes', {
    containers: [shell('a', 'touch /live; sleep 600', {
      livenessProbe: { exec: { command: ['test', '-e', '/live'] }, periodSeconds: 1, failureThreshold: 1 },
      readinessProbe: { exec: { command: ['test', '-e', '/ready'] }, periodSeconds: 1 },
      startupProbe: { exec: { command: ['test', '-e', '/live'] }, periodSeconds: 1 },
    })],
  });
  const pod = await node.until('probes', (read) => status(read)?.started);
  expect(ready(pod)).toBe(false);
  const id = () => node.client.get(Pod, 'probes', inDefault).then((read) => status(read)!.containerID!.replace('containerd://', ''));
  await node.cri.execSync(await id(), { cmd: ['touch', '/ready'], timeoutSeconds: 5 });
  await node.until('probes', ready);
  await node.cri.execSync(await id(), { cmd: ['rm', '/live'], timeoutSeconds: 5 });
  await node.until('probes', (read) => status(read)!.restartCount === 1 && status(read)!.started);
  expect(await node.events('probes')).toEqual(expect.arrayContaining(['Killing: Container a failed liveness probe, will be restarted', 'Unhealthy: Liveness probe failed: ']));
  await node.remove('probes');
});

test('http and tcp probes reach the pod\'s address', async () => {
  await node.run('web', {
    containers: [shell('a', 'mkdir /www; echo ok > /www/ok; httpd -f -p 8080 -h /www', {
      ports: [{ containerPort: 8080, name: 'http' }],
      readinessProbe: { httpGet: { path: '/ok', port: 'http' }, periodSeconds: 1 }, livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, initialDelaySeconds: 1 },
    })],
  });
  await node.until('web', ready);
  await node.remove('web');
});

test('postStart runs before the pod counts as started, preStop before its end, within the grace period', async () => {
  await node.run('hooks', {
    terminationGracePeriodSeconds: 20, volumes: [{ name: 'h', hostPath: { path: `${node.dir}/hooks`, type: 'DirectoryOrCreate' } }],
    containers: [shell('a', 'trap "echo term >> /h/log; exit 0" TERM; while true; do sleep 0.1; done', {
      volumeMounts: [{ name: 'h', mountPath: '/h' }],
      lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo started >> /h/log'] } }, preStop: { exec: { command: ['sh', '-c', 'sleep 1; echo stopping >> /h/log'] } } },
    })],
  });
  await node.until('hooks', ready);
  await node.remove('hooks');
  await node.run('look', { restartPolicy: 'Never', volumes: [{ name: 'h', hostPath: { path: `${node.dir}/hooks` } }], containers: [shell('a', 'cat /h/log', { volumeMounts: [{ name: 'h', mountPath: '/h' }] })] });
  await node.until('look', done);
  expect(await node.logs('look')).toBe('started\nstopping\nterm\n');
});

test('a pod that has been active for too long fails', async () => {
  await node.run('deadline', { activeDeadlineSeconds: 1, containers: [shell('a', 'sleep 600')] });
  const pod = await node.until('deadline', done);
  expect(pod.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
});

test('pods that do not fit fail with upstream\'s reasons', async () => {
  await node.run('too-big', { containers: [shell('a', 'true', { resources: { requests: { cpu: '1000' } } })] });
  const big = await node.until('too-big', done);
  expect(big.status.reason).toBe('OutOfcpu');
  expect(big.status.message).toMatch(/^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: \d+, capacity: \d+$/);
  await node.run('elsewhere', { nodeSelector: { disk: 'ssd' }, containers: [shell('a', 'true')] });
  expect((await node.until('elsewhere', done)).status).toMatchObject({ reason: 'NodeAffinity', message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" });
  await node.run('port-1', { containers: [shell('a', 'sleep 600', { ports: [{ containerPort: 80, hostPort: 26050 }] })] });
  await node.until('port-1', ready);
  await node.run('port-2', { containers: [shell('a', 'sleep 600', { ports: [{ containerPort: 80, hostPort: 26050 }] })] });
  expect((await node.until('port-2', done)).status).toMatchObject({ reason: 'NodePorts' });
  for (const name of ['too-big', 'elsewhere', 'port-1', 'port-2']) await node.remove(name);
});

test('a container killed behind the kubelet\'s back comes back', async () => {
  await node.run('killed', { containers: [shell('a', 'sleep 600')] });
  const pod = await node.until('killed', ready);
  await node.cri.stopContainer(status(pod)!.containerID!.replace('containerd://', ''), 0);
  await node.until('killed', (read) => status(read)!.restartCount === 1 && ready(read));
  await node.remove('killed');
});

test('a sandbox that is lost is made anew', async () => {
  await node.run('sandbox', { containers: [shell('a', 'sleep 600')] });
  const pod = await node.until('sandbox', ready);
  const [sandbox] = await node.cri.listPodSandboxes({ labels: { 'io.kubernetes.pod.uid': pod.metadata.uid } });
  await node.cri.stopPodSandbox(sandbox!.id);
  // The container ends before its sandbox does, and may be started once more in it.
  await eventually('another sandbox', async () => (await node.events('sandbox')).includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'));
  await node.until('sandbox', (read) => status(read)!.restartCount >= 1 && ready(read) && read.status.podIP !== pod.status.podIP);
  await node.remove('sandbox');
});

test('an ephemeral container joins a running pod', async () => {
  await node.run('debug', { containers: [shell('a', 'sleep 600')] });
  await node.until('debug', ready);
  const ephemeral = { name: 'dbg', image: IMAGE, command: ['sh', '-c', 'ps; exit 5'], targetContainerName: 'a' };
  await node.client.patch(Pod, 'debug', { type: 'strategic', body: { spec: { ephemeralContainers: [ephemeral] } } }, { ...inDefault, subresource: 'ephemeralcontainers' });
  const pod = await node.until('debug', (read) => read.status.ephemeralContainerStatuses?.[0]?.state.terminated);
  expect(pod.status.ephemeralContainerStatuses![0]!.state.terminated!.exitCode).toBe(5);
  await node.remove('debug');
});
