import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { createImageGc } from '../images/image-gc.ts';
import type { ImageGcConfig } from '../images/image-gc.ts';
import type { StatsProvider } from '../stats/provider.ts';
import type { FileSystemSample, NodeSample, PodSample, RatedUsage } from '../stats/samples.ts';
import { collectContainers } from '../housekeeping/container-gc.ts';
import { podOf, START } from '../testing/pods.ts';
import { containerGarbage, DEFAULT_GC_POLICY } from './container-garbage.ts';
import type { ContainerGcPolicy } from './container-garbage.ts';
import { storageViolation } from './local-storage.ts';
import { startEviction } from './manager.ts';
import { rankPods } from './rank.ts';
import { look, NO_PRESSURE, parseThresholds } from './thresholds.ts';
import type { EvictionConfig, Observations } from './thresholds.ts';
import { evictionMessage } from './words.ts';

const MIB = 1024 ** 2;
const usage = (workingSetBytes: number, processes = 1): RatedUsage =>
  ({ at: START, cpuNanos: 0, processes, memory: { usageBytes: workingSetBytes, workingSetBytes, rssBytes: 0, pageFaults: 0, majorPageFaults: 0 } });
const fs = (availableBytes: number): FileSystemSample => ({ at: START, capacityBytes: 1000 * MIB, availableBytes, usedBytes: 0, inodes: 100, inodesFree: 100, inodesUsed: 0 });
const nodeWith = (more: Partial<NodeSample> = {}): NodeSample =>
  ({ at: START, startedAt: START, memoryBytes: 1000 * MIB, podsMemoryBytes: 1000 * MIB, usage: usage(0), pods: usage(0), fs: fs(1000 * MIB), imageFs: fs(1000 * MIB), dedicatedImageFs: false, processes: { running: 1, most: 100 }, ...more });
const podNamed = (name: string, spec: object = {}): Pod => podOf({ containers: [{ name: 'a' }], ...spec }, { name, uid: name });
const requesting = (memory: string) => ({ containers: [{ name: 'a', resources: { requests: { memory } } }] });
const sampleOf = (pod: Pod, { memory = 0, processes = 1, rootfs = 0, logs = 0, volume = 0 } = {}): PodSample => ({
  pod, cgroup: '', startedAt: START, usage: usage(memory, processes),
  containers: [{ name: 'a', id: 'x', image: '', startedAt: START, cgroup: '', usage: usage(memory), rootfs: { bytes: rootfs, inodes: 1 }, logs: { bytes: logs, inodes: 1 } }],
  volumes: [{ name: 'v', usage: { bytes: volume, inodes: 1 }, fs: undefined, ephemeral: true }],
});

test('thresholds as KubeletConfiguration writes them', () => {
  expect(parseThresholds({})).toContainEqual({ signal: 'nodefs.available', value: { share: 0.1 }, grace: 0 });
  expect(parseThresholds({ hard: { 'memory.available': '1Mi' }, soft: { 'pid.available': '10%' }, softGracePeriod: { 'pid.available': 5000 }, minimumReclaim: { 'memory.available': '2Mi' } })).toEqual([
    { signal: 'memory.available', value: { count: MIB }, grace: 0, minReclaim: { count: 2 * MIB } }, { signal: 'pid.available', value: { share: 0.1 }, grace: 5000 },
    { signal: 'allocatableMemory.available', value: { count: MIB }, grace: 0, minReclaim: { count: 2 * MIB } },
  ]);
  expect(parseThresholds({ hard: { 'nodefs.available': '0%' } })).toEqual([]);
  expect(() => parseThresholds({ hard: { nonsense: '1' } })).toThrow('unsupported eviction signal nonsense');
  expect(() => parseThresholds({ soft: { 'memory.available': '1Mi' } })).toThrow('grace period must be specified for the soft eviction threshold memory.available');
  expect(() => parseThresholds({ hard: { 'memory.available': '101%' } })).toThrow('must be >= 0% and <= 100%');
});

