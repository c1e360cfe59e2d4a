/** Chooses processors that lie close together: whole sockets first, then whole cores, then what is left over. Pure. */
import type { CpuSet } from './cpu-set.ts';
import type { Cpu, Topology } from './topology.ts';

/** @returns undefined where there are not so many */
export function takeCpus({ cpus }: Topology, free: CpuSet, count: number): CpuSet | undefined {
  if (free.length < count) return undefined;
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
  takeWhole(({ core }) => core);
  // Cores that are begun already, so that whole ones stay whole.
  const rest = left().toSorted((a, b) => beside(b, taken, cpus) - beside(a, taken, cpus) || siblings(a, left()) - siblings(b, left()) || a.id - b.id);
  taken.push(...rest.slice(0, count - taken.length).map(({ id }) => id));
  return taken.toSorted((a, b) => a - b);
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
