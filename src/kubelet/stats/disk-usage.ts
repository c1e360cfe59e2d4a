/** What a directory holds, as du(1) counts it, and how full its file system is. */
import { lstat, opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { DiskUsage, FileSystemSample } from './samples.ts';

const BLOCK_BYTES = 512;

/** Follows no links and stays on the directory's own file system; what vanishes meanwhile is not counted. A file with several names counts once. */
export async function diskUsage(root: string, signal?: AbortSignal): Promise<DiskUsage | undefined> {
  const top = await lstat(root).catch(() => undefined);
  if (!top) return undefined;
  const seen = new Set<number>();
  const count = { bytes: top.blocks * BLOCK_BYTES, inodes: 1 };
  const left = top.isDirectory() ? [root] : [];
  for (let dir = left.pop(); dir !== undefined; dir = left.pop()) {
    signal?.throwIfAborted();
    const entries = await opendir(dir).catch(() => undefined);
    if (!entries) continue;
    try {
      for await (const { name } of entries) {
        const path = join(dir, name);
        const found = await lstat(path).catch(() => undefined);
        if (!found || found.dev !== top.dev || (found.nlink > 1 && !found.isDirectory() && seen.has(found.ino))) continue;
        if (found.nlink > 1 && !found.isDirectory()) seen.add(found.ino);
        count.bytes += found.blocks * BLOCK_BYTES;
        count.inodes++;
        if (found.isDirectory()) left.push(path);
      }
    } catch {
      // Removed while it was read.
    }
  }
  return count;
}

/** Large trees are looked through less often: at most a tenth of the time goes into it. */
const REST_FACTOR = 9;

/** Measures directories again and again, each at most every `period`. */
export class DiskUsageCache {
  readonly #clock: Clock;
  readonly #period: Millis;
  readonly #known = new Map<string, { readonly usage: Promise<DiskUsage | undefined>; until: Millis }>();

  constructor(clock: Clock, period: Millis) {
    this.#clock = clock;
    this.#period = period;
  }

  of(path: string): Promise<DiskUsage | undefined> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(path);
    if (known && now < known.until) return known.usage;
    const entry = { usage: diskUsage(path), until: Infinity };
    this.#known.set(path, entry);
    void entry.usage.catch(() => {}).then(() => {
      entry.until = now + Math.max(this.#period, (this.#clock.monotonic() - now) * (1 + REST_FACTOR));
    });
    return entry.usage;
  }

  /** Forgets what was not asked for of late. */
  prune(isWanted: (path: string) => boolean): void {
    for (const path of this.#known.keys()) if (!isWanted(path)) this.#known.delete(path);
  }
}

export async function fileSystem(path: string, now: Millis): Promise<FileSystemSample | undefined> {
  const found = await statfs(path).catch(() => undefined);
  return found && {
    at: now, capacityBytes: found.blocks * found.bsize, availableBytes: found.bavail * found.bsize, usedBytes: (found.blocks - found.bfree) * found.bsize,
    inodes: found.files, inodesFree: found.ffree, inodesUsed: found.files - found.ffree,
  };
}

/** Whether two paths are on one file system; what is not there is taken to be. */
export async function sameFileSystem(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(a).catch(() => undefined), stat(b).catch(() => undefined)]);
  return one === undefined || other === undefined || one.dev === other.dev;
}