test('a soft threshold acts after its grace, a condition stays for the transition period, and reclaim goes beyond the threshold', () => {
  const thresholds = parseThresholds({ hard: {}, soft: { 'memory.available': '100' }, softGracePeriod: { 'memory.available': 1000 }, minimumReclaim: { 'memory.available': '50' } });
  const seen = (available: number): Observations => new Map([['memory.available', { available, capacity: 1000 }]]);
  const step = (state: typeof NO_PRESSURE, available: number, now: number) => look(state, { thresholds, observations: seen(available), transitionPeriod: 5000, now });
  const first = step(NO_PRESSURE, 99, 0);
  expect([first.conditions, first.acting]).toEqual([['MemoryPressure'], []]);
  const second = step(first.state, 99, 1000);
  expect(second.acting.map(({ signal }) => signal)).toEqual(['memory.available']);
  const notEnough = step(second.state, 120, 1500);
  expect(notEnough.acting).toHaveLength(1);
  const enough = step(notEnough.state, 150, 2000);
  expect([enough.conditions, enough.acting]).toEqual([['MemoryPressure'], []]);
  expect(step(enough.state, 150, 6400).conditions).toEqual(['MemoryPressure']);
  expect(step(enough.state, 150, 6500).conditions).toEqual([]);
});

test('those over their requests go first, then the less important, then those over them by most', () => {
  const pods = [podNamed('within', { priority: -1, ...requesting('100Mi') }), podNamed('little', requesting('10Mi')), podNamed('much', requesting('10Mi')), podNamed('important', { priority: 9 }), podNamed('unknown')];
  const samples = new Map(([[0, 50], [1, 20], [2, 60], [3, 500]] as const).map(([index, memory]) => [pods[index]!.metadata.uid, sampleOf(pods[index]!, { memory: memory * MIB })]));
  const names = (signal: 'memory.available' | 'pid.available') => rankPods(pods, signal, { samples, dedicatedImageFs: false }).map(({ metadata }) => metadata.name);
  expect(names('memory.available')).toEqual(['unknown', 'much', 'little', 'important', 'within']);
  expect(names('pid.available')[0]).toBe('within');
});

test('with a file system of its own for images, each signal counts what lies on it', () => {
  const [layers, rest] = [podNamed('layers'), podNamed('rest')];
  const samples = new Map([[layers.metadata.uid, sampleOf(layers, { rootfs: 100 })], [rest.metadata.uid, sampleOf(rest, { logs: 50, volume: 40 })]]);
  const first = (signal: 'nodefs.available' | 'imagefs.available', dedicatedImageFs: boolean) => rankPods([layers, rest], signal, { samples, dedicatedImageFs })[0]!.metadata.name;
  expect([first('nodefs.available', true), first('imagefs.available', true), first('nodefs.available', false)]).toEqual(['rest', 'layers', 'layers']);
});

test('an evicted pod is told what was short, by how much, and what it used', () => {
  const thresholds = parseThresholds({ hard: { 'memory.available': '100Mi' } });
  const observations: Observations = new Map([['memory.available', { available: 90 * MIB, capacity: 1000 * MIB }]]);
  const pod = podNamed('p', requesting('10Mi'));
  expect(evictionMessage(pod, sampleOf(pod, { memory: 20 * MIB }), { resource: 'memory', thresholds, observations }))
    .toBe('The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. Container a was using 20Mi, request is 10Mi, has larger consumption of memory. ');
  const bare = podNamed('b');
  const disk: Observations = new Map([['nodefs.available', { available: 5 * MIB, capacity: 100 * MIB }]]);
  expect(evictionMessage(bare, sampleOf(bare, { rootfs: MIB, logs: MIB }), { resource: 'ephemeral-storage', thresholds: parseThresholds({ hard: { 'nodefs.available': '10%' } }), observations: disk }))
    .toBe('The node was low on resource: ephemeral-storage. Threshold quantity: 10Mi, available: 5Mi. Container a was using 2Mi, request is 0, has larger consumption of ephemeral-storage. ');
});

