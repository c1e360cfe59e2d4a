/** What a container believes the machine has, with lxcfs on a real containerd. Skipped where lxcfs is not installed. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './testing/cluster.ts';
import { shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

const isInstalled = (): boolean => {
  try {
    execFileSync('lxcfs', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const installed = isInstalled();
let node: KubeletNode | undefined;
let lxcfs: ChildProcess | undefined;

beforeAll(async () => {
  if (!installed) return;
  node = await startKubeletNode();
  const dir = join(node.dir, 'lxcfs');
  await mkdir(dir);
  lxcfs = spawn('lxcfs', ['--enable-cfs', '-p', join(node.dir, 'lxcfs.pid'), dir], { stdio: 'ignore' });
  await eventually('lxcfs', () => stat(join(dir, 'proc', 'meminfo')).then(() => true, () => false), 30);
  await node.restart({ lxcfsDir: dir });
});
afterAll(async () => {
  if (!node) return;
  for (const { id } of await node.cri.listPodSandboxes()) await node.cri.stopPodSandbox(id);
  const ended = new Promise((resolve) => lxcfs?.once('exit', resolve));
  lxcfs?.kill('SIGTERM');
  await ended;
  await node[Symbol.asyncDispose]();
});

test.skipIf(!installed)('memory and processors are those of the container\'s limits', async () => {
  await node!.run('free', {
    restartPolicy: 'Never',
    containers: [shell('a', 'grep MemTotal /proc/meminfo; grep -c ^processor /proc/cpuinfo', { resources: { limits: { cpu: '1', memory: '128Mi' } } })],
  });
  const pod = await node!.until('free', ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed');
  expect(pod.status.phase).toBe('Succeeded');
  // Not busybox's free: that asks the kernel by a system call, which nobody stands in for.
  const [memory, processors] = (await node!.logs('free')).split('\n');
  expect(memory).toMatch(/^MemTotal:\s+131072 kB$/);
  expect(processors).toBe('1');
});
