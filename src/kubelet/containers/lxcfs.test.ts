import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lxcfsMounts } from './lxcfs.ts';

test('files lxcfs has are laid over the kernel\'s, unless the container mounts its own there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-lxcfs-'));
  try {
    expect(await lxcfsMounts(dir, [])).toEqual([]);
    await mkdir(join(dir, 'proc'));
    for (const file of ['meminfo', 'stat', 'slabinfo']) await writeFile(join(dir, 'proc', file), '');
    const paths = async (...taken: readonly string[]) => (await lxcfsMounts(dir, taken.map((containerPath) => ({ containerPath })))).map(({ containerPath }) => containerPath);
    expect(await paths()).toEqual(['/proc/meminfo', '/proc/stat']);
    expect(await paths('/proc/stat')).toEqual(['/proc/meminfo']);
  } finally {
    await rm(dir, { recursive: true });
  }
});
