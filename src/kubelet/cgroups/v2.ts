/** cgroup v2: one hierarchy for all controllers (https://docs.kernel.org/admin-guide/cgroup-v2.html). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupKernel } from './cgroups.ts';
import { asLimit, exists, makeDirectory, processesIn, readNumber, readTable, readText, write } from './files.ts';

/** cgroup v2 weighs CPU from 1 to 10,000; shares of 2 to 262,144 are mapped onto that, as upstream and runc do. */
export const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9999) / 262_142);
export const sharesOfWeight = (weight: number): number => Math.ceil(((weight - 1) * 262_142) / 9999) + 2;

export interface CgroupV2Options {
  /** Where the hierarchy is: `/sys/fs/cgroup`. */
  readonly mount: string;
  /** `/proc`: the root cgroup has no memory.current. */
  readonly proc: string;
}

export function cgroupV2({ mount, proc }: CgroupV2Options): CgroupKernel {
  const at = (path: string, file = '') => join(mount, path, file);
  return {
    directories: async (path) => [at(path)],
    async make(path) {
      if (await exists(at(path))) return false;
      let dir = mount;
      for (const part of path.split('/').filter((name) => name !== '')) {
        // A controller works in a directory only if its parent passes it on.
        const controllers = ((await readText(join(dir, 'cgroup.controllers'))) ?? '').split(' ').filter((name) => name !== '');
        for (const controller of controllers) await writeFile(join(dir, 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
        dir = join(dir, part);
        await makeDirectory(dir);
      }
      return true;
    },
    setShares: (path, shares) => write(at(path, 'cpu.weight'), weightOf(shares)),
    setQuota: (path, quota, period) => write(at(path, 'cpu.max'), `${quota > 0 ? quota : 'max'} ${period}`),
    setMemory: (path, bytes) => write(at(path, 'memory.max'), bytes ?? 'max'),
    setMemoryMin: (path, bytes) => write(at(path, 'memory.min'), bytes),
    setPids: (path, count) => write(at(path, 'pids.max'), count),
    setHugepages: (path, size, bytes) => write(at(path, `hugetlb.${size}.max`), bytes),
    async limits(path) {
      const [weight, max, memory] = await Promise.all([readNumber(at(path, 'cpu.weight')), readText(at(path, 'cpu.max')), readNumber(at(path, 'memory.max'))]);
      if (weight === undefined && memory === undefined && max === undefined) return undefined;
      const [quota = 'max', period] = max?.split(' ') ?? [];
      const memoryBytes = asLimit(memory);
      return {
        ...(weight === undefined ? {} : { cpuShares: sharesOfWeight(weight) }), ...(quota === 'max' ? {} : { cpuQuota: Number(quota) }),
        ...(period === undefined ? {} : { cpuPeriod: Number(period) }), ...(memoryBytes === undefined ? {} : { memoryBytes }),
      };
    },
    async usage(path) {
      const [cpu, current, stat, max, processes, swap] = await Promise.all([
        readTable(at(path, 'cpu.stat')), readNumber(at(path, 'memory.current')), readTable(at(path, 'memory.stat')), readNumber(at(path, 'memory.max')),
        readNumber(at(path, 'pids.current')), readNumber(at(path, 'memory.swap.current')),
      ]);
      const usageBytes = current ?? (path === '/' ? await usedOfMachine(proc) : undefined);
      if (cpu === undefined || usageBytes === undefined || stat === undefined) return undefined;
      const limitBytes = asLimit(max);
      return {
        cpuNanos: (cpu.usage_usec ?? 0) * 1000,
        memory: {
          usageBytes, workingSetBytes: Math.max(0, usageBytes - (stat.inactive_file ?? 0)), rssBytes: stat.anon ?? 0,
          pageFaults: stat.pgfault ?? 0, majorPageFaults: stat.pgmajfault ?? 0, ...(limitBytes === undefined ? {} : { limitBytes }), ...(swap === undefined ? {} : { swapBytes: swap }),
        },
        ...(processes === undefined ? {} : { processes }),
      };
    },
    processes: (path) => processesIn(at(path)),
  };
}

async function usedOfMachine(proc: string): Promise<number | undefined> {
  const text = await readText(join(proc, 'meminfo'));
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1] ?? 0);
  return text === undefined ? undefined : (kib('MemTotal') - kib('MemFree')) * 1024;
}
