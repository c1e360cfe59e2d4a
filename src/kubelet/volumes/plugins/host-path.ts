import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { HostPathVolumeSource } from '../../../kinds/core/volume.ts';
import { sourceOf } from '../plugin.ts';
import type { VolumePlugin } from '../plugin.ts';

/** A path of the node as it is. */
export const hostPathPlugin: VolumePlugin = {
  name: 'kubernetes.io/host-path',
  supports: (spec) => sourceOf(spec).hostPath !== undefined,
  async setUp(spec) {
    const source = sourceOf(spec).hostPath!;
    if (source.path.split('/').includes('..')) throw new Error(`invalid HostPath \`${source.path}\`: must not contain '..'`);
    await checkHostPath(source);
    return { hostPath: source.path, readOnly: spec.readOnly };
  },
};

/** Makes or checks a hostPath as its type asks. @throws Error with upstream's text */
export async function checkHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  if (type === '') return;
  const found = await stat(path).catch(() => undefined);
  if (type === 'DirectoryOrCreate' && !found) return void (await mkdir(path, { recursive: true, mode: 0o755 }));
  if (type === 'FileOrCreate' && !found) return writeFile(path, '', { mode: 0o644 });
  const is = (right: boolean | undefined, what: string) => {
    if (!right) throw new Error(`hostPath type check failed: ${path} is not ${what}`);
  };
  switch (type) {
    case 'Directory':
    case 'DirectoryOrCreate': return is(found?.isDirectory(), 'a directory');
    case 'File':
    case 'FileOrCreate': return is(found?.isFile(), 'a file');
    case 'Socket': return is(found?.isSocket(), 'a socket file');
    case 'CharDevice': return is(found?.isCharacterDevice(), 'a character device');
    case 'BlockDevice': return is(found?.isBlockDevice(), 'a block device');
    default: throw new Error(`${type} is an invalid volume type`);
  }
}
