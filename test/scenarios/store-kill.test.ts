/** The store under `kill -9`: what was acknowledged is there, and the directory can be taken at once. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { walDriver } from '../../src/store/drivers/wal.ts';

const root = await mkdtemp(join(tmpdir(), 'knarr-store-kill-'));
const directory = join(root, 'data');
afterAll(() => rm(root, { recursive: true, force: true }));

/** Commits without end, from eight clients, and says each revision once it is acknowledged. */
const WRITER = `
  import { silent } from ${JSON.stringify(join(import.meta.dirname, '../../src/base/log.ts'))};
  import { systemRandom } from ${JSON.stringify(join(import.meta.dirname, '../../src/base/random.ts'))};
  import { walDriver } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/drivers/wal.ts'))};
  const driver = await walDriver({ directory: process.argv[2], random: systemRandom, log: silent, snapshotBytes: 1 << 20 });
  const value = Buffer.alloc(2000, 'v');
  for (let client = 0; client < 8; client++) void (async () => {
    for (let n = 0; ; n++) {
      const done = await driver.commit({ expect: {}, ops: [{ type: 'put', key: 'k' + client + '/' + (n % 50), value }, { type: 'put', key: 'last', value: Buffer.from(String(n)) }] });
      process.stdout.write(done.revision + '\\n');
    }
  })();
`;

async function bundledWriter(): Promise<string> {
  const [source, bundle] = [join(root, 'writer.ts'), join(root, 'writer.mjs')];
  await writeFile(source, WRITER);
  await build({ entryPoints: [source], outfile: bundle, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'silent' });
  return bundle;
}

test('five times killed in the middle of writing, no acknowledged commit is lost', async () => {
  const writer = await bundledWriter();
  let acknowledged = 0n;
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let lines = 0;
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += String(chunk);
        lines += String(chunk).split('\n').length - 1;
        if (lines > 2000) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    acknowledged = said.split('\n').slice(0, -1).map(BigInt).reduce((most, one) => (one > most ? one : most), acknowledged);
    const driver = await walDriver({ directory, random: systemRandom, log: silent });
    expect(driver.revision).toBeGreaterThanOrEqual(acknowledged);
    const { entries } = await driver.range({ from: '', to: '', at: 0n, limit: 0 });
    expect(entries.at(-1)).toMatchObject({ key: 'last', modRevision: driver.revision });
    await driver[Symbol.asyncDispose]();
  }
  expect(acknowledged).toBeGreaterThan(10_000n);
});

test('a second process on the directory is told who has it', async () => {
  await using holder = await walDriver({ directory, random: systemRandom, log: silent });
  const child = spawn(process.execPath, [await bundledWriter(), directory], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).not.toBe(0);
  expect(said).toContain(`data directory ${directory} is in use by process ${process.pid}`);
  void holder;
});
