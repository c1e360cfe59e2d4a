import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceManager } from '../devices/device-manager.ts';
import { dedicated } from '../devices/dedicated.ts';
import { Inventory } from '../devices/inventory.ts';
import { podOf } from '../testing/pods.ts';
import { noCpuManager, openCpuManager } from './cpu-manager.ts';
import { formatCpuSet, parseCpuSet } from './cpu-set.ts';
import { hintsFor, mergeHints } from './hints.ts';
import type { TopologyPolicy } from './hints.ts';
import { noMemoryManager, openMemoryManager } from './memory-manager.ts';
import { parseCpuPolicyOptions } from './policy-options.ts';
import { takeCpus } from './take.ts';
import { parseTopologyOptions, spreadOf } from './topology-options.ts';
import { readTopology } from './topology.ts';
import type { Topology } from './topology.ts';

const GIB = 1024 ** 3;
/** Two sockets, each a memory node of 8 GiB with two cores of two threads: 0-3 are first threads, 4-7 their siblings. */
const machine: Topology = {
  cpus: [0, 1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, core: String(id % 4), socket: (id % 4) < 2 ? 0 : 1, numaNode: (id % 4) < 2 ? 0 : 1 })),
  numaNodes: [{ id: 0, memoryBytes: 8 * GIB }, { id: 1, memoryBytes: 8 * GIB }],
};
const all = machine.cpus.map(({ id }) => id);
const guaranteed = (uid: string, cpu: string, memory = '1Gi') => podOf({ containers: [{ name: 'a', resources: { requests: { cpu, memory }, limits: { cpu, memory } } }] }, { uid });
const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-cpus-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
};
/** No plugin: pods of these tests want no devices. */
const noDevices = { inventory: new Inventory(), allocate: async () => {}, holdings: () => [], releaseUnless: async () => {}, release: async () => {}, prepare: async () => {} } as unknown as DeviceManager;

test('sets of processors are read and written as the kernel does', () => {
  expect(parseCpuSet('0-2,5,7-8\n')).toEqual([0, 1, 2, 5, 7, 8]);
  expect(['0-2,5,7-8', '', '3'].map((text) => formatCpuSet(parseCpuSet(text)))).toEqual(['0-2,5,7-8', '', '3']);
});

test('the machine\'s processors as /sys tells of them', async () => {
  await using at = await temporary();
  const files: Record<string, string> = { 'cpu/online': '0-1', 'node/node0/cpulist': '0', 'node/node1/cpulist': '1', 'node/node0/meminfo': 'Node 0 MemTotal:       1024 kB', 'node/node1/meminfo': 'Node 1 MemTotal:       2048 kB', 'node/node1/hugepages/hugepages-2048kB/nr_hugepages': '3', 'node/node1/hugepages/hugepages-1048576kB/nr_hugepages': '0' };
  for (const cpu of [0, 1]) Object.assign(files, { [`cpu/cpu${cpu}/topology/physical_package_id`]: String(cpu), [`cpu/cpu${cpu}/topology/core_id`]: '0' });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(at.dir, 'devices/system', path)), { recursive: true });
    await writeFile(join(at.dir, 'devices/system', path), `${text}\n`);
  }
  expect(await readTopology(at.dir)).toEqual({
    cpus: [{ id: 0, socket: 0, core: '0/0', numaNode: 0 }, { id: 1, socket: 1, core: '1/0', numaNode: 1 }],
    numaNodes: [{ id: 0, memoryBytes: 1024 ** 2 }, { id: 1, memoryBytes: 2 * 1024 ** 2, hugepages: { 'hugepages-2Mi': 6 * 1024 ** 2, 'hugepages-1Gi': 0 } }],
  });
});

test('processors are taken by sockets, then by cores, then from what is begun', () => {
  expect(takeCpus(machine, all, 4)).toEqual([0, 1, 4, 5]);
  expect(takeCpus(machine, all, 2)).toEqual([0, 4]);
  expect(takeCpus(machine, all, 3)).toEqual([0, 1, 4]);
  expect(takeCpus(machine, [1, 2, 3, 5, 6, 7], 2)).toEqual([1, 5]);
  expect(takeCpus(machine, [4, 2, 3, 6, 7], 1)).toEqual([4]);
  expect(takeCpus(machine, [1], 2)).toBeUndefined();
});

