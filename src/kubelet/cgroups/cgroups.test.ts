import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../base/clock.ts';
import { enforceNodeAllocatable } from './enforce.ts';
import type { Enforcement } from './enforce.ts';
import { systemCgroups } from './system.ts';
import { sharesOfWeight, weightOf } from './v2.ts';

const UID = '11111111-2222-3333-4444-555555555555';
const MIB = 1024 ** 2;

/** A tree of files as a kernel shows them: written to and read from like its own. */
async function recorded(files: Readonly<Record<string, string>>) {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-cgroups-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  const clock = new ManualClock();
  const cgroups = await systemCgroups('/knarr/node-1', { clock, mount: join(dir, 'cgroup'), proc: join(dir, 'proc'), kill() {} });
  return {
    cgroups, clock, read: (path: string) => readFile(join(dir, 'cgroup', path), 'utf8').catch(() => undefined),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

const V1 = Object.fromEntries(['cpu', 'cpuacct', 'memory', 'pids', 'hugetlb'].map((controller) => [`cgroup/${controller}/cgroup.procs`, '1\n']));
const V2 = { 'cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n', 'cgroup/cgroup.subtree_control': '\n' };

const LIMITS = { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryBytes: 64 * MIB, pids: 100, hugepages: { '2MB': 4 * MIB } };

test('a pod\'s cgroup of version 1 has its limits in each hierarchy, and they change with a resize', async () => {
  await using at = await recorded(V1);
  const path = at.cgroups.pathOf(UID, 'Burstable');
  expect(path).toBe(`/knarr/node-1/kubepods/burstable/pod${UID}`);
  await at.cgroups.ensure(path, LIMITS);
  const read = (file: string) => at.read(file.replace('/', `${path}/`));
  expect(await Promise.all(['cpu/cpu.shares', 'cpu/cpu.cfs_quota_us', 'memory/memory.limit_in_bytes', 'pids/pids.max', 'hugetlb/hugetlb.2MB.limit_in_bytes'].map(read)))
    .toEqual(['512', '50000', String(64 * MIB), '100', String(4 * MIB)]);
  expect(await at.cgroups.limitsOf(path)).toEqual({ cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryBytes: 64 * MIB });
  await at.cgroups.update(path, 'cpu', { cpuShares: 1024, cpuPeriod: 100_000 });
  await at.cgroups.update(path, 'memory', { cpuShares: 2, cpuPeriod: 100_000 });
  expect(await at.cgroups.limitsOf(path)).toEqual({ cpuShares: 1024, cpuPeriod: 100_000 });
  expect(await at.cgroups.pods()).toEqual([UID]);
});

test('the same in the one hierarchy of version 2, controllers handed down from above', async () => {
  await using at = await recorded(V2);
  const path = at.cgroups.pathOf(UID, 'Guaranteed');
  await at.cgroups.ensure(path, LIMITS);
  const read = (file: string) => at.read(`${path}/${file}`);
  expect(await Promise.all(['cpu.weight', 'cpu.max', 'memory.max', 'pids.max', 'hugetlb.2MB.max'].map(read))).toEqual([String(weightOf(512)), '50000 100000', String(64 * MIB), '100', String(4 * MIB)]);
  expect(await at.read('cgroup.subtree_control')).toBe('+pids');
  expect(await at.cgroups.limitsOf(path)).toEqual({ cpuShares: sharesOfWeight(weightOf(512)), cpuQuota: 50_000, cpuPeriod: 100_000, memoryBytes: 64 * MIB });
  await at.cgroups.update(path, 'cpu', { cpuShares: 1024, cpuPeriod: 100_000 });
  expect(await read('cpu.max')).toBe('max 100000');
});

test('classes and all pods together are weighed and held', async () => {
  for (const [tree, shares, memory] of [[V1, ['cpu/', 'cpu.shares'], ['memory/', 'memory.limit_in_bytes']], [V2, ['', 'cpu.weight'], ['', 'memory.max']]] as const) {
    await using at = await recorded(tree);
    await at.cgroups.enforce({ milliCpu: 2000, memoryBytes: 1024 * MIB });
    await at.cgroups.weigh(500);
    const weight = (number: number) => String(tree === V1 ? number : weightOf(number));
    const of = ([controller, file]: readonly [string, string], dir: string) => at.read(`${controller}knarr/node-1/kubepods${dir}/${file}`);
    expect([await of(shares, ''), await of(shares, '/burstable'), await of(shares, '/besteffort'), await of(memory, '')]).toEqual([weight(2048), weight(512), weight(2), String(1024 * MIB)]);
  }
});

/** Only root of a machine that lends its hierarchies can make cgroups. */
const HIERARCHY = (await readdir('/sys/fs/cgroup').catch((): string[] => [])).includes('cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
const canMake = await mkdir(join(HIERARCHY, `knarr-probe-${process.pid}`)).then(() => rmdir(join(HIERARCHY, `knarr-probe-${process.pid}`))).then(() => true, () => false);

test.skipIf(!canMake)('what a runtime left running in a pod\'s cgroups ends with them', async () => {
  const root = `/knarr-leftover-${process.pid}`;
  const cgroups = await systemCgroups(root, { clock: systemClock });
  const path = cgroups.pathOf(UID, 'Burstable');
  const container = join(path, 'c1');
  await cgroups.ensure(container, { cpuShares: 2, cpuPeriod: 100_000 });
  const left = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const ended = once(left, 'exit');
  try {
    await writeFile(join(HIERARCHY, container, 'cgroup.procs'), String(left.pid));
    expect(await cgroups.processesOf(container)).toEqual([left.pid]);
    await cgroups.remove(UID);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await cgroups.pods()).toEqual([]);
  } finally {
    left.kill('SIGKILL');
    await cgroups.remove(UID);
    for (const tree of cgroups.unified ? [''] : ['cpu', 'cpuacct', 'memory', 'pids', 'hugetlb']) {
      for (const dir of ['kubepods/burstable', 'kubepods', '']) await rmdir(join('/sys/fs/cgroup', tree, root, dir)).catch(() => {});
    }
  }
});

test('usage of version 1', async () => {
  const stat = 'cache 1048576\nrss 2097152\ntotal_cache 1048576\ntotal_rss 3145728\ntotal_pgfault 42\ntotal_pgmajfault 3\ntotal_inactive_file 524288\n';
  await using at = await recorded({
    ...V1, 'cgroup/cpuacct/x/cpuacct.usage': '123456789\n', 'cgroup/memory/x/memory.usage_in_bytes': '4194304\n', 'cgroup/memory/x/memory.stat': stat,
    'cgroup/memory/x/memory.limit_in_bytes': '9223372036854771712\n', 'cgroup/pids/x/pids.current': '7\n', 'cgroup/memory/x/memory.memsw.usage_in_bytes': '5242880\n',
    'cgroup/memory/x/cgroup.procs': '12\n34\n',
  });
  expect(await at.cgroups.usageOf('/x')).toEqual({
    at: at.clock.now(), cpuNanos: 123_456_789, processes: 7,
    memory: { usageBytes: 4 * MIB, workingSetBytes: 4 * MIB - 524_288, rssBytes: 3 * MIB, pageFaults: 42, majorPageFaults: 3, swapBytes: MIB },
  });
  expect(await at.cgroups.processesOf('/x')).toEqual([12, 34]);
  expect(await at.cgroups.usageOf('/none')).toBeUndefined();
});

test('usage of version 2, and of the machine, which has no memory.current', async () => {
  const stat = 'anon 3145728\nfile 1048576\ninactive_file 524288\npgfault 42\npgmajfault 3\n';
  await using at = await recorded({
    ...V2, 'cgroup/x/cpu.stat': 'usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n', 'cgroup/x/memory.current': '4194304\n', 'cgroup/x/memory.stat': stat,
    'cgroup/x/memory.max': '8388608\n', 'cgroup/x/pids.current': '7\n', 'cgroup/x/memory.swap.current': '0\n',
    'cgroup/cpu.stat': 'usage_usec 1\n', 'cgroup/memory.stat': stat, 'proc/meminfo': 'MemTotal:        8192 kB\nMemFree:         2048 kB\n',
  });
  expect(await at.cgroups.usageOf('/x')).toEqual({
    at: at.clock.now(), cpuNanos: 123_456_000, processes: 7,
    memory: { usageBytes: 4 * MIB, workingSetBytes: 4 * MIB - 524_288, rssBytes: 3 * MIB, pageFaults: 42, majorPageFaults: 3, limitBytes: 8 * MIB, swapBytes: 0 },
  });
  expect((await at.cgroups.usageOf('/'))?.memory).toMatchObject({ usageBytes: 6 * MIB, workingSetBytes: 6 * MIB - 524_288 });
});

test('a pod\'s requests are kept for it on version 2, and cost version 1 nothing', async () => {
  for (const [tree, kept] of [[V2, String(32 * MIB)], [V1, undefined]] as const) {
    await using at = await recorded(tree);
    const path = at.cgroups.pathOf(UID, 'Burstable');
    await at.cgroups.ensure(path, { ...LIMITS, memoryMin: 32 * MIB });
    expect(await at.read(`${tree === V1 ? 'memory' : ''}${path}/memory.min`)).toBe(kept);
  }
});

test('programs beside pods are held to what is reserved for them, in cgroups that are there', async () => {
  const share = { cgroup: '/system', milliCpu: 500, memoryBytes: 64 * MIB, pids: 100 };
  const allocatable = { milliCpu: 1500, memoryBytes: 512 * MIB };
  await using at = await recorded({ ...V2, 'cgroup/system/cgroup.procs': '' });
  const told: string[] = [];
  const enforce = (enforcement: Enforcement) => enforceNodeAllocatable({ cgroups: at.cgroups, enforcement, allocatable, tell: ({ reason, message }) => told.push(`${reason}: ${message}`) });
  await enforce({ system: share });
  expect([await at.read('system/cpu.weight'), await at.read('system/memory.max'), await at.read('system/pids.max')]).toEqual([String(weightOf(512)), String(64 * MIB), '100']);
  expect(await at.read('knarr/node-1/kubepods/memory.max')).toBe(String(512 * MIB));
  expect(told).toEqual(['NodeAllocatableEnforced: Updated Node Allocatable limit across pods', 'NodeAllocatableEnforced: Updated limits on system reserved cgroup /system']);
  await expect(enforce({ pods: false, kube: { ...share, cgroup: '/none' } })).rejects.toThrow('Failed to enforce Kube Reserved Cgroup Limits on "/none": "/none" cgroup does not exist');
  expect(told.at(-1)).toMatch(/^FailedNodeAllocatableEnforcement: /);
  expect(await at.read('knarr/node-1/kubepods/memory.max')).toBe('max');
});
