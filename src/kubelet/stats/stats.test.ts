import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import { noCgroups } from '../cgroups/cgroups.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { podOf, START } from '../testing/pods.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { DiskUsageCache, diskUsage } from './disk-usage.ts';
import { parseNetDev } from './proc.ts';
import { formatFamilies } from './prometheus.ts';
import { createStats } from './provider.ts';
import { RateMeter } from './rate-meter.ts';
import { resourceMetrics } from './resource-metrics.ts';
import type { NodeSample, PodSample, RatedUsage } from './samples.ts';
import { summaryOf } from './summary.ts';

const NOW = '2026-01-01T00:00:00Z';
const usage = (more: Partial<RatedUsage> = {}): RatedUsage => ({
  at: START, cpuNanos: 2_500_000_000, nanoCores: 50_000_000, processes: 3,
  memory: { usageBytes: 300, workingSetBytes: 200, rssBytes: 100, pageFaults: 7, majorPageFaults: 1, limitBytes: 1000 }, ...more,
});
const fs = { at: START, capacityBytes: 1000, availableBytes: 600, usedBytes: 400, inodes: 100, inodesFree: 90, inodesUsed: 10 };
const node: NodeSample = {
  at: START, startedAt: START, memoryBytes: 5000, podsMemoryBytes: 4000, usage: usage(), pods: usage(), fs, imageFs: fs, imagesUsedBytes: 50, dedicatedImageFs: false,
  processes: { running: 100, most: 32_768 }, swap: { totalBytes: 30, freeBytes: 20 },
};
const sample: PodSample = {
  pod: podOf({ containers: [{ name: 'a' }] }), cgroup: '/kubepods/pod1', startedAt: START, usage: usage(),
  containers: [{ name: 'a', id: 'c1', image: 'busybox', startedAt: START, cgroup: '/kubepods/pod1/c1', usage: usage(), limits: { cpuShares: 102 }, rootfs: { bytes: 10, inodes: 2 }, logs: { bytes: 5, inodes: 1 } }],
  network: { at: START, interfaces: [{ name: 'eth0', rxBytes: 1, rxErrors: 2, txBytes: 3, txErrors: 4 }] },
  volumes: [{ name: 'v', usage: { bytes: 20, inodes: 3 }, fs, ephemeral: true }, { name: 'm', claim: 'data', usage: { bytes: 40, inodes: 3 }, fs, ephemeral: false }],
};

test('the summary has the form of the stats API', () => {
  const cpu = { time: NOW, usageNanoCores: 50_000_000, usageCoreNanoSeconds: 2_500_000_000 };
  const memory = (availableBytes: number) => ({ time: NOW, availableBytes, usageBytes: 300, workingSetBytes: 200, rssBytes: 100, pageFaults: 7, majorPageFaults: 1 });
  const of = (usedBytes: number, inodesUsed: number) => ({ time: NOW, availableBytes: 600, capacityBytes: 1000, inodesFree: 90, inodes: 100, usedBytes, inodesUsed });
  expect(summaryOf({ nodeName: 'n', node, pods: [sample] })).toEqual({
    node: {
      nodeName: 'n', startTime: NOW, cpu, memory: memory(4800), systemContainers: [{ name: 'pods', startTime: NOW, cpu, memory: memory(3800) }],
      fs: of(400, 10), runtime: { imageFs: of(50, 10), containerFs: of(400, 10) }, rlimit: { time: NOW, maxpid: 32_768, curproc: 100 },
      swap: { time: NOW, swapAvailableBytes: 20, swapUsageBytes: 10 },
    },
    pods: [{
      podRef: { name: 'web', namespace: 'default', uid: sample.pod.metadata.uid }, startTime: NOW, cpu, memory: memory(800),
      containers: [{ name: 'a', startTime: NOW, cpu, memory: memory(800), rootfs: of(10, 2), logs: of(5, 1) }],
      network: { time: NOW, name: 'eth0', rxBytes: 1, rxErrors: 2, txBytes: 3, txErrors: 4, interfaces: sample.network!.interfaces },
      volume: [{ ...of(20, 3), name: 'v' }, { ...of(40, 3), name: 'm', pvcRef: { name: 'data', namespace: 'default' } }], 'ephemeral-storage': of(35, 6), process_stats: { process_count: 3 },
    }],
  });
});

test('a claim uses what its file system says', async () => {
  const clock = new ManualClock();
  const pod = podOf({ containers: [{ name: 'a' }] });
  const stats = createStats({
    cri: new FakeCri({ clock, random: seededRandom(1) }), clock, cgroups: noCgroups, rootDir: '/none', logDir: '/none', machineMemory: 1, reservedMemory: 0, activePods: () => [pod],
    claimed: () => [{ name: 'v', claim: 'data', path: tmpdir() }, { name: 'gone', claim: 'gone', path: '/none' }],
  });
  const [{ volumes = [] } = { volumes: [] }] = await stats.podsWithDisks();
  expect(volumes.map(({ name, claim, ephemeral }) => [name, claim, ephemeral])).toEqual([['v', 'data', false]]);
  expect(volumes[0]!.usage).toEqual({ bytes: volumes[0]!.fs!.usedBytes, inodes: volumes[0]!.fs!.inodesUsed });
  expect(volumes[0]!.fs!.capacityBytes).toBeGreaterThan(0);
});

