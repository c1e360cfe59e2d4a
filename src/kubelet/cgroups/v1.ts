/** cgroup v1: a hierarchy for each controller (https://docs.kernel.org/admin-guide/cgroup-v1/). */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupKernel } from './cgroups.ts';
import { asLimit, exists, makeDirectory, processesIn, readNumber, readTable, write } from './files.ts';

/** @param mount where the hierarchies are: `/sys/fs/cgroup` */
export function cgroupV1(mount: string): CgroupKernel {
  const at = (controller: string, path: string, file = '') => join(mount, controller, path, file);
  return {
    async directories(path) {
      // Links (cpu → cpu,cpuacct) lead to what is listed under its own name.
      const controllers = (await readdir(mount, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
      return controllers.map((controller) => at(controller, path));
    },
    async make(path) {
      if (await exists(at('cpu', path))) return false;
      const made = await Promise.all(['cpu', 'cpuacct', 'memory', 'pids', 'hugetlb'].map(async (controller) => (await exists(join(mount, controller))) && makeDirectory(at(controller, path))));
      return made.some(Boolean);
    },
    setShares: (path, shares) => write(at('cpu', path, 'cpu.shares'), shares),
    async setQuota(path, quota, period) {
      if (quota > 0) await write(at('cpu', path, 'cpu.cfs_period_us'), period);
      await write(at('cpu', path, 'cpu.cfs_quota_us'), quota > 0 ? quota : -1);
    },
    setMemory: (path, bytes) => write(at('memory', path, 'memory.limit_in_bytes'), bytes ?? -1),
    async setMemoryMin() {},
    setPids: (path, count) => write(at('pids', path, 'pids.max'), count),
    setHugepages: (path, size, bytes) => write(at('hugetlb', path, `hugetlb.${size}.limit_in_bytes`), bytes),
    async limits(path) {
      const [shares, quota, period, memory] = await Promise.all([
        readNumber(at('cpu', path, 'cpu.shares')), readNumber(at('cpu', path, 'cpu.cfs_quota_us')), readNumber(at('cpu', path, 'cpu.cfs_period_us')),
        readNumber(at('memory', path, 'memory.limit_in_bytes')),
      ]);
      if (shares === undefined && memory === undefined) return undefined;
      const memoryBytes = asLimit(memory);
      return {
        ...(shares === undefined ? {} : { cpuShares: shares }), ...(quota === undefined || quota <= 0 ? {} : { cpuQuota: quota }),
        ...(period === undefined ? {} : { cpuPeriod: period }), ...(memoryBytes === undefined ? {} : { memoryBytes }),
      };
    },
    async usage(path) {
      const [cpuNanos, usageBytes, stat, limit, processes, withSwap] = await Promise.all([
        readNumber(at('cpuacct', path, 'cpuacct.usage')), readNumber(at('memory', path, 'memory.usage_in_bytes')), readTable(at('memory', path, 'memory.stat')),
        readNumber(at('memory', path, 'memory.limit_in_bytes')), readNumber(at('pids', path, 'pids.current')), readNumber(at('memory', path, 'memory.memsw.usage_in_bytes')),
      ]);
      if (cpuNanos === undefined || usageBytes === undefined || stat === undefined) return undefined;
      const limitBytes = asLimit(limit);
      return {
        cpuNanos,
        memory: {
          usageBytes, workingSetBytes: Math.max(0, usageBytes - (stat.total_inactive_file ?? 0)), rssBytes: stat.total_rss ?? 0,
          pageFaults: stat.total_pgfault ?? 0, majorPageFaults: stat.total_pgmajfault ?? 0, ...(limitBytes === undefined ? {} : { limitBytes }),
          ...(withSwap === undefined ? {} : { swapBytes: Math.max(0, withSwap - usageBytes) }),
        },
        ...(processes === undefined ? {} : { processes }),
      };
    },
    processes: (path) => processesIn(at('memory', path)),
  };
}
