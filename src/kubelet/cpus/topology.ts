/** Where this machine's processors and memory are. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCpuSet } from './cpu-set.ts';

export interface Cpu {
  readonly id: number;
  /** Unique in the machine. */
  readonly core: string;
  readonly socket: number;
  readonly numaNode: number;
  /** Those that share a last-level cache; absent where the machine does not say. */
  readonly cache?: number;
}

export interface NumaNode {
  readonly id: number;
  readonly memoryBytes: number;
  /** What of it is huge pages, by their resource: `hugepages-2Mi`. Absent where the machine has none of any size. */
  readonly hugepages?: Readonly<Record<string, number>>;
  /** To each memory node, itself included, in the order of their numbers. */
  readonly distances?: readonly number[];
}

export interface Topology {
  readonly cpus: readonly Cpu[];
  readonly numaNodes: readonly NumaNode[];
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').then((text) => text.trim(), () => '');

/** @param sys `/sys`, or a recorded tree like it */
export async function readTopology(sys = '/sys'): Promise<Topology> {
  const system = join(sys, 'devices', 'system');
  const online = parseCpuSet(await read(join(system, 'cpu', 'online')));
  const dirs = (await readdir(join(system, 'node')).catch(() => [])).filter((name) => /^node\d+$/.test(name));
  const nodes = await Promise.all(dirs.map(async (name) => ({
    id: Number(name.slice(4)), cpus: parseCpuSet(await read(join(system, 'node', name, 'cpulist'))),
    memoryBytes: Number(/MemTotal:\s+(\d+) kB/.exec(await read(join(system, 'node', name, 'meminfo')))?.[1] ?? 0) * 1024,
    hugepages: await hugepagesOf(join(system, 'node', name, 'hugepages')),
    distances: (await read(join(system, 'node', name, 'distance'))).split(/\s+/).filter((text) => text !== '').map(Number),
  })));
  const cpus = await Promise.all(online.map(async (id): Promise<Cpu> => {
    const dir = join(system, 'cpu', `cpu${id}`, 'topology');
    const [socket, core, cache] = await Promise.all([read(join(dir, 'physical_package_id')), read(join(dir, 'core_id')), read(join(system, 'cpu', `cpu${id}`, 'cache', 'index3', 'id'))]);
    return { id, socket: Number(socket), core: `${socket}/${core || id}`, numaNode: nodes.find((node) => node.cpus.includes(id))?.id ?? 0, ...(cache === '' ? {} : { cache: Number(cache) }) };
  }));
  return { cpus, numaNodes: nodes.map(({ id, memoryBytes, hugepages, distances }) => ({ id, memoryBytes, ...(Object.keys(hugepages).length > 0 ? { hugepages } : {}), ...(distances.length > 0 ? { distances } : {}) })).toSorted((a, b) => a.id - b.id) };
}

/** Bytes by resource; sizes of which there are no pages count as well. */
async function hugepagesOf(dir: string): Promise<Readonly<Record<string, number>>> {
  const sizes = (await readdir(dir).catch(() => [])).filter((name) => /^hugepages-\d+kB$/.test(name)).toSorted();
  const pairs = await Promise.all(sizes.map(async (name) => {
    const kib = Number(name.slice('hugepages-'.length, -2));
    const size = kib % 1024 ** 2 === 0 ? `${kib / 1024 ** 2}Gi` : kib % 1024 === 0 ? `${kib / 1024}Mi` : `${kib}Ki`;
    return [`hugepages-${size}`, Number(await read(join(dir, name, 'nr_hugepages'))) * kib * 1024] as const;
  }));
  return Object.fromEntries(pairs);
}
