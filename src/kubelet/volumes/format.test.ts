import { expect, test } from 'vitest';
import { formatAndMount } from './format.ts';
import { FakeMounter } from './testing/mounter.ts';

const request = { device: '/dev/sdb', target: '/mnt', type: 'ext4', options: [] as string[] };
const blkid = (code: number, stdout = '') => ['blkid', { code, stdout, stderr: '' }] as const;
const LOOK = 'blkid -p -s TYPE -s PTTYPE -o export /dev/sdb';

test('a blank disk gets a file system, one that has it is checked', async () => {
  const blank = new FakeMounter();
  blank.answers.set(...blkid(2));
  await formatAndMount(blank, request);
  expect(blank.calls).toEqual([LOOK, 'mkfs.ext4 -F -m0 /dev/sdb', 'mount ext4 defaults /dev/sdb /mnt']);
  const used = new FakeMounter();
  used.answers.set(...blkid(0, 'DEVNAME=/dev/sdb\nTYPE=xfs\n'));
  await formatAndMount(used, request);
  expect(used.calls).toEqual([LOOK, 'fsck -a /dev/sdb', 'mount ext4 defaults /dev/sdb /mnt']);
});

test('a disk is never made new when it may hold something', async () => {
  for (const answer of [blkid(0, 'PTTYPE=gpt\n'), blkid(1), blkid(4), blkid(127), blkid(8)]) {
    const mounter = new FakeMounter();
    mounter.answers.set(...answer);
    await formatAndMount(mounter, request).catch(() => {});
    expect(mounter.calls.filter((call) => call.startsWith('mkfs'))).toEqual([]);
  }
  const readOnly = new FakeMounter();
  readOnly.answers.set(...blkid(2));
  await expect(formatAndMount(readOnly, { ...request, options: ['ro'] })).rejects.toThrow('cannot mount unformatted disk /dev/sdb as we are manipulating it in read-only mode');
});

test('errors that cannot be corrected keep the disk from being mounted', async () => {
  const mounter = new FakeMounter();
  mounter.answers.set(...blkid(0, 'TYPE=ext4\n'));
  mounter.answers.set('fsck', { code: 4, stdout: 'bad', stderr: '' });
  await expect(formatAndMount(mounter, request)).rejects.toThrow("'fsck' found errors on device /dev/sdb but could not correct them: bad");
});
