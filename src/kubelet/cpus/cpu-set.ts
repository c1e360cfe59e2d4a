/** Sets of processors as the kernel writes them: `0-3,8`. */
export type CpuSet = readonly number[];

export function parseCpuSet(text: string): CpuSet {
  const parts = text.trim().split(',').filter((part) => part !== '');
  return parts.flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  }).toSorted((a, b) => a - b);
}

export function formatCpuSet(cpus: CpuSet): string {
  const sorted = cpus.toSorted((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const cpu of sorted) {
    const last = runs.at(-1);
    if (last && cpu === last[1] + 1) last[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}

export const without = (all: CpuSet, some: CpuSet): CpuSet => all.filter((cpu) => !some.includes(cpu));
