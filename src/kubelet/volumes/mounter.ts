/** Mounts of this machine, as an argument: tests and simulated nodes have none. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Mounter {
  /** A file system in memory; nothing happens where one is mounted already. */
  mountTmpfs(path: string, options?: { readonly sizeBytes?: number }): Promise<void>;
  /** Nothing happens where nothing is mounted. */
  unmount(path: string): Promise<void>;
  /** Mount points at or below a directory, deepest first. */
  below(path: string): Promise<readonly string[]>;
}

const run = promisify(execFile);

export const systemMounter: Mounter = {
  async mountTmpfs(path, { sizeBytes } = {}) {
    if ((await mountPoints()).includes(path)) return;
    await run('mount', ['-t', 'tmpfs', ...(sizeBytes === undefined ? [] : ['-o', `size=${sizeBytes}`]), 'tmpfs', path]);
  },
  async unmount(path) {
    if (!(await mountPoints()).includes(path)) return;
    await run('umount', [path]).catch(() => run('umount', ['--lazy', path]));
  },
  below: async (path) => (await mountPoints()).filter((point) => point === path || point.startsWith(`${path}/`)).toSorted((a, b) => b.length - a.length),
};

/** Of this process's mount namespace: proc(5), field 5 of mountinfo, with its octal escapes undone. */
async function mountPoints(): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text.split('\n').filter((line) => line !== '').map((line) =>
    line.split(' ')[4]!.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}

export const noMounter: Mounter = { async mountTmpfs() {}, async unmount() {}, below: async () => [] };