test('local storage has limits of a volume, of a pod and of a container', () => {
  const limited = { containers: [{ name: 'a', resources: { limits: { 'ephemeral-storage': '2Mi' } } }] };
  const volume = podNamed('v', { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] });
  const violation = (pod: Pod, amounts: Parameters<typeof sampleOf>[1]) => storageViolation(pod, sampleOf(pod, amounts), { dedicatedImageFs: false });
  expect(violation(volume, { volume: 2 * MIB })).toBe('Usage of EmptyDir volume "v" exceeds the limit "1Mi". ');
  expect(violation(volume, { volume: MIB })).toBeUndefined();
  expect(violation(podNamed('p', limited), { logs: 3 * MIB })).toBe('Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. ');
  const two = podNamed('c', { containers: [...limited.containers, { name: 'b', resources: { limits: { 'ephemeral-storage': '9Mi' } } }] });
  expect(violation(two, { rootfs: 2 * MIB, logs: MIB })).toBe('Container a exceeded its local ephemeral storage limit "2Mi". ');
});

/** A manager whose node and pods a test makes up; evicted pods are gone at once. */
function setUp(config: EvictionConfig, pods: readonly Pod[], memory: Readonly<Record<string, number>> = {}) {
  const clock = new ManualClock();
  const at = { node: nodeWith(), active: [...pods], told: [] as string[], evicted: [] as string[], reclaimed: [] as string[], onReclaim: () => {} };
  const samples = async () => at.active.map((pod) => sampleOf(pod, { memory: memory[pod.metadata.name] ?? 0 }));
  const stats: StatsProvider = { node: async () => at.node, nodeNow: async () => at.node, pods: samples, podsWithDisks: samples };
  const manager = startEviction({
    config, clock, log: silent, stats, activePods: () => at.active, hasEnded: () => true, onConditions: () => {},
    evict: (uid, { reason, condition }, graceSeconds) => {
      at.evicted.push(`${uid} ${reason} ${condition?.reason ?? ''} ${graceSeconds}`);
      at.active = at.active.filter((pod) => pod.metadata.uid !== uid);
    },
    reclaim: { containers: async () => void at.reclaimed.push('containers'), images: async () => { at.reclaimed.push('images'); at.onReclaim(); } },
    tell: { pod: ({ metadata }, message) => at.told.push(`${metadata.name}: ${message}`), node: (reason, message) => at.told.push(`${reason}: ${message}`) },
  });
  return { ...at, at, manager, clock };
}

test('short of memory the node ends one pod after the other, critical ones never, and takes no best-effort ones', async () => {
  const pods = [podNamed('a'), podNamed('b'), podNamed('critical', { priority: 2_000_000_000 })];
  const { at, manager } = setUp({ hard: { 'memory.available': '100Mi' } }, pods, { a: 5, b: 9, critical: 99 });
  await using _ = manager;
  await manager.synchronize();
  expect([at.evicted, manager.conditions]).toEqual([[], []]);
  at.node = nodeWith({ usage: usage(950 * MIB) });
  await manager.synchronize();
  await manager.synchronize();
  await manager.synchronize();
  expect(at.evicted).toEqual(['b Evicted TerminationByKubelet 1', 'a Evicted TerminationByKubelet 1']);
  expect(at.told).toContain('EvictionThresholdMet: Attempting to reclaim memory');
  expect(manager.conditions).toEqual(['MemoryPressure']);
  expect(manager.refuse(podNamed('new'))).toEqual({ reason: 'Evicted', message: 'The node had condition: [MemoryPressure]. ' });
  expect(manager.refuse(podNamed('new', requesting('1Mi')))).toBeUndefined();
  expect(manager.refuse(podNamed('new', { tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] }))).toBeUndefined();
  expect(manager.refuse(pods[2]!)).toBeUndefined();
});

