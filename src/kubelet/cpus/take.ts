/** Chooses processors that lie close together: whole sockets first, then whole cores, then what is left over. Pure. */
import type { CpuSet } from './cpu-set.ts';
import type { Cpu, Topology } from './topology.ts';

/** How processors are chosen; all unless said packed as closely as they go. */
export interface TakeOptions {
  /** As many from each memory node, where one alone has too few. */
  readonly acrossNumaNodes?: boolean;
  /** One of each core before a second one of any. */
  readonly acrossCores?: boolean;
  /** From as few last-level caches as will do. */
  readonly byCache?: boolean;
  /** Nothing smaller than a core. */
  readonly wholeCores?: boolean;
}

/** @returns undefined where there are not so many */
export function takeCpus(topology: Topology, free: CpuSet, count: number, options: TakeOptions = {}): CpuSet | undefined {
  if (free.length < count) return undefined;
  if (options.acrossNumaNodes) {
    const spread = takeAcross(topology, free, { count, options });
    if (spread) return spread;
  }
  return options.acrossCores ? takeThin(topology, free, count) : takePacked(topology, free, { count, byCache: options.byCache === true });
}

function takePacked({ cpus }: Topology, free: CpuSet, { count, byCache }: { readonly count: number; readonly byCache: boolean }): CpuSet {
  const taken: number[] = [];
  const left = () => cpus.filter(({ id }) => free.includes(id) && !taken.includes(id));
  const takeWhole = (group: (cpu: Cpu) => string): void => {
    const sizes = sizesOf(cpus, group);
    for (const [key, members] of byFewestNeighbours(left(), group)) {
      const whole = members.length === sizes.get(key);
      if (whole && members.length <= count - taken.length) taken.push(...members.map(({ id }) => id));
    }
  };
  takeWhole(({ socket }) => String(socket));
  if (byCache) takeFromOneCache(left(), { taken, count, takeWhole });
  takeWhole(({ core }) => core);
  // Cores that are begun already, so that whole ones stay whole.
  const rest = left().toSorted((a, b) => beside(b, taken, cpus) - beside(a, taken, cpus) || siblings(a, left()) - siblings(b, left()) || a.id - b.id);
  taken.push(...rest.slice(0, count - taken.length).map(({ id }) => id));
  return taken.toSorted((a, b) => a - b);
}

interface Taking {
  readonly taken: number[];
  readonly count: number;
  readonly takeWhole: (group: (cpu: Cpu) => string) => void;
}

/** Whole caches while more than one is needed, then what is left over from the fullest that still has room for it. */
function takeFromOneCache(left: readonly Cpu[], { taken, count, takeWhole }: Taking): void {
  if (left.every(({ cache }) => cache === undefined)) return;
  takeWhole(cacheOf);
  const missing = count - taken.length;
  const rooms = [...groupBy(left.filter(({ id }) => !taken.includes(id)), cacheOf).values()].filter((members) => members.length >= missing);
  const [room] = rooms.toSorted((a, b) => a.length - b.length || a[0]!.id - b[0]!.id);
  if (missing > 0 && room) taken.push(...takePacked({ cpus: room, numaNodes: [] }, room.map(({ id }) => id), { count: missing, byCache: false }));
}

const cacheOf = ({ cache, socket }: Cpu): string => `${socket}/${cache ?? ''}`;

/** One thread of each core in turn. */
function takeThin({ cpus }: Topology, free: CpuSet, count: number): CpuSet {
  const cores = [...groupBy(cpus.filter(({ id }) => free.includes(id)), ({ core }) => core).values()];
  const rounds = Math.max(...cores.map((members) => members.length));
  const inTurn = Array.from({ length: rounds }, (_, round) => cores.flatMap((members) => members.slice(round, round + 1))).flat();
  return inTurn.slice(0, count).map(({ id }) => id).toSorted((a, b) => a - b);
}

/** The fewest memory nodes that can each give the same; undefined where one alone can, or none that many can evenly. */
function takeAcross(topology: Topology, free: CpuSet, { count, options }: { readonly count: number; readonly options: TakeOptions }): CpuSet | undefined {
  const { cpus } = topology;
  const unit = options.wholeCores ? threadsPerCore(topology) : 1;
  const nodes = [...groupBy(cpus.filter(({ id }) => free.includes(id)), ({ numaNode }) => String(numaNode)).values()].toSorted((a, b) => b.length - a.length);
  for (let many = 1; many <= nodes.length; many++) {
    const share = count / many;
    const chosen = nodes.slice(0, many);
    if (share % unit !== 0 || chosen.some((members) => members.length < share)) continue;
    return chosen.flatMap((members) => takePacked(topology, members.map(({ id }) => id), { count: share, byCache: false })).toSorted((a, b) => a - b);
  }
  return undefined;
}

export const threadsPerCore = ({ cpus }: Topology): number => Math.max(1, Math.round(cpus.length / groupBy(cpus, ({ core }) => core).size));

/** Of the free ones, those whose whole core is free. */
export function ofWholeCores({ cpus }: Topology, free: CpuSet): CpuSet {
  const cores = groupBy(cpus, ({ core }) => core);
  return cpus.filter(({ id, core }) => free.includes(id) && cores.get(core)!.every((sibling) => free.includes(sibling.id))).map(({ id }) => id);
}

function groupBy(cpus: readonly Cpu[], group: (cpu: Cpu) => string): ReadonlyMap<string, readonly Cpu[]> {
  const groups = new Map<string, Cpu[]>();
  for (const cpu of cpus) groups.set(group(cpu), [...(groups.get(group(cpu)) ?? []), cpu]);
  return groups;
}

const sizesOf = (cpus: readonly Cpu[], group: (cpu: Cpu) => string): ReadonlyMap<string, number> => new Map([...groupBy(cpus, group)].map(([key, members]) => [key, members.length]));

/** On the socket that has least left first. */
function byFewestNeighbours(free: readonly Cpu[], group: (cpu: Cpu) => string): readonly (readonly [string, readonly Cpu[]])[] {
  const onSocket = sizesOf(free, ({ socket }) => String(socket));
  return [...groupBy(free, group)].toSorted(([, [a]], [, [b]]) => onSocket.get(String(a!.socket))! - onSocket.get(String(b!.socket))! || a!.id - b!.id);
}

/** How near a processor is to what was taken: on the same core, socket, or neither. */
function beside(cpu: Cpu, taken: readonly number[], cpus: readonly Cpu[]): number {
  const near = cpus.filter(({ id }) => taken.includes(id));
  return near.some(({ core }) => core === cpu.core) ? 2 : near.some(({ socket }) => socket === cpu.socket) ? 1 : 0;
}

const siblings = ({ core }: Cpu, free: readonly Cpu[]): number => free.filter((other) => other.core === core).length;
