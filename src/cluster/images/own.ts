import { readFile } from 'node:fs/promises';
import type { ImageSpec } from '../../wire/oci.ts';
import type { TarEntry } from '../../wire/tar.ts';
import type { Exec } from '../machine/exec.ts';
import { which } from '../machine/packages.ts';

export const PAUSE_IMAGE = 'knarr.local/pause:3';
export const BUSYBOX_IMAGES = ['knarr.local/busybox:latest', 'knarr.local/busybox:1'];

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', riscv64: 'riscv64', ppc64: 'ppc64le', s390x: 's390x' };
/** This machine's architecture as images name it. */
export const imageArchitecture = (): string => ARCHITECTURES[process.arch] ?? process.arch;

const file = (path: string, mode: number, bytes: Uint8Array | string): TarEntry =>
  ({ type: 'file', path, mode, bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes });
const directory = (path: string, mode = 0o755): TarEntry => ({ type: 'directory', path, mode });

/** What holds a pod's namespaces, and reaps what its containers orphan: catatonit in its mode made for this. */
export async function pauseImage(): Promise<ImageSpec> {
  const catatonit = await readFile((await which('catatonit'))!);
  return {
    names: [PAUSE_IMAGE],
    architecture: imageArchitecture(),
    files: [file('pause', 0o755, catatonit)],
    config: { Entrypoint: ['/pause', '-P'], User: '65535:65535', WorkingDir: '/' },
  };
}

/** A small userland: one static busybox under all its names, and the few files programs expect. */
export async function busyboxImage(exec: Exec): Promise<ImageSpec> {
  const busybox = await readFile('/bin/busybox');
  const applets = (await exec.must('/bin/busybox', ['--list'])).split('\n').filter((name) => name !== '' && name !== 'busybox');
  return {
    names: BUSYBOX_IMAGES,
    architecture: imageArchitecture(),
    files: [
      ...['bin', 'dev', 'etc', 'home', 'proc', 'sys', 'usr', 'usr/bin', 'var', 'var/www'].map((path) => directory(path)),
      directory('root', 0o700),
      directory('tmp', 0o1777),
      directory('var/tmp', 0o1777),
      file('bin/busybox', 0o755, busybox),
      ...applets.map((name): TarEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
      { type: 'symlink', path: 'usr/bin/env', target: '/bin/env' },
      file('etc/passwd', 0o644, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n'),
      file('etc/group', 0o644, 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n'),
      file('etc/nsswitch.conf', 0o644, 'hosts: files dns\n'),
    ],
    config: { Cmd: ['sh'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], WorkingDir: '/' },
  };
}
