/**
 * lxcfs (https://linuxcontainers.org/lxcfs/): where it is mounted, `free`, `top` and `uptime` in a container tell of the
 * container's limits instead of the machine. A container that mounts something there itself keeps that.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountConfig } from '../cri/runtime-v1.ts';

/** Where packages of lxcfs mount it. */
export const LXCFS_DIR = '/var/lib/lxcfs';

/** Runtimes let these files of /proc, and no others, be mounted over. */
const FILES = ['proc/cpuinfo', 'proc/diskstats', 'proc/loadavg', 'proc/meminfo', 'proc/stat', 'proc/swaps', 'proc/uptime', 'sys/devices/system/cpu/online'];

/** Those that are there: versions differ, and one that has died shows none. */
export async function lxcfsMounts(dir: string, others: readonly MountConfig[]): Promise<readonly MountConfig[]> {
  const taken = new Set(others.map(({ containerPath }) => containerPath));
  const found = await Promise.all(FILES.map(async (file) => {
    const hostPath = join(dir, file);
    const there = await stat(hostPath).then((entry) => entry.isFile(), () => false);
    const containerPath = `/${file}`;
    return there && !taken.has(containerPath) ? [{ containerPath, hostPath, readonly: true, propagation: 'PROPAGATION_PRIVATE' as const }] : [];
  }));
  return found.flat();
}
