import { expect, test } from 'vitest';
import { mountAt, mountsBelow, mountsOfSame, parseMountTable } from './mount-table.ts';

const TABLE = parseMountTable(`24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 24 0:25 / /data rw - tmpfs tmpfs rw,size=10k
31 24 8:1 /srv/disk /pods/a/disk rw shared:1 master:2 - ext4 /dev/sda1 rw
32 30 0:26 / /data/with\\040blank rw - tmpfs tmpfs rw
33 24 0:27 / /data rw - tmpfs tmpfs rw
`);

test('the table of mounts is read with its escapes; the last mount at a path is the one that is seen', () => {
  expect(TABLE[3]).toMatchObject({ path: '/data/with blank', type: 'tmpfs', device: '0:26', shared: false });
  expect(mountAt(TABLE, '/data')?.device).toBe('0:27');
  expect(TABLE.map(({ shared }) => shared)).toEqual([true, false, true, false, false]);
  expect(TABLE[1]!.options).toContain('size=10k');
});

test('mounts below a directory come in the order they can be unmounted in', () => {
  expect(mountsBelow(TABLE, '/data').map(({ device }) => device)).toEqual(['0:27', '0:26', '0:25']);
  expect(mountsBelow(TABLE, '/dat')).toEqual([]);
});

test('where a directory is mounted elsewhere is found, whether or not it is a mount point itself', () => {
  expect(mountsOfSame(TABLE, '/srv/disk').map(({ path }) => path)).toEqual(['/pods/a/disk']);
  expect(mountsOfSame(TABLE, '/srv')).toEqual([]);
});
