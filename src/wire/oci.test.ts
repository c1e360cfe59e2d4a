import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ociArchive } from './oci.ts';
import { tar } from './tar.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Unpacks an archive with the machine's own tar. */
function unpack(archive: Uint8Array, read: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'knarr-tar-'));
  try {
    writeFileSync(join(dir, 'a.tar'), archive);
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: dir });
    read(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('tar reads back files, directories and links as they were given', () => {
  const archive = tar([
    { type: 'directory', path: 'bin', mode: 0o755 },
    { type: 'file', path: 'bin/tool', mode: 0o755, bytes: text('x'.repeat(1000)) },
    { type: 'symlink', path: 'bin/alias', target: 'tool' },
    { type: 'file', path: 'empty', mode: 0o600, bytes: text('') },
  ]);
  expect(archive.length % 512).toBe(0);
  unpack(archive, (dir) => {
    expect(readFileSync(join(dir, 'bin/alias'), 'utf8')).toBe('x'.repeat(1000));
    expect(readFileSync(join(dir, 'empty'), 'utf8')).toBe('');
  });
});

test('a path that does not fit is refused, not cut', () => {
  expect(() => tar([{ type: 'directory', path: 'd'.repeat(120), mode: 0o755 }])).toThrow(RangeError);
});

test('an image archive names its images and every blob is what its digest says', async () => {
  const archive = await ociArchive([{
    names: ['knarr.local/a:1', 'knarr.local/a:latest'], architecture: 'amd64', config: { Cmd: ['/x'] },
    files: [{ type: 'file', path: 'x', mode: 0o755, bytes: text('#!') }],
  }]);
  unpack(archive, (dir) => {
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
    expect(index.manifests.map((one: { annotations: Record<string, string> }) => one.annotations['io.containerd.image.name']))
      .toEqual(['knarr.local/a:1', 'knarr.local/a:latest']);
    const blob = (digest: string): string => join(dir, 'blobs', digest.replace(':', '/'));
    const manifest = JSON.parse(readFileSync(blob(index.manifests[0].digest), 'utf8'));
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      expect(readFileSync(blob(digest)).length).toBe(size);
      expect(execFileSync('sha256sum', [blob(digest)], { encoding: 'utf8' }).slice(0, 64)).toBe(digest.slice('sha256:'.length));
    }
    const config = JSON.parse(readFileSync(blob(manifest.config.digest), 'utf8'));
    expect(config).toMatchObject({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/x'] }, rootfs: { diff_ids: [manifest.layers[0].digest] } });
  });
});
