/**
 * Takes a pod's volumes away. What a volume shows may be somebody's data: nothing is removed before it is certain that nothing is
 * mounted there, and of volumes that are not the kubelet's own only the empty place they were mounted on is.
 */
import { readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { podDir, podsDir } from '../containers/paths.ts';
import type { Directories } from '../containers/paths.ts';
import { isErrno } from './file-error.ts';
import { isWithin, mountsOfSame } from './mount-table.ts';
import { isMountPoint, unmountBelow } from './mounter.ts';
import type { Mounter } from './mounter.ts';

export interface TearDownOptions extends Directories {
  readonly mounter: Mounter;
}

/** Directories of plugins whose content was made by the kubelet, or for the pod alone. */
const OWN = new Set(['kubernetes.io~empty-dir', 'kubernetes.io~configmap', 'kubernetes.io~secret', 'kubernetes.io~downwardapi', 'kubernetes.io~projected']);

/** @throws Error where something is mounted still, or a directory that should be empty is not; what is in it stays */
export async function tearDownVolumes(at: TearDownOptions, uid: string): Promise<void> {
  const dir = podDir(at, uid);
  await unmountBelow(at.mounter, dir);
  await removeEmpty(join(dir, 'volume-subpaths'), 3);
  const volumes = join(dir, 'volumes');
  for (const plugin of await entries(volumes)) {
    if (OWN.has(plugin)) await rm(join(volumes, plugin), { recursive: true, force: true });
    else await removeEmpty(join(volumes, plugin), 1);
  }
  await removeIfThere(volumes);
  await removeLinks(join(dir, 'volumeDevices'));
}

/** All that is left of a pod. */
export async function removePodDir(at: TearDownOptions, uid: string): Promise<void> {
  await tearDownVolumes(at, uid);
  await rm(podDir(at, uid), { recursive: true, force: true });
}

/** Disks that are mounted for pods and that no pod has any more. */
export async function releaseDisks({ mounter, ...at }: TearDownOptions, isWanted: (volume: string) => boolean): Promise<void> {
  const dir = join(at.rootDir, 'plugins', 'kubernetes.io', 'local-volume', 'mounts');
  for (const name of await entries(dir)) {
    const path = join(dir, name);
    if (isWanted(name)) continue;
    const users = mountsOfSame(await mounter.table(), path).filter((point) => isWithin(point.path, podsDir(at)));
    if (users.length > 0) continue;
    await mounter.unmount(path);
    if (!(await isMountPoint(mounter, path))) await removeIfThere(path);
  }
}

const entries = (dir: string): Promise<string[]> => readdir(dir).catch((error: unknown) => {
  if (isErrno(error, 'ENOENT')) return [];
  throw error;
});

/** Directories and, at the bottom, places of mounts; `depth` levels of them. */
async function removeEmpty(dir: string, depth: number): Promise<void> {
  for (const name of await entries(dir)) {
    const path = join(dir, name);
    if (depth > 1) await removeEmpty(path, depth - 1);
    else await removeIfThere(path);
  }
  await removeIfThere(dir);
}

/** A directory only if it is empty, a place for a file only if nothing is in it: rmdir(2) and unlink(2) see to the rest. */
async function removeIfThere(path: string): Promise<void> {
  await rmdir(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOTDIR')) return unlink(path);
    if (!isErrno(error, 'ENOENT')) throw error;
    return undefined;
  });
}

async function removeLinks(dir: string): Promise<void> {
  for (const plugin of await entries(dir)) {
    for (const name of await entries(join(dir, plugin))) await unlink(join(dir, plugin, name));
    await removeIfThere(join(dir, plugin));
  }
  await removeIfThere(dir);
}