test('short of disk the node frees what nobody needs before it ends a pod', async () => {
  const { at, manager } = setUp({ hard: { 'nodefs.available': '10%' } }, [podNamed('a')]);
  await using _ = manager;
  at.node = nodeWith({ fs: fs(50 * MIB) });
  at.onReclaim = () => (at.node = nodeWith());
  await manager.synchronize();
  expect([at.reclaimed, at.evicted, manager.conditions]).toEqual([['containers', 'images'], [], ['DiskPressure']]);
  expect(manager.refuse(podNamed('new', requesting('1Mi')))).toMatchObject({ reason: 'Evicted' });
  at.node = nodeWith({ fs: fs(50 * MIB) });
  at.onReclaim = () => {};
  await manager.synchronize();
  expect(at.evicted).toEqual(['a Evicted TerminationByKubelet 1']);
});

test('a pod evicted for a soft threshold has the grace it may have at most', async () => {
  const { at, manager, clock } = setUp({ hard: {}, soft: { 'pid.available': '50%' }, softGracePeriod: { 'pid.available': 15_000 }, maxPodGracePeriodSeconds: 7 }, [podNamed('a')]);
  await using _ = manager;
  at.node = nodeWith({ processes: { running: 60, most: 100 } });
  await clock.advance(10_000);
  expect([at.evicted, manager.conditions]).toEqual([[], ['PIDPressure']]);
  await clock.advance(20_000);
  expect(at.evicted).toEqual(['a Evicted TerminationByKubelet 7']);
});

function collector(config: ImageGcConfig, images: readonly string[], availableBytes = 100 * MIB) {
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images });
  const told: string[] = [];
  const gc = createImageGc({ cri, clock, log: silent, config, imageFs: async () => fs(availableBytes), tell: (reason, message) => told.push(`${reason}: ${message}`) });
  return { clock, cri, gc, told, names: async () => (await cri.listImages()).flatMap(({ repoTags }) => repoTags).toSorted() };
}

test('unused images go when the disk is nearly full, but neither young ones, nor those in use, nor those to keep', async () => {
  const { clock, cri, gc, told, names } = collector({ keep: ['pause'] }, ['pause', 'used', 'idle']);
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', uid: 'u' } });
  await cri.createContainer({ sandboxId }, { metadata: { name: 'c' }, image: { image: 'used' } });
  await gc.collect();
  expect(await names()).toEqual(['idle', 'pause', 'used']);
  await clock.advance(120_000);
  await gc.collect();
  expect(await names()).toEqual(['pause', 'used']);
  expect(told.at(-1)).toBe(`FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free ${100 * MIB} bytes, but only found 1000000 bytes eligible to free.`);
});

test('with room enough only images that were not used for very long go', async () => {
  const { clock, gc, names } = collector({ maximumAge: 3_600_000 }, ['a'], 500 * MIB);
  await gc.collect();
  await clock.advance(3_500_000);
  await gc.collect();
  expect(await names()).toEqual(['a']);
  await clock.advance(200_000);
  await gc.collect();
  expect(await names()).toEqual([]);
});

