import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { CIPHERS } from '../../cluster/control-plane/ciphers.ts';
import { driverContract } from '../../store/contract.ts';
import { walDriver } from '../../store/drivers/wal.ts';
import { memoryDriver } from '../../store/index.ts';
import { startApi } from '../testing/start-api.ts';
import type { EncryptionConfig } from './config.ts';
import { encryptedDriver } from './driver.ts';

const sealing = (resource: string): EncryptionConfig => ({
  rules: [{ resources: [resource], providers: [{ type: 'aesgcm', keys: [{ name: 'a', secret: new Uint8Array(32).fill(1) }] }] }],
  ciphers: CIPHERS,
});

driverContract('a store that is encrypted', async () => encryptedDriver(memoryDriver(), sealing('*.*')));

test('nothing of a secret is on the disk, and a new process reads it from there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'knarr-encrypted-'));
  const open = async () => startApi({ driver: await walDriver({ directory, random: seededRandom(1), log: silent }), config: { encryption: sealing('secrets') } });
  try {
    {
      await using api = await open();
      await api.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'cave' }, stringData: { word: 'open sesame' } });
      await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'cave' }, data: { word: 'for everyone' } });
    }
    const files = await readdir(directory, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(files.filter((file) => file.isFile()).map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
    const disk = texts.join('');
    expect(disk).toContain('for everyone');
    expect(disk).toContain('k8s:enc:aesgcm:v1:a:');
    expect(disk).not.toContain(btoa('open sesame'));
    await using again = await open();
    const { body } = await again.request('GET', '/api/v1/namespaces/default/secrets/cave');
    expect(atob(body.data.word)).toBe('open sesame');
  } finally {
    await rm(directory, { recursive: true });
  }
});
