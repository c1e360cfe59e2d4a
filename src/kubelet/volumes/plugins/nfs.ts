import { mkdir, rmdir } from 'node:fs/promises';
import { isMountPoint } from '../mounter.ts';
import { sourceOf } from '../plugin.ts';
import type { VolumePlugin } from '../plugin.ts';

/** A directory of an NFS server, where this machine has NFS's mount program. The server decides about owners. */
export const nfsPlugin: VolumePlugin = {
  name: 'kubernetes.io/nfs',
  hasMountOptions: true,
  isFileSystem: true,
  supports: (spec) => sourceOf(spec).nfs !== undefined,
  async setUp(spec, { dir, mounter, signal }) {
    const { server, path, readOnly: always = false } = sourceOf(spec).nfs!;
    const readOnly = spec.readOnly || always;
    if (await isMountPoint(mounter, dir)) return { hostPath: dir, readOnly };
    await mkdir(dir, { recursive: true, mode: 0o750 });
    const options = [...(spec.persistent?.spec.mountOptions ?? []), ...(readOnly ? ['ro'] : [])];
    try {
      // An address of IPv6 has colons of its own.
      await mounter.mount({ source: `${server.includes(':') && !server.startsWith('[') ? `[${server}]` : server}:${path}`, target: dir, type: 'nfs', options }, signal);
    } catch (error) {
      if (!(await isMountPoint(mounter, dir))) await rmdir(dir).catch(() => {});
      throw error;
    }
    return { hostPath: dir, readOnly };
  },
};
