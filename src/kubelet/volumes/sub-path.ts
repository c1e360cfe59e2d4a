/**
 * Paths inside volumes. Containers own what is in a volume and may, at any moment, put a link to the host's files in the place of
 * a directory. So a path is opened step by step from the volume's root, never through a link, and what is open is mounted, not the path.
 */
import { constants } from 'node:fs';
import { mkdir, open, realpath, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { isErrno } from './file-error.ts';
import { isMountPoint } from './mounter.ts';
import type { Mounter } from './mounter.ts';
import { isWithin } from './mount-table.ts';

/** Linux; Node has no name for it: a handle on a place, which neither reads nor waits for anything. */
const O_PATH = 0o10000000;

/** A child of an open directory: the kernel looks up one name, in that directory and no other. */
const childOf = (dir: FileHandle, name: string): string => `/proc/self/fd/${dir.fd}/${name}`;

const segmentsOf = (root: string, path: string): readonly string[] => relative(root, path).split(sep).filter((name) => name !== '');

/** Opens a path that has no links in it. @throws Error where it has, or leads out of the root */
async function openWithout(root: string, path: string): Promise<FileHandle> {
  if (!isWithin(path, root)) throw new Error(`path ${path} is outside of allowed base ${root}`);
  let at = await open(root, O_PATH | constants.O_NOFOLLOW);
  try {
    for (const name of segmentsOf(root, path)) {
      const next = await open(childOf(at, name), O_PATH | constants.O_NOFOLLOW);
      await at.close();
      at = next;
      if ((await at.stat()).isSymbolicLink()) throw new Error(`unexpected symlink found ${path}`);
    }
    return at;
  } catch (error) {
    await at.close();
    throw error;
  }
}

/** Links that stay inside the volume are followed. @throws Error where the path leaves the volume; ENOENT where there is nothing */
export async function openBelow(volume: string, subPath: string): Promise<FileHandle> {
  return openWithout(await realpath(volume), await realpath(join(volume, subPath)));
}

/** Makes the directories of a path that are missing, with the volume's own mode. */
export async function makeBelow(volume: string, subPath: string): Promise<void> {
  const root = await realpath(volume);
  const { mode } = await stat(root);
  const missing: string[] = [];
  let existing = join(root, subPath);
  for (let found = await resolve(existing); found === undefined; found = await resolve(existing)) {
    missing.unshift(existing.slice(dirname(existing).length + 1));
    existing = dirname(existing);
  }
  let at = await openWithout(root, await realpath(existing));
  try {
    for (const name of missing) {
      const path = childOf(at, name);
      await mkdir(path);
      const next = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      await at.close();
      at = next;
      await at.chmod(mode & 0o7777);
    }
  } finally {
    await at.close();
  }
}

const resolve = (path: string): Promise<string | undefined> => realpath(path).catch((error: unknown) => {
  if (isErrno(error, 'ENOENT')) return undefined;
  throw error;
});

/** Whether there is something at the end of it, wherever that leads. */
export const existsBelow = (volume: string, subPath: string): Promise<boolean> => stat(join(volume, subPath)).then(() => true, () => false);

/** Mounts a path of a volume where no container can reach. @returns where containers find it */
export async function bindBelow(mounter: Mounter, { volume, subPath, target }: { readonly volume: string; readonly subPath: string; readonly target: string }): Promise<string> {
  const found = await openBelow(volume, subPath);
  try {
    const wanted = await found.stat();
    if (await isMountPoint(mounter, target)) {
      const bound = await stat(target);
      if (bound.dev === wanted.dev && bound.ino === wanted.ino) return target;
      await mounter.unmount(target);
    }
    await makeTarget(target, wanted.isDirectory());
    return await mounter.bind(found.fd, target);
  } finally {
    await found.close();
  }
}

async function makeTarget(target: string, isDirectory: boolean): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o750 });
  const there = await stat(target).catch(() => undefined);
  if (there && there.isDirectory() !== isDirectory) await (there.isDirectory() ? rmdir(target) : unlink(target));
  if (isDirectory) await mkdir(target, { recursive: true, mode: 0o750 });
  else await writeFile(target, '', { mode: 0o640 });
}