test('a guaranteed container that asks for whole processors has them alone, and the kubelet remembers', async () => {
  await using at = await temporary();
  const open = () => openCpuManager({ rootDir: at.dir, topology: machine, reserved: [0] });
  const cpus = await open();
  const own = dedicated({ devices: noDevices, cpus });
  for (const [uid, cpu] of [['whole', '2'], ['part', '1500m']] as const) expect(await own.allocate(guaranteed(uid, cpu), () => true)).toBeUndefined();
  expect(own.of(guaranteed('whole', '1'), 'a')).toMatchObject({ cpuset: { cpus: '1,5', mems: '' }, ownCpus: true });
  expect(own.of(guaranteed('part', '1'), 'a')).toMatchObject({ cpuset: { cpus: '0,2-4,6-7' }, ownCpus: false });
  expect(await own.allocate(guaranteed('much', '6'), () => true)).toEqual({ reason: 'UnexpectedAdmissionError', message: 'Allocate failed due to not enough cpus available to satisfy request: requested=6, available=5, which is unexpected' });
  expect(JSON.parse(await readFile(join(at.dir, 'cpu_manager_state'), 'utf8'))).toEqual({ policyName: 'static', defaultCpuSet: '0,2-4,6-7', entries: { whole: { a: '1,5' } }, checksum: expect.any(Number) });
  const again = await open();
  expect(again.of('whole', 'a')).toEqual([1, 5]);
  await again.release('whole');
  expect(again.shared).toEqual(all);
  await expect(openCpuManager({ rootDir: at.dir, topology: machine, reserved: [] })).rejects.toThrow('unable to determine reserved CPU resources for static policy');
});

test('a state that was damaged, is another policy\'s or cannot be this machine\'s is not guessed at', async () => {
  await using at = await temporary();
  const path = join(at.dir, 'cpu_manager_state');
  const open = (reserved = [0]) => openCpuManager({ rootDir: at.dir, topology: machine, reserved }).then(() => 'opened', (error: Error) => error.message);
  const refused = (why: string, what = 'CPU manager', file = path) => `could not restore state from checkpoint: ${why}, please drain this node and delete the ${what} checkpoint file "${file}" before restarting Kubelet`;
  const cpus = await openCpuManager({ rootDir: at.dir, topology: machine, reserved: [0] });
  await cpus.assign(guaranteed('a', '2'), guaranteed('a', '2').spec.containers[0]!, undefined);
  const text = await readFile(path, 'utf8');
  expect(await open()).toBe('opened');
  expect(await open([0, 1])).toBe('not all reserved cpus: "0-1" are present in defaultCpuSet: "0,2-4,6-7"');
  await expect(noCpuManager(at.dir)).rejects.toThrow(refused('configured policy "none" differs from state checkpoint policy "static"'));
  await writeFile(path, text.replace('0,2-4,6-7', '0-7'));
  expect(await open()).toBe(refused('checkpoint is corrupted'));
  await writeFile(path, text.slice(0, 20));
  expect(await open()).toBe(refused('unexpected end of JSON input'));
  const { checksum: _checksum, ...state } = JSON.parse(text) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...state, defaultCpuSet: '0-7' }));
  expect(await open()).toBe('pod: a, container: a cpuset: "1,5" overlaps with default cpuset "0-7"');
  await writeFile(path, JSON.stringify({ ...state, defaultCpuSet: '0,2-4,6-8' }));
  expect(await open()).toBe('current set of available CPUs "0-7" doesn\'t match with CPUs in state "0-8"');

  const file = join(at.dir, 'memory_manager_state');
  const memory = (reserved = new Map<number, number>()) => openMemoryManager({ topology: machine, rootDir: at.dir, reserved }).then((opened) => opened, (error: Error) => error.message);
  const pod = guaranteed('a', '1', '6Gi');
  await (await openMemoryManager({ topology: machine, rootDir: at.dir })).assign(pod, pod.spec.containers[0]!, [0]);
  expect(await memory()).toMatchObject({ holders: ['a'] });
  expect(await memory(new Map([[0, GIB]]))).toBe('[memorymanager] the expected machine state is different from the real one');
  await expect(noMemoryManager(at.dir)).rejects.toThrow(refused('[memorymanager] configured policy "None" differs from state checkpoint policy "Static"', 'memory manager', file));
  await writeFile(file, '{"checksum":1}');
  expect(await memory()).toBe(refused('checkpoint is corrupted', 'memory manager', file));
});

