/** This machine's cgroups: `<root>/kubepods[/burstable|/besteffort]/pod<uid>[/<container>]`, on cgroup v1 and v2. */
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { QosClass } from '../../kinds/core/pod-qos.ts';
import { sharesOf } from '../containers/resources.ts';
import type { PodLimits } from '../containers/resources.ts';
import type { CgroupKernel, Cgroups } from './cgroups.ts';
import { endProcess } from '../processes.ts';
import { exists, processesIn } from './files.ts';
import { cgroupV1 } from './v1.ts';
import { cgroupV2 } from './v2.ts';

const CLASSES: Readonly<Record<QosClass, string>> = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' };

export interface SystemCgroupsOptions {
  readonly clock: Clock;
  /** Another tree than this machine's: a recorded one. */
  readonly mount?: string;
  readonly proc?: string;
  /** Ends a process at once. */
  readonly kill?: (pid: number) => void;
}

/** @param root this kubelet's alone: `/knarr/node-1` */
export async function systemCgroups(root: string, { clock, mount = '/sys/fs/cgroup', proc = '/proc', kill = endProcess }: SystemCgroupsOptions): Promise<Cgroups> {
  const unified = await exists(join(mount, 'cgroup.controllers'));
  const kernel = unified ? cgroupV2({ mount, proc }) : cgroupV1(mount);
  const podsPath = join(root, 'kubepods');
  const qosPaths = Object.values(CLASSES).map((dir) => join(podsPath, dir));
  return {
    unified, podsPath,
    pathOf: (uid, qos) => join(podsPath, CLASSES[qos], `pod${uid}`),
    async ensure(path, limits) {
      if (await kernel.make(path)) await limit(kernel, path, limits);
    },
    update: (path, resource, limits) => (resource === 'cpu' ? limitCpu(kernel, path, limits) : kernel.setMemory(path, limits.memoryBytes)),
    async remove(uid) {
      for (const qosPath of qosPaths) for (const dir of await kernel.directories(join(qosPath, `pod${uid}`))) await removeTree(dir, { clock, kill });
    },
    async weigh(burstableMilliCpu) {
      for (const [path, milliCpu] of [[CLASSES.Burstable, burstableMilliCpu], [CLASSES.BestEffort, 0]] as const) {
        await kernel.make(join(podsPath, path));
        await kernel.setShares(join(podsPath, path), sharesOf(milliCpu));
      }
    },
    async enforce({ milliCpu, memoryBytes, pids }) {
      await kernel.make(podsPath);
      await kernel.setShares(podsPath, sharesOf(milliCpu));
      // A machine that lends its own limits to nobody (a container, say) may refuse: then the machine's own hold.
      await kernel.setMemory(podsPath, memoryBytes > 0 ? memoryBytes : undefined).catch(() => {});
      if (pids !== undefined) await kernel.setPids(podsPath, pids);
    },
    async hold(path, { milliCpu, memoryBytes, pids }) {
      const dirs = await Promise.all((await kernel.directories(path)).map(exists));
      if (!dirs.includes(true)) throw new Error(`"${path}" cgroup does not exist`);
      if (milliCpu > 0) await kernel.setShares(path, sharesOf(milliCpu));
      if (memoryBytes > 0) await kernel.setMemory(path, memoryBytes);
      if (pids !== undefined) await kernel.setPids(path, pids);
    },
    async pods() {
      const dirs = (await Promise.all(qosPaths.map((path) => kernel.directories(path)))).flat();
      const names = await Promise.all(dirs.map((dir) => readdir(dir).catch(() => [])));
      return [...new Set(names.flat().filter((name) => /^pod[0-9a-f-]{36}$/.test(name)).map((name) => name.slice(3)))];
    },
    limitsOf: (path) => kernel.limits(path),
    async usageOf(path) {
      const usage = await kernel.usage(path);
      return usage && { ...usage, at: clock.now() };
    },
    processesOf: (path) => kernel.processes(path),
  };
}

/** Of a new one. What the machine refuses is left to the containers' own limits. */
async function limit(kernel: CgroupKernel, path: string, limits: PodLimits): Promise<void> {
  const writes = [
    kernel.setShares(path, limits.cpuShares),
    ...(limits.cpuQuota ? [kernel.setQuota(path, limits.cpuQuota, limits.cpuPeriod)] : []),
    ...(limits.memoryBytes ? [kernel.setMemory(path, limits.memoryBytes)] : []),
    ...(limits.memoryMin ? [kernel.setMemoryMin(path, limits.memoryMin)] : []),
    ...(limits.pids ? [kernel.setPids(path, limits.pids)] : []),
    ...Object.entries(limits.hugepages ?? {}).map(([size, bytes]) => kernel.setHugepages(path, size, bytes)),
  ];
  await Promise.allSettled(writes);
}

async function limitCpu(kernel: CgroupKernel, path: string, { cpuShares, cpuQuota = 0, cpuPeriod }: PodLimits): Promise<void> {
  await kernel.setShares(path, cpuShares);
  await kernel.setQuota(path, cpuQuota, cpuPeriod);
}

const BUSY_TRIES = 10;

/** Leaves first: the kernel removes only what is empty, and only once the last process has been reaped. What a runtime that died has left running is ended. */
async function removeTree(path: string, at: Required<Pick<SystemCgroupsOptions, 'clock' | 'kill'>>): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name), at);
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(path);
    } catch {
      if (attempt >= BUSY_TRIES || !(await exists(path))) return;
      for (const pid of await processesIn(path)) at.kill(pid);
      await at.clock.sleep(50);
    }
  }
}
