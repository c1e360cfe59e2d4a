import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { podOf } from '../testing/pods.ts';
import { giveToGroup, groupOf } from './ownership.ts';

/** A group that anybody may give files to: his own. */
const OWN = process.getgid!();

async function tree() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-group-'));
  await chmod(dir, 0o700);
  await mkdir(join(dir, 'sub'));
  await chmod(join(dir, 'sub'), 0o700);
  await writeFile(join(dir, 'sub', 'file'), '', { mode: 0o600 });
  await symlink('/etc/hostname', join(dir, 'link'));
  const mode = async (path: string) => ((await stat(join(dir, path))).mode & 0o7777).toString(8);
  return { dir, mode, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

test('files of a volume become the group\'s to read and write, directories keep it for what is made in them', async () => {
  await using at = await tree();
  await giveToGroup(at.dir, { group: OWN, readOnly: false });
  expect([await at.mode('.'), await at.mode('sub'), await at.mode('sub/file')]).toEqual(['2770', '2770', '660']);
  expect((await stat(join(at.dir, 'sub', 'file'))).gid).toBe(OWN);
});

test('of what is read-only the group may read', async () => {
  await using at = await tree();
  await giveToGroup(at.dir, { group: OWN, readOnly: true });
  expect([await at.mode('.'), await at.mode('sub/file')]).toEqual(['2750', '640']);
});

test('OnRootMismatch looks no further where the directory is right', async () => {
  await using at = await tree();
  await giveToGroup(at.dir, { group: OWN, readOnly: false, onRootMismatch: true });
  expect(await at.mode('sub/file')).toBe('660');
  await chmod(join(at.dir, 'sub', 'file'), 0o600);
  await giveToGroup(at.dir, { group: OWN, readOnly: false, onRootMismatch: true });
  expect(await at.mode('sub/file')).toBe('600');
  await giveToGroup(at.dir, { group: OWN, readOnly: false });
  expect(await at.mode('sub/file')).toBe('660');
});

test('a pod without a group leaves files as they are', () => {
  expect(groupOf(podOf({ containers: [{ name: 'c' }] }))).toBeUndefined();
  expect(groupOf(podOf({ containers: [{ name: 'c' }], securityContext: { fsGroup: 5, fsGroupChangePolicy: 'OnRootMismatch' } }))).toEqual({ group: 5, onRootMismatch: true });
});
