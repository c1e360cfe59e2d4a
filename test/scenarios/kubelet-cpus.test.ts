/** Processors that are a container's alone, on a real containerd. Skipped where there is only one, or this process may not use all. */
import { availableParallelism, cpus } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pod } from '../../src/kinds/core/pod.ts';
import { shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

const enough = cpus().length > 1 && availableParallelism() === cpus().length;
let node: KubeletNode | undefined;
beforeAll(async () => {
  if (!enough) return;
  node = await startKubeletNode();
  await node.restart({ cpuManagerPolicy: 'static', reservedCpus: '0' });
});
afterAll(() => node?.[Symbol.asyncDispose]());

const running = (pod: Pod) => pod.status.phase === 'Running';
const allowed = async (name: string) => {
  const { stdout } = await node!.cri.execSync((await node!.until(name, running)).status.containerStatuses![0]!.containerID!.replace('containerd://', ''), { cmd: ['grep', 'Cpus_allowed_list', '/proc/1/status'], timeoutSeconds: 10 });
  return Buffer.from(stdout).toString().split(':')[1]!.trim();
};
const last = String(cpus().length - 1);
const rest = cpus().length === 2 ? '0' : `0-${cpus().length - 2}`;
const every = `0-${last}`;

test.skipIf(!enough)('others leave a guaranteed container its processor, and have it back when it has gone', async () => {
  await node!.run('shared', { containers: [shell('a', 'sleep 600')] });
  await node!.until('shared', running);
  expect(await allowed('shared')).toBe(every);
  const whole = { requests: { cpu: '1', memory: '32Mi' }, limits: { cpu: '1', memory: '32Mi' } };
  await node!.run('own', { containers: [shell('a', 'sleep 600', { resources: whole })] });
  const own = await allowed('own');
  expect(own).not.toBe('0');
  expect(own).toMatch(/^\d+$/);
  await expect.poll(() => allowed('shared'), { timeout: 30_000 }).not.toContain(own);
  if (own === last) expect(await allowed('shared')).toBe(rest);
  await node!.restart({ cpuManagerPolicy: 'static', reservedCpus: '0' });
  expect(await allowed('own')).toBe(own);
  await node!.remove('own');
  await expect.poll(() => allowed('shared'), { timeout: 60_000 }).toBe(every);
});