test('an init container\'s processors go on to the containers after it', async () => {
  await using at = await temporary();
  const cpus = await openCpuManager({ rootDir: at.dir, topology: machine, reserved: [0, 1, 2, 3] });
  const resources = { requests: { cpu: '4', memory: '1Gi' }, limits: { cpu: '4', memory: '1Gi' } };
  const pod = podOf({ initContainers: [{ name: 'i', resources }], containers: [{ name: 'a', resources }] }, { uid: 'p' });
  expect(await dedicated({ devices: noDevices, cpus }).allocate(pod, () => true)).toBeUndefined();
  expect([cpus.of('p', 'i'), cpus.of('p', 'a')]).toEqual([[4, 5, 6, 7], [4, 5, 6, 7]]);
});

test('hints name the fewest memory nodes that do, and policies decide what happens when they disagree', () => {
  const nodes = [0, 1];
  const supply = (needed: number, free: readonly number[], full: readonly number[]) => hintsFor(nodes, { needed, free: new Map(free.entries()), all: new Map(full.entries()) });
  expect(supply(2, [1, 4], [4, 4])).toEqual([{ nodes: [1], preferred: true }, { nodes: [0, 1], preferred: false }]);
  expect(supply(4, [3, 3], [4, 4])).toEqual([{ nodes: [0, 1], preferred: false }]);
  expect(supply(0, [3, 3], [4, 4])).toBeUndefined();
  const zero = { nodes: [0], preferred: true };
  const one = { nodes: [1], preferred: true };
  const both = { nodes: [0, 1], preferred: false };
  const merged = (policy: TopologyPolicy, ...providers: Parameters<typeof mergeHints>[2]) => mergeHints({ policy }, nodes, providers);
  expect(merged('restricted', [zero, one, both], [one, both])).toEqual({ nodes: [1], admit: true });
  expect(merged('best-effort', [zero], [one])).toMatchObject({ admit: true });
  expect(merged('restricted', [zero, both], [one, both])).toMatchObject({ admit: false });
  expect(merged('restricted', [{ nodes: [0, 1], preferred: true }])).toEqual({ nodes: [0, 1], admit: true });
  expect(merged('single-numa-node', [{ nodes: [0, 1], preferred: true }])).toMatchObject({ admit: false });
  expect(merged('none', [zero])).toEqual({ nodes: undefined, admit: true });
});

test('processors and memory come from one memory node, or the pod is refused', async () => {
  await using at = await temporary();
  const cpus = await openCpuManager({ rootDir: at.dir, topology: machine, reserved: [0] });
  const memory = await openMemoryManager({ topology: machine, rootDir: at.dir });
  const own = dedicated({ devices: noDevices, cpus, memory, topology: machine, policy: 'single-numa-node' });
  expect(await own.allocate(guaranteed('a', '4', '6Gi'), () => true)).toBeUndefined();
  expect(own.of(guaranteed('a', '1'), 'a').cpuset).toEqual({ cpus: '2-3,6-7', mems: '1' });
  expect(await own.allocate(guaranteed('b', '2', '6Gi'), () => true)).toBeUndefined();
  expect(own.of(guaranteed('b', '1'), 'a').cpuset).toEqual({ cpus: '1,5', mems: '0' });
  expect(await own.allocate(guaranteed('c', '1', '4Gi'), () => true)).toEqual({ reason: 'TopologyAffinityError', message: 'Resources cannot be allocated with Topology locality' });
  expect((await openMemoryManager({ topology: machine, rootDir: at.dir })).nodesOf('a', 'a')).toEqual([1]);
  await own.release('a');
  expect(await own.allocate(guaranteed('c', '1', '4Gi'), () => true)).toBeUndefined();
  expect(await own.allocate(guaranteed('d', '1', '4Gi'), (uid) => uid !== 'c')).toBeUndefined();
});

test('with the pod scope all its containers lie together', async () => {
  await using at = await temporary();
  const cpus = await openCpuManager({ rootDir: at.dir, topology: machine, reserved: [7] });
  const resources = { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } };
  const pod = podOf({ containers: [{ name: 'a', resources }, { name: 'b', resources }] }, { uid: 'p' });
  expect(await dedicated({ devices: noDevices, cpus, topology: machine, policy: 'single-numa-node', scope: 'pod' }).allocate(pod, () => true)).toBeUndefined();
  expect([...cpus.of('p', 'a')!, ...cpus.of('p', 'b')!].toSorted()).toEqual([0, 1, 4, 5]);
});