test('resource metrics carry the time they were taken', () => {
  const text = resourceMetrics({ node, pods: [sample] });
  expect(text.split('\n')).toEqual(expect.arrayContaining([
    '# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds', '# TYPE container_cpu_usage_seconds_total counter',
    `container_cpu_usage_seconds_total{container="a",namespace="default",pod="web"} 2.5 ${START}`, `container_memory_working_set_bytes{container="a",namespace="default",pod="web"} 200 ${START}`,
    `container_start_time_seconds{container="a",namespace="default",pod="web"} ${START / 1000}`, `node_cpu_usage_seconds_total 2.5 ${START}`, `node_memory_working_set_bytes 200 ${START}`,
    `node_swap_usage_bytes 10 ${START}`, `pod_cpu_usage_seconds_total{namespace="default",pod="web"} 2.5 ${START}`, `pod_memory_working_set_bytes{namespace="default",pod="web"} 200 ${START}`,
    'resource_scrape_error 0',
  ]));
});

test('cAdvisor\'s names, for containers, pods and the machine', () => {
  const lines = cadvisorMetrics({ node, pods: [sample], cpus: 2 }).split('\n');
  expect(lines).toEqual(expect.arrayContaining([
    `container_cpu_usage_seconds_total{container="a",id="/kubepods/pod1/c1",image="busybox",name="c1",namespace="default",pod="web",cpu="total"} 2.5 ${START}`,
    `container_memory_working_set_bytes{container="",id="/",image="",name="",namespace="",pod=""} 200 ${START}`, 'machine_cpu_cores 2',
    `container_network_receive_bytes_total{container="",id="/kubepods/pod1",image="",name="",namespace="default",pod="web",interface="eth0"} 1 ${START}`,
  ]));
  expect(formatFamilies([{ name: 'x', help: 'h', type: 'gauge', samples: [{ labels: { l: 'a"b\\c\nd' }, value: 1 }] }])).toContain('x{l="a\\"b\\\\c\\nd"} 1');
});

test('a rate needs two samples a second apart, and starts afresh with another cgroup', () => {
  const meter = new RateMeter();
  const at = (millis: number, cpuNanos: number) => meter.rated('c', { ...usage(), at: START + millis, cpuNanos })?.nanoCores;
  const plain = ({ nanoCores: _rate, ...rest }: RatedUsage) => rest;
  expect(meter.rated('c', plain(usage({ cpuNanos: 0 })))).not.toHaveProperty('nanoCores');
  expect(at(2000, 1e9)).toBe(500_000_000);
  expect(at(12_000, 1e9)).toBe(Math.round(1e9 / 12));
  expect(at(30_000, 1e9)).toBe(0);
  expect(meter.rated('c', plain(usage({ at: START + 40_000, cpuNanos: 5 })))).not.toHaveProperty('nanoCores');
  meter.prune(() => false);
  expect(meter.rated('c', plain(usage({ at: START + 50_000 })))).not.toHaveProperty('nanoCores');
});

test('a directory counts its blocks once, whatever leads to them', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-du-'));
  try {
    const empty = (await diskUsage(dir))!;
    await mkdir(join(dir, 'in'));
    await writeFile(join(dir, 'in', 'file'), Buffer.alloc(100_000, 1));
    await link(join(dir, 'in', 'file'), join(dir, 'second-name'));
    await symlink('/etc', join(dir, 'elsewhere'));
    const full = (await diskUsage(dir))!;
    expect(full.inodes).toBe(empty.inodes + 3);
    expect(full.bytes - empty.bytes).toBeGreaterThan(0);
    expect(full.bytes - empty.bytes).toBeLessThan(200_000);
    expect(await diskUsage(join(dir, 'none'))).toBeUndefined();
    const clock = new ManualClock();
    const cache = new DiskUsageCache(clock, 10_000);
    const first = await cache.of(dir);
    await writeFile(join(dir, 'more'), '1');
    expect(await cache.of(dir)).toEqual(first);
    await clock.advance(10_001);
    expect((await cache.of(dir))!.inodes).toBe(first!.inodes + 1);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('interfaces of /proc/net/dev, without the loopback', () => {
  const text = 'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n'
    + '    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0\n'
    + '  eth0:  252822    2004    1    0    0     0          0         0   137712    1200    2    0    0     0       0          0\n';
  expect(parseNetDev(text)).toEqual([{ name: 'eth0', rxBytes: 252_822, rxErrors: 1, txBytes: 137_712, txErrors: 2 }]);
});
