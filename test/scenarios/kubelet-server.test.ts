/** The kubelet's server, its restart and what it cleans up, on a real containerd. */
import { execFileSync } from 'node:child_process';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { Pod } from '../../src/kinds/core/pod.ts';
import { describeCriContract } from '../../src/kubelet/cri/contract.ts';
import { connectCri } from '../../src/kubelet/index.ts';
import { AUTHORITY, JANE, STRANGER } from '../../src/wire/node/testing/certificates.ts';
import { eventually } from './testing/cluster.ts';
import { askKubelet, IMAGE, NODE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
beforeAll(async () => {
  node = await startKubeletNode();
  await node.run('web', { containers: [shell('a', 'mkdir /www; echo hello > /www/index.html; echo serving; echo oops >&2; httpd -f -p 8080 -h /www')] });
  await node.until('web', (pod) => pod.status.phase === 'Running');
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('the container runtime keeps the contract', () => {
  describeCriContract(async () => {
    const logDir = await mkdtemp(join(tmpdir(), 'knarr-cri-'));
    const cri = connectCri(node.layout.containerdSocket, { clock: systemClock });
    return {
      cri, image: IMAGE, logDir, cgroupParent: `${node.cgroupRoot}/contract`, uid: () => systemRandom.uuid(),
      async [Symbol.asyncDispose]() {
        cri[Symbol.dispose]();
        await rm(logDir, { recursive: true, force: true });
      },
    };
  });
});

/** Opens a stream as kubectl's websocket does and collects each channel until the end. */
function stream(path: string, { input, until }: { readonly input?: Buffer; readonly until?: (channels: ReadonlyMap<number, string>) => boolean } = {}): Promise<ReadonlyMap<number, string>> {
  const socket = new WebSocket(`wss://127.0.0.1:${node.kubelet.port}${path}`, ['v4.channel.k8s.io'], { ca: AUTHORITY, ...JANE });
  const channels = new Map<number, string>();
  return new Promise((resolve, reject) => {
    socket.on('open', () => input && socket.send(input));
    socket.on('message', (message: Buffer) => {
      channels.set(message[0]!, (channels.get(message[0]!) ?? '') + message.subarray(1).toString());
      if (until?.(channels)) socket.close();
    });
    socket.on('close', () => resolve(channels));
    socket.on('error', reject);
  });
}

test('only those whom the API server lets in are answered', async () => {
  expect((await askKubelet(node.kubelet, '/healthz')).text).toBe('ok');
  expect((await askKubelet(node.kubelet, '/pods', { who: {} })).status).toBe(401);
  expect((await askKubelet(node.kubelet, '/pods', { who: STRANGER })).status).toBe(401);
});

test('/pods lists what the node runs, /stats/summary and /metrics/resource what it uses', async () => {
  const pods = JSON.parse((await askKubelet(node.kubelet, '/pods')).text) as { items: { metadata: { name: string } }[] };
  expect(pods.items.map(({ metadata }) => metadata.name)).toContain('web');
  const summary = JSON.parse((await askKubelet(node.kubelet, '/stats/summary')).text) as { pods: { podRef: { name: string }; memory: { workingSetBytes: number } }[] };
  expect(summary.pods.find(({ podRef }) => podRef.name === 'web')!.memory.workingSetBytes).toBeGreaterThan(0);
  expect((await askKubelet(node.kubelet, '/metrics/resource')).text).toMatch(/container_memory_working_set_bytes\{container="a",namespace="default",pod="web"\} [1-9]/);
});

test('metrics of the kubelet itself are fed by what it does', async () => {
  const { text } = await askKubelet(node.kubelet, '/metrics');
  const value = (series: string) => Number(text.split('\n').find((line) => line.startsWith(`${series} `))?.split(' ').at(-1) ?? 0);
  expect(value('kubelet_running_pods')).toBeGreaterThan(0);
  expect(value('kubelet_running_containers{container_state="running"}')).toBeGreaterThan(0);
  expect(value('kubelet_runtime_operations_total{operation_type="run_podsandbox"}')).toBeGreaterThan(0);
  expect(value('kubelet_started_containers_total{container_type="container"}')).toBeGreaterThan(0);
  expect(value('kubelet_pod_start_duration_seconds_count')).toBeGreaterThan(0);
  expect(value('kubelet_pleg_relist_duration_seconds_count')).toBeGreaterThan(0);
  expect(value(`kubelet_node_name{node="${NODE}"}`)).toBe(1);
  expect((await askKubelet(node.kubelet, '/metrics/slis')).text).toContain('kubernetes_healthcheck{name="syncloop",type="healthz"} 1');
});

test('what runs, what is configured, what the machine logs', async () => {
  const { items } = JSON.parse((await askKubelet(node.kubelet, '/runningpods/')).text) as { items: { metadata: { name: string }; spec: { containers: { name: string }[] } }[] };
  expect(items.find(({ metadata }) => metadata.name === 'web')?.spec.containers.map(({ name }) => name)).toEqual(['a']);
  expect(JSON.parse((await askKubelet(node.kubelet, '/configz')).text)).toHaveProperty('kubeletconfig');
  expect((await askKubelet(node.kubelet, '/logs/')).text).toContain('<pre>');
  expect((await askKubelet(node.kubelet, '/logs/..%2f..%2fetc%2fpasswd')).status).toBe(400);
  expect((await askKubelet(node.kubelet, '/debug/pprof/')).text).toBe('profiling endpoint is disabled.\n');
  expect((await askKubelet(node.kubelet, '/statusz')).text).toContain('kubelet statusz\n');
  expect((await askKubelet(node.kubelet, '/flagz')).text).toContain('root-dir=');
});

test('logs: all, the last line, with times, cut off, of nobody', async () => {
  await eventually('both lines', async () => (await node.logs('web')).split('\n').length === 3);
  expect((await node.logs('web')).split('\n').sort()).toEqual(['', 'oops', 'serving']);
  expect(await node.logs('web', '?stream=Stderr')).toBe('oops\n');
  expect(await node.logs('web', '?tailLines=1&timestamps=true')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\S* (oops|serving)\n$/);
  expect(await node.logs('web', '?stream=Stdout&limitBytes=4')).toBe('serv');
  expect(await node.logs('web', '?sinceTime=2100-01-01T00:00:00Z')).toBe('');
  expect(await askKubelet(node.kubelet, '/containerLogs/default/web/b')).toMatchObject({ status: 404 });
  expect(await node.logs('web', '?previous=true')).toBe('previous terminated container "a" in pod "web" not found');
});

test('a followed log ends with its container', async () => {
  await node.run('count', { restartPolicy: 'Never', containers: [shell('a', 'for i in 1 2 3; do echo $i; sleep 0.3; done')] });
  await node.until('count', (pod) => pod.status.phase === 'Running');
  expect(await node.logs('count', '?follow=true')).toBe('1\n2\n3\n');
});

test('exec: output, input, exit code', async () => {
  const out = await stream('/exec/default/web/a?command=sh&command=-c&command=echo+out;+echo+err+>%262;+exit+7&output=1&error=1');
  expect([out.get(1), out.get(2)]).toEqual(['out\n', 'err\n']);
  expect(JSON.parse(out.get(3)!)).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '7' }] } });
  const echoed = await stream('/exec/default/web/a?command=head&command=-c5&input=1&output=1', { input: Buffer.from('\0abcde') });
  expect(echoed.get(1)).toBe('abcde');
  expect((await askKubelet(node.kubelet, '/exec/default/nobody/a?command=true&output=1', { method: 'POST' })).status).toBe(404);
});

