/** Pods' own cgroups: `<root>/kubepods[/burstable|/besteffort]/pod<uid>`, on cgroup v1 and v2. */
import { mkdir, readFile, readdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { QosClass } from '../../kinds/core/pod-qos.ts';
import { sharesOf } from '../containers/resources.ts';
import type { PodLimits } from '../containers/resources.ts';

export interface Cgroups {
  /** The cgroup parent of a pod's containers, as the runtime is told. */
  pathOf(uid: string, qos: QosClass): string;
  /** Makes it, with the pod's limits. Nothing happens where it is there already. */
  ensure(path: string, limits: PodLimits): Promise<void>;
  /** Of every class the pod may be in. */
  remove(uid: string): Promise<void>;
  /** The pods that have one. */
  pods(): Promise<readonly string[]>;
  /** Weighs the burstable class by what its pods request together, against guaranteed pods and, barely, best-effort ones. */
  weigh(burstableMilliCpu: number): Promise<void>;
}

const MOUNT = '/sys/fs/cgroup';
const CLASSES: Readonly<Record<QosClass, string>> = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' };

export const noCgroups: Cgroups = { pathOf: (uid) => `/pod${uid}`, async ensure() {}, async remove() {}, pods: async () => [], async weigh() {} };

/** @param root this kubelet's alone: `/knarr/node-1` */
export async function systemCgroups(root: string, { clock }: { readonly clock: Clock }): Promise<Cgroups> {
  const unified = await exists(join(MOUNT, 'cgroup.controllers'));
  const hierarchies = unified ? [MOUNT] : (await readdir(MOUNT, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => join(MOUNT, name));
  const qosDirs = Object.values(CLASSES).map((dir) => join(root, 'kubepods', dir));
  const ensureOne = unified ? ensureUnified : ensureV1;
  return {
    pathOf: (uid, qos) => join(root, 'kubepods', CLASSES[qos], `pod${uid}`),
    ensure: (path, limits) => ensureOne(path, limits),
    async remove(uid) {
      for (const hierarchy of hierarchies) for (const dir of qosDirs) await removeTree(join(hierarchy, dir, `pod${uid}`), clock);
    },
    async weigh(burstableMilliCpu) {
      await ensureShares(unified, join(root, 'kubepods', CLASSES.Burstable), sharesOf(burstableMilliCpu));
      await ensureShares(unified, join(root, 'kubepods', CLASSES.BestEffort), sharesOf(0));
    },
    async pods() {
      const names = await Promise.all(hierarchies.flatMap((hierarchy) => qosDirs.map((dir) => readdir(join(hierarchy, dir)).catch(() => []))));
      return [...new Set(names.flat().filter((name) => /^pod[0-9a-f-]{36}$/.test(name)).map((name) => name.slice(3)))];
    },
  };
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

async function ensureV1(path: string, { cpuShares, cpuQuota, cpuPeriod, memoryBytes }: PodLimits): Promise<void> {
  const cpu = join(MOUNT, 'cpu', path);
  if (await makeDir(cpu)) {
    await write(cpu, 'cpu.shares', cpuShares);
    if (cpuQuota) {
      await write(cpu, 'cpu.cfs_period_us', cpuPeriod);
      await write(cpu, 'cpu.cfs_quota_us', cpuQuota);
    }
  }
  const memory = join(MOUNT, 'memory', path);
  if ((await makeDir(memory)) && memoryBytes) await write(memory, 'memory.limit_in_bytes', memoryBytes);
}

/** cgroup v2 weighs CPU from 1 to 10,000; shares of 2 to 262,144 are mapped onto that, as upstream and runc do. */
const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9999) / 262_142);

async function ensureUnified(path: string, { cpuShares, cpuQuota, cpuPeriod, memoryBytes }: PodLimits): Promise<void> {
  let dir = MOUNT;
  for (const part of path.split('/').filter((name) => name !== '')) {
    // A controller works in a directory only if its parent passes it on.
    const controllers = (await readFile(join(dir, 'cgroup.controllers'), 'utf8').catch(() => '')).trim().split(' ').filter((name) => name !== '');
    for (const controller of controllers) await writeFile(join(dir, 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
    dir = join(dir, part);
    await makeDir(dir);
  }
  await write(dir, 'cpu.weight', weightOf(cpuShares));
  if (cpuQuota) await write(dir, 'cpu.max', `${cpuQuota} ${cpuPeriod}`);
  if (memoryBytes) await write(dir, 'memory.max', memoryBytes);
}

async function ensureShares(unified: boolean, path: string, shares: number): Promise<void> {
  const dir = unified ? join(MOUNT, path) : join(MOUNT, 'cpu', path);
  // On v2 the first pod of the class makes it, controllers passed on from above.
  if (!unified) await makeDir(dir);
  await (unified ? write(dir, 'cpu.weight', weightOf(shares)) : write(dir, 'cpu.shares', shares));
}

/** @returns whether it was missing */
const makeDir = async (path: string): Promise<boolean> => (await mkdir(path, { recursive: true })) !== undefined;

/** A controller this machine does not have limits nothing. */
const write = (dir: string, file: string, value: number | string): Promise<void> => writeFile(join(dir, file), String(value)).catch(() => {});

const BUSY_TRIES = 10;

/** Leaves first: the kernel removes only what is empty, and only once the last process has been reaped. */
async function removeTree(path: string, clock: Clock): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name), clock);
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(path);
    } catch {
      if (attempt >= BUSY_TRIES || !(await exists(path))) return;
      await clock.sleep(50);
    }
  }
}
