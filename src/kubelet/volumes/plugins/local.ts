/** A disk or directory of the node that a persistent volume names. */
import { mkdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../base/message-of.ts';
import { podsDir } from '../../containers/paths.ts';
import { formatAndMount } from '../format.ts';
import { isMountPoint } from '../mounter.ts';
import { isWithin, mountsOfSame } from '../mount-table.ts';
import { giveToGroup, groupOf } from '../ownership.ts';
import { StepError } from '../plugin.ts';
import type { PluginContext, VolumePlugin, VolumeSpec } from '../plugin.ts';

export const localPlugin: VolumePlugin = {
  name: 'kubernetes.io/local-volume',
  hasMountOptions: true,
  isFileSystem: true,
  supports: ({ persistent }) => persistent?.spec.local !== undefined,
  check: async (spec) => void (await kindOf(pathOf(spec))),

  async setUp(spec, at) {
    const { dir, mounter, signal } = at;
    const { readOnly } = spec;
    if (await isMountPoint(mounter, dir)) return { hostPath: dir, readOnly };
    const source = await sourceDirectory(spec, at);
    const others = mountsOfSame(await mounter.table(), source).filter(({ path }) => isWithin(path, podsDir(at)));
    await tellOfOtherGroup(spec, at, { source, isShared: others.length > 0 });
    await mkdir(dir, { recursive: true, mode: 0o750 });
    try {
      await mounter.mount({ source, target: dir, options: ['bind', ...(readOnly ? ['ro'] : []), ...(spec.persistent?.spec.mountOptions ?? [])] }, signal);
    } catch (error) {
      if (!(await isMountPoint(mounter, dir))) await rmdir(dir).catch(() => {});
      throw error;
    }
    const group = groupOf(at.pod);
    // Another pod that has it has said already whose it is.
    if (group && !readOnly && others.length === 0) await giveToGroup(dir, { ...group, readOnly: false }, signal);
    return { hostPath: dir, readOnly };
  },

  async mapDevice(spec) {
    const path = pathOf(spec);
    if ((await kindOf(path)) !== 'device') throw new Error(`path ${path} is not a block device`);
    return path;
  },
};

function pathOf({ name, persistent }: VolumeSpec): string {
  const path = persistent?.spec.local?.path ?? '';
  if (path === '') throw new Error(`LocalVolume volume "${name}" path is empty`);
  if (path.split('/').includes('..')) throw new Error(`invalid path: ${path} must not contain '..'`);
  return path;
}

async function kindOf(path: string): Promise<'directory' | 'device'> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new Error(`path "${path}" does not exist`);
  if (found.isDirectory()) return 'directory';
  if (found.isBlockDevice()) return 'device';
  throw new Error('only directory and block device are supported');
}

/** A disk's file system is mounted once for all pods that use it, and made where there is none. */
async function sourceDirectory(spec: VolumeSpec, { rootDir, mounter, signal }: PluginContext): Promise<string> {
  const path = pathOf(spec);
  if ((await kindOf(path)) === 'directory') return path;
  const target = join(rootDir, 'plugins', 'kubernetes.io', 'local-volume', 'mounts', spec.name);
  const type = spec.persistent?.spec.local?.fsType ?? 'ext4';
  if (await isMountPoint(mounter, target)) return target;
  await mkdir(target, { recursive: true, mode: 0o750 });
  const options = [...(spec.readOnly ? ['ro'] : []), ...(spec.persistent?.spec.mountOptions ?? [])];
  await formatAndMount(mounter, { device: path, target, type, options }, signal).catch(async (error: unknown) => {
    await rmdir(target).catch(() => {});
    throw new StepError('MountVolume.MountDevice', `local: failed to mount device ${path} at ${target} (fstype: ${type}), error ${messageOf(error)}`);
  });
  return target;
}

async function tellOfOtherGroup({ name }: VolumeSpec, { pod, tell }: PluginContext, { source, isShared }: { readonly source: string; readonly isShared: boolean }): Promise<void> {
  const wanted = pod.spec.securityContext?.fsGroup;
  if (wanted === undefined || !isShared) return;
  const { gid } = await stat(source);
  if (gid === wanted) return;
  const message = `The requested fsGroup is ${wanted}, but the volume ${name} has GID ${gid}. The volume may not be shareable.`;
  tell(pod, { type: 'Warning', reason: 'AlreadyMountedVolume', message });
}