test('options of the static policy are upstream\'s, and some do not go together', () => {
  expect(parseCpuPolicyOptions({ 'full-pcpus-only': 'true', 'strict-cpu-reservation': 'false' })).toEqual({ wholeCores: true, strictReservation: false });
  expect(() => parseCpuPolicyOptions({ speed: 'true' })).toThrow('unsupported cpumanager option: "speed" (true)');
  expect(() => parseCpuPolicyOptions({ 'full-pcpus-only': 'true', 'distribute-cpus-across-cores': 'true' })).toThrow('FullPhysicalCPUsOnly and DistributeCPUsAcrossCores can not be used at the same time');
});

test('with full-pcpus-only a container has whole cores or is refused', async () => {
  await using at = await temporary();
  const cpus = await openCpuManager({ rootDir: at.dir, topology: machine, reserved: [0], options: { wholeCores: true } });
  const own = dedicated({ devices: noDevices, cpus });
  expect(await own.allocate(guaranteed('odd', '3'), () => true)).toEqual({ reason: 'SMTAlignmentError', message: 'SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2' });
  expect(await own.allocate(guaranteed('two', '2'), () => true)).toBeUndefined();
  expect(cpus.of('two', 'a')).toEqual([1, 5]);
  expect(await own.allocate(guaranteed('much', '6'), () => true)).toEqual({
    reason: 'SMTAlignmentError', message: 'SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 4, requested CPUs = 6, CPUs per core = 2',
  });
});

test('with strict-cpu-reservation nobody shares what is reserved', async () => {
  await using at = await temporary();
  const cpus = await openCpuManager({ rootDir: at.dir, topology: machine, reserved: [0, 4], options: { strictReservation: true } });
  expect(formatCpuSet(cpus.shared)).toBe('1-3,5-7');
});

test('processors are spread over memory nodes or cores, or kept to one cache, as options say', () => {
  expect(takeCpus(machine, [1, 2, 3, 5, 6, 7], 4, { acrossNumaNodes: true })).toEqual([2, 3, 6, 7]);
  expect(takeCpus(machine, [0, 1, 2, 4, 6], 4, { acrossNumaNodes: true })).toEqual([0, 2, 4, 6]);
  expect(takeCpus(machine, all, 4, { acrossCores: true })).toEqual([0, 1, 2, 3]);
  // Four cores in caches of two; one thread of the first is taken.
  const cached: Topology = { ...machine, cpus: machine.cpus.map((cpu) => ({ ...cpu, socket: 0, numaNode: 0, cache: cpu.id % 4 < 2 ? 0 : 1 })) };
  expect(takeCpus(cached, [1, 2, 3, 4, 5, 6, 7], 3, { byCache: true })).toEqual([1, 4, 5]);
  expect(takeCpus(cached, [1, 2, 3, 4, 5, 6, 7], 4, { byCache: true })).toEqual([2, 3, 6, 7]);
});

test('which memory is whose is written as upstream writes it', async () => {
  await using at = await temporary();
  const memory = await openMemoryManager({ topology: machine, rootDir: at.dir, reserved: new Map([[0, GIB]]) });
  const pod = guaranteed('a', '1', '6Gi');
  await memory.assign(pod, pod.spec.containers[0]!, [0]);
  const state = JSON.parse(await readFile(join(at.dir, 'memory_manager_state'), 'utf8'));
  expect(state).toMatchObject({
    policyName: 'Static', entries: { a: { a: [{ numaAffinity: [0], type: 'memory', size: 6 * GIB }] } },
    machineState: { 0: { numberOfAssignments: 1, cells: [0], memoryMap: { memory: { total: 8 * GIB, systemReserved: GIB, allocatable: 7 * GIB, reserved: 6 * GIB, free: GIB } } } },
  });
  expect(state.machineState[0].memoryMap).not.toHaveProperty('hugepages-2Mi');
  const more = guaranteed('b', '1', '20Gi');
  await expect(memory.assign(more, more.spec.containers[0]!, undefined)).rejects.toThrow('[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available');
});