test('attach sees what the main process prints', async () => {
  await node.run('talk', { containers: [shell('a', 'while true; do echo tick; sleep 0.2; done')] });
  await node.until('talk', (pod) => pod.status.phase === 'Running');
  const seen = await stream('/attach/default/talk/a?output=1&error=1', { until: (channels) => (channels.get(1) ?? '').includes('tick') });
  expect(seen.get(1)).toContain('tick\n');
  await node.remove('talk');
});

test('port-forward reaches a port of the pod', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${node.kubelet.port}/portForward/default/web?port=8080`, ['v4.channel.k8s.io'], { ca: AUTHORITY, ...JANE });
  const text = await new Promise<string>((resolve, reject) => {
    let got = '';
    socket.on('open', () => socket.send(Buffer.from('\0GET /index.html HTTP/1.0\r\n\r\n')));
    socket.on('message', (message: Buffer) => {
      // The first message of each channel says its port.
      if (message[0] === 0 && message.length > 3) got += message.subarray(1).toString();
      if (got.includes('hello')) socket.close();
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
  expect(text).toContain('hello\n');
});

test('a restarted kubelet takes over what runs, and ends what was deleted meanwhile', async () => {
  await node.run('stays', { containers: [shell('a', 'sleep 600', { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } })] });
  await node.run('goes', { containers: [shell('a', 'sleep 600')] });
  const ready = (pod: Awaited<ReturnType<KubeletNode['until']>>) => pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const before = await node.until('stays', ready);
  const goes = await node.until('goes', ready);
  await node.restart({ nodeLabels: { restarted: 'yes' } });
  await node.client.delete(Pod, 'goes', { namespace: 'default', gracePeriodSeconds: 0 });
  await eventually('the deleted pod has no sandbox', async () => (await node.cri.listPodSandboxes({ labels: { 'io.kubernetes.pod.uid': goes.metadata.uid } })).length === 0);
  const after = await node.until('stays', ready);
  expect(after.status.containerStatuses![0]!.containerID).toBe(before.status.containerStatuses![0]!.containerID);
  expect(after.status.containerStatuses![0]!.restartCount).toBe(0);
  expect(after.status.startTime).toBe(before.status.startTime);
  await node.remove('stays');
});

test('what is left of pods that the API no longer has is removed', async () => {
  const uid = systemRandom.uuid();
  const labels = { 'io.kubernetes.pod.name': 'lost', 'io.kubernetes.pod.namespace': 'default', 'io.kubernetes.pod.uid': uid };
  await mkdir(join(node.layout.kubelet, 'pods', uid, 'volumes'), { recursive: true });
  await node.cri.runPodSandbox({ metadata: { name: 'lost', namespace: 'default', uid }, labels, logDirectory: node.dir, linux: { cgroupParent: `${node.cgroupRoot}/kubepods/besteffort/pod${uid}`, securityContext: { namespaceOptions: { network: 'NODE' } } } });
  await eventually('the sandbox is gone', async () => (await node.cri.listPodSandboxes({ labels })).length === 0);
  await eventually('its directory is gone', () => access(join(node.layout.kubelet, 'pods', uid)).then(() => false, () => true));
});

test('many pods leave nothing behind', async () => {
  const names = Array.from({ length: 15 }, (_, index) => `many-${index}`);
  for (const name of names) {
    await node.run(name, { containers: [shell('a', 'sleep 600', { volumeMounts: [{ name: 'm', mountPath: '/m' }] })], volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }] });
  }
  const pods = await Promise.all(names.map((name) => node.until(name, (pod) => pod.status.phase === 'Running')));
  await Promise.all(names.map((name) => node.remove(name)));
  const uids = new Set(pods.map(({ metadata }) => metadata.uid));
  await eventually('nothing is left', async () => {
    const sandboxes = (await node.cri.listPodSandboxes()).filter(({ metadata }) => uids.has(metadata?.uid ?? ''));
    const elsewhere = execFileSync('sh', ['-c', `find /sys/fs/cgroup ${node.dir}/logs ${node.layout.kubelet} 2>/dev/null; cat /proc/self/mountinfo`]).toString();
    return sandboxes.length === 0 && ![...uids].some((uid) => elsewhere.includes(uid));
  });
  expect((await node.client.list(Pod, { fieldSelector: `spec.nodeName=${NODE}` })).items.filter(({ metadata }) => uids.has(metadata.uid))).toEqual([]);
});
