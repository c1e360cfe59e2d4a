/** What a container believes the machine has, with lxcfs on a real containerd. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './testing/cluster.ts';
import { installed } from './testing/install.ts';
import { shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
let lxcfs: ChildProcess | undefined;

beforeAll(async () => {
  const program = await installed('lxcfs', 'lxcfs');
  node = await startKubeletNode();
  const dir = join(node.dir, 'lxcfs');
  await mkdir(dir);
  lxcfs = spawn(program, ['--enable-cfs', '-p', join(node.dir, 'lxcfs.pid'), dir], { stdio: 'ignore' });
  await eventually('lxcfs', () => stat(join(dir, 'proc', 'meminfo')).then(() => true, () => false), 60);
  await node.restart({ lxcfsDir: dir });
});
afterAll(async () => {
  for (const { id } of await node.cri.listPodSandboxes()) await node.cri.stopPodSandbox(id);
  const ended = new Promise((resolve) => lxcfs?.once('exit', resolve));
  lxcfs?.kill('SIGTERM');
  await ended;
  await node[Symbol.asyncDispose]();
});

test('memory and processors are those of the container\'s limits', async () => {
  await node.run('free', {
    restartPolicy: 'Never',
    containers: [shell('a', 'grep MemTotal /proc/meminfo; grep -c ^processor /proc/cpuinfo', { resources: { limits: { cpu: '1', memory: '128Mi' } } })],
  });
  const pod = await node.until('free', ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed');
  expect(pod.status.phase).toBe('Succeeded');
  // Not busybox's free: that asks the kernel by a system call, which nobody stands in for.
  const [memory, processors] = (await node.logs('free')).split('\n');
  expect(memory).toMatch(/^MemTotal:\s+131072 kB$/);
  expect(processors).toBe('1');
});

test('a container has been up for as long as it has been, and swaps nothing', async () => {
  await node.run('young', { restartPolicy: 'Never', containers: [shell('a', 'cut -d. -f1 /proc/uptime; tail -n +2 /proc/swaps | wc -l; cut -d" " -f1-3 /proc/loadavg; grep -c ^cpu[0-9] /proc/stat', { resources: { limits: { cpu: '1', memory: '64Mi' } } })] });
  const pod = await node.until('young', ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed');
  expect(pod.status.phase).toBe('Succeeded');
  const [uptime, swaps, load, processors] = (await node.logs('young')).trim().split('\n');
  // The machine has been up since before this process, of which the test has waited a good part.
  expect(Number(uptime)).toBeLessThan(performance.now() / 1000);
  expect([Number(swaps), processors]).toEqual([0, '1']);
  expect(load).toMatch(/^[\d.]+ [\d.]+ [\d.]+$/);
});