test('huge pages are of the nodes that the rest of the memory is of, and no part of it', async () => {
  await using at = await temporary();
  const huge: Topology = { ...machine, numaNodes: machine.numaNodes.map((node) => ({ ...node, hugepages: { 'hugepages-1Gi': 0, 'hugepages-2Mi': node.id === 1 ? 2 * GIB : 0 } })) };
  const memory = await openMemoryManager({ topology: huge, rootDir: at.dir });
  const resources = { cpu: '1', memory: '1Gi', 'hugepages-2Mi': '1Gi' };
  const pod = podOf({ containers: [{ name: 'a', resources: { requests: resources, limits: resources } }] }, { uid: 'huge' });
  expect(memory.hints(pod, pod.spec.containers)).toEqual([{ nodes: [1], preferred: true }, { nodes: [0, 1], preferred: false }]);
  await memory.assign(pod, pod.spec.containers[0]!, undefined);
  const state = JSON.parse(await readFile(join(at.dir, 'memory_manager_state'), 'utf8'));
  expect(state.entries).toEqual({ huge: { a: [{ numaAffinity: [1], type: 'memory', size: GIB }, { numaAffinity: [1], type: 'hugepages-2Mi', size: GIB }] } });
  expect(state.machineState[1].memoryMap).toEqual({
    memory: { total: 8 * GIB, systemReserved: 0, allocatable: 6 * GIB, reserved: GIB, free: 5 * GIB },
    'hugepages-2Mi': { total: 2 * GIB, systemReserved: 0, allocatable: 2 * GIB, reserved: GIB, free: GIB }, 'hugepages-1Gi': { total: 0, systemReserved: 0, allocatable: 0, reserved: 0, free: 0 },
  });
  // A node that is somebody's alone is given with no other.
  const large = guaranteed('large', '1', '12Gi');
  expect(memory.hints(large, large.spec.containers)).toEqual([]);
  const none = podOf({ containers: [{ name: 'a', resources: { requests: { ...resources, 'hugepages-1Gi': '1Gi' }, limits: { ...resources, 'hugepages-1Gi': '1Gi' } } }] }, { uid: 'none' });
  await expect(memory.assign(none, none.spec.containers[0]!, undefined)).rejects.toThrow('no NUMA nodes with enough memory is available');
  expect(await openMemoryManager({ topology: huge, rootDir: at.dir })).toMatchObject({ holders: ['huge'] });
});

test('where sockets count, memory nodes of one socket do as well as one', async () => {
  const oneSocket: Topology = { ...machine, cpus: machine.cpus.map((cpu) => ({ ...cpu, socket: 0 })) };
  const verdict = async (bySocket: boolean) => {
    await using at = await temporary();
    const cpus = await openCpuManager({ rootDir: at.dir, topology: oneSocket, reserved: [0], options: { bySocket } });
    // Two are left on either memory node.
    for (const [uid, cpu, node] of [['x', '1', 0], ['y', '2', 1]] as const) await cpus.assign(guaranteed(uid, cpu), guaranteed(uid, cpu).spec.containers[0]!, [node]);
    return await dedicated({ devices: noDevices, cpus, topology: oneSocket, policy: 'restricted' }).allocate(guaranteed('three', '3'), () => true);
  };
  expect([(await verdict(false))?.reason, await verdict(true)]).toEqual(['TopologyAffinityError', undefined]);
});

test('options of the topology manager are upstream\'s', () => {
  expect(parseTopologyOptions({ 'prefer-closest-numa-nodes': 'true', 'max-allowable-numa-nodes': '9' }, 9)).toEqual({ closest: true });
  expect(parseTopologyOptions(undefined, 8)).toEqual({ closest: false });
  expect(() => parseTopologyOptions({ near: 'true' }, 1)).toThrow('unknown Topology Manager Policy option: "near"');
  expect(() => parseTopologyOptions({}, 9)).toThrow('unsupported on machines with more than 8 NUMA Nodes');
});

test('of as many memory nodes those are taken that are closest to each other', () => {
  const far: Topology = { cpus: [], numaNodes: [[10, 30, 12], [30, 10, 30], [12, 30, 10]].map((distances, id) => ({ id, memoryBytes: GIB, distances })) };
  const pairs = [[0, 1], [0, 2], [1, 2]].map((nodes) => ({ nodes, preferred: true }));
  expect(mergeHints({ policy: 'restricted', spreadOf: spreadOf(far) }, [0, 1, 2], [pairs]).nodes).toEqual([0, 2]);
  expect(mergeHints({ policy: 'restricted' }, [0, 1, 2], [pairs]).nodes).toEqual([0, 1]);
});
