import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { releaseDisks, removePodDir, tearDownVolumes } from './tear-down.ts';
import { FakeMounter } from './testing/mounter.ts';

async function arrange() {
  const rootDir = await mkdtemp(join(tmpdir(), 'knarr-teardown-'));
  const mounter = new FakeMounter();
  const pod = join(rootDir, 'pods', 'u1');
  const volume = async (plugin: string, name: string) => {
    const dir = join(pod, 'volumes', `kubernetes.io~${plugin}`, name);
    await mkdir(dir, { recursive: true });
    return dir;
  };
  return { rootDir, logDir: rootDir, mounter, pod, volume, [Symbol.asyncDispose]: () => rm(rootDir, { recursive: true, force: true }) };
}

test('what was made for the pod goes, mounts first, the inner before the outer', async () => {
  await using at = await arrange();
  const [memory, local] = [await at.volume('empty-dir', 'm'), await at.volume('local-volume', 'pv')];
  await writeFile(join(memory, 'scratch'), 'x');
  const sub = join(at.pod, 'volume-subpaths', 'm', 'c', '0');
  await mkdir(sub, { recursive: true });
  const link = join(at.pod, 'volumeDevices', 'kubernetes.io~local-volume', 'raw');
  await mkdir(dirname(link), { recursive: true });
  await symlink('/dev/null', link);
  await at.mounter.mount({ source: 'tmpfs', target: memory, type: 'tmpfs' });
  await at.mounter.mount({ source: '/srv', target: local, options: ['bind'] });
  await at.mounter.mount({ source: memory, target: sub, options: ['bind'] });
  at.mounter.calls.length = 0;
  await tearDownVolumes(at, 'u1');
  expect(at.mounter.calls).toEqual([`umount ${sub}`, `umount ${local}`, `umount ${memory}`]);
  expect(await readdir(at.pod)).toEqual([]);
  await removePodDir(at, 'u1');
  expect(await readdir(join(at.rootDir, 'pods'))).toEqual([]);
  await removePodDir(at, 'u1');
});

test('of several mounts at one place all are unmounted', async () => {
  await using at = await arrange();
  const memory = await at.volume('empty-dir', 'm');
  for (let round = 0; round < 2; round++) await at.mounter.mount({ source: 'tmpfs', target: memory, type: 'tmpfs' });
  await tearDownVolumes(at, 'u1');
  expect(at.mounter.points).toEqual([]);
});

test('as long as something is mounted nothing is removed: its files may be anybody\'s', async () => {
  await using at = await arrange();
  const local = await at.volume('local-volume', 'pv');
  await writeFile(join(local, 'precious'), 'data');
  await at.mounter.mount({ source: '/srv', target: local, options: ['bind'] });
  at.mounter.busy.add(local);
  await expect(removePodDir(at, 'u1')).rejects.toThrow('target is busy');
  expect(await readFile(join(local, 'precious'), 'utf8')).toBe('data');
});

test('a place for others\' files that is not empty stays, though nothing seems to be mounted there', async () => {
  await using at = await arrange();
  const nfs = await at.volume('nfs', 'share');
  await writeFile(join(nfs, 'precious'), 'data');
  await expect(removePodDir(at, 'u1')).rejects.toThrow('ENOTEMPTY');
  expect(await readFile(join(nfs, 'precious'), 'utf8')).toBe('data');
});

test('a disk is unmounted when the last pod that has it has gone', async () => {
  await using at = await arrange();
  const disk = join(at.rootDir, 'plugins', 'kubernetes.io', 'local-volume', 'mounts', 'pv');
  await mkdir(disk, { recursive: true });
  await at.mounter.mount({ source: '/dev/sdb', target: disk, type: 'ext4' });
  const local = await at.volume('local-volume', 'pv');
  await at.mounter.mount({ source: disk, target: local, options: ['bind'] });
  await releaseDisks(at, () => false);
  expect(at.mounter.points).toHaveLength(2);
  await tearDownVolumes(at, 'u1');
  await releaseDisks(at, (name) => name === 'pv');
  expect(at.mounter.points).toHaveLength(1);
  await releaseDisks(at, () => false);
  expect(at.mounter.points).toEqual([]);
  expect(await readdir(dirname(disk))).toEqual([]);
});
