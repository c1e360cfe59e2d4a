/** An image with this machine's own node and the servers of server/, for clusters that reach no registry. */
import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { busyboxImage, imageArchitecture } from '../../src/cluster/images/own.ts';
import { machineExec } from '../../src/cluster/machine/exec.ts';
import type { ImageSpec } from '../../src/wire/oci.ts';
import type { TarEntry } from '../../src/wire/tar.ts';

export const SERVER_IMAGE = 'knarr.local/test/server:1';

/** @param program the servers, bundled into one file */
export async function serverImage(program: string): Promise<ImageSpec> {
  const base = await busyboxImage(machineExec);
  const { stdout } = await promisify(execFile)('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/[^\s()]+)/g)].map(([path]) => path);
  const file = async (path: string, from: string): Promise<TarEntry> => ({ type: 'file', path: path.slice(1), mode: 0o755, bytes: new Uint8Array(await readFile(await realpath(from))) });
  const folders = [...new Set(libraries.flatMap((path) => parents(path)))].toSorted().filter((path) => !base.files.some((one) => one.path === path));
  return {
    names: [SERVER_IMAGE],
    architecture: imageArchitecture(),
    files: [
      ...base.files,
      ...folders.map((path): TarEntry => ({ type: 'directory', path, mode: 0o755 })),
      ...await Promise.all(libraries.map((path) => file(path, path))),
      await file('/usr/bin/node', process.execPath),
      await file('/server.mjs', program),
    ],
    config: { Entrypoint: ['/usr/bin/node', '/server.mjs'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], WorkingDir: '/' },
  };
}

/** `lib`, `lib/x86_64-linux-gnu` of `/lib/x86_64-linux-gnu/libc.so.6`. */
function parents(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === '/' ? [] : [...parents(folder), folder.slice(1)];
}
