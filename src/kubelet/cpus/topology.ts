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
    distances: (await read(join(system, 'node', name, 'distance'))).split(/\s+/).filter((text) => text !== '').map(Number),
  })));
  const cpus = await Promise.all(online.map(async (id): Promise<Cpu> => {
    const dir = join(system, 'cpu', `cpu${id}`, 'topology');
    const [socket, core, cache] = await Promise.all([read(join(dir, 'physical_package_id')), read(join(dir, 'core_id')), read(join(system, 'cpu', `cpu${id}`, 'cache', 'index3', 'id'))]);
    return { id, socket: Number(socket), core: `${socket}/${core || id}`, numaNode: nodes.find((node) => node.cpus.includes(id))?.id ?? 0, ...(cache === '' ? {} : { cache: Number(cache) }) };
  }));
  return { cpus, numaNodes: nodes.map(({ id, memoryBytes, distances }) => ({ id, memoryBytes, ...(distances.length > 0 ? { distances } : {}) })).toSorted((a, b) => a.id - b.id) };
}