test('of dead containers the newest of each stay, young ones all, and no more than so many', () => {
  const dead = (id: string, createdAt: number, name = 'a', pod = 'p') => ({ id, pod, name, createdAt });
  const three = [dead('a1', 1), dead('a3', 3), dead('a2', 2)];
  const gone = (list: Parameters<typeof containerGarbage>[0], policy: Partial<ContainerGcPolicy> = {}) => containerGarbage(list, { ...DEFAULT_GC_POLICY, ...policy }, 10).map(({ id }) => id);
  expect(gone(three)).toEqual(['a1', 'a2']);
  expect([gone(three, { minimumAge: 9 }), gone(three, { minimumAge: 8 })]).toEqual([[], ['a1']]);
  expect(gone(three, { minimumAge: 7, mostPerContainer: 0 })).toEqual(['a1', 'a2', 'a3']);
  expect(gone(three, { mostPerContainer: -1 })).toEqual([]);
  const many = [...three, dead('b1', 4, 'b'), dead('b2', 5, 'b'), dead('c1', 6, 'c', 'q')];
  expect(gone(many, { mostPerContainer: -1, most: 4 })).toEqual(['a1', 'a2', 'b1']);
  expect(gone(many, { mostPerContainer: -1, most: 2 })).toEqual(['a1', 'a2', 'a3', 'b1']);
  expect(gone(many, { mostPerContainer: -1, most: 0 })).toHaveLength(6);
});

test('disk is freed beyond the threshold by what is to be reclaimed, and until then nobody comes', async () => {
  const { at, manager, clock } = setUp({ hard: { 'imagefs.available': '10%' }, minimumReclaim: { 'imagefs.available': '100Mi' }, pressureTransitionPeriod: 0 }, [podNamed('a'), podNamed('b')]);
  await using _ = manager;
  at.node = nodeWith({ imageFs: fs(50 * MIB), dedicatedImageFs: true });
  // Above the threshold, but not by as much as is to be freed.
  at.onReclaim = () => (at.node = nodeWith({ imageFs: fs(150 * MIB), dedicatedImageFs: true }));
  await manager.synchronize();
  expect([at.reclaimed, at.evicted.length, manager.conditions]).toEqual([['containers', 'images'], 1, ['DiskPressure']]);
  at.onReclaim = () => {};
  await clock.advance(1000);
  at.node = nodeWith({ imageFs: fs(250 * MIB), dedicatedImageFs: true });
  await manager.synchronize();
  expect([at.evicted.length, manager.conditions]).toEqual([1, []]);
  expect(at.told).toContain('EvictionThresholdMet: Attempting to reclaim ephemeral-storage');
});

test('a soft threshold that is no longer met in time does nothing', async () => {
  const { at, manager, clock } = setUp({ hard: {}, soft: { 'memory.available': '100Mi' }, softGracePeriod: { 'memory.available': 60_000 }, pressureTransitionPeriod: 20_000 }, [podNamed('a')]);
  await using _ = manager;
  at.node = nodeWith({ usage: usage(950 * MIB) });
  await clock.advance(30_000);
  expect([at.evicted, manager.conditions]).toEqual([[], ['MemoryPressure']]);
  at.node = nodeWith();
  await clock.advance(10_000);
  at.node = nodeWith({ usage: usage(950 * MIB) });
  await clock.advance(50_000);
  expect(at.evicted).toEqual([]);
  at.node = nodeWith();
  await clock.advance(40_000);
  expect(manager.conditions).toEqual([]);
});

test('dead containers that a policy does not keep are removed from the runtime, running ones never', async () => {
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: ['i'] });
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', uid: 'u' }, logDirectory: '/nowhere' });
  const started: string[] = [];
  for (const attempt of [0, 1, 2]) {
    const id = await cri.createContainer({ sandboxId }, { metadata: { name: 'c', attempt }, image: { image: 'i' }, logPath: `c/${attempt}.log`, labels: { 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.container.name': 'c' } });
    await cri.startContainer(id);
    started.push(id);
    if (attempt < 2) cri.exit(id, 1);
    await clock.advance(1000);
  }
  await collectContainers({ cri, clock }, DEFAULT_GC_POLICY);
  expect((await cri.listContainers()).map(({ id }) => id)).toEqual(started.slice(1));
  await collectContainers({ cri, clock }, { ...DEFAULT_GC_POLICY, most: 0 });
  expect((await cri.listContainers()).map(({ id }) => id)).toEqual(started.slice(2));
});
