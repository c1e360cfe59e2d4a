import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { CriError } from '../cri/cri.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { rotateLogs } from './log-rotation.ts';

async function setUp() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-rotation-'));
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: ['i'] });
  const labels = { 'io.kubernetes.pod.name': 'p', 'io.kubernetes.pod.namespace': 'n', 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.container.name': 'a' };
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', namespace: 'n', uid: 'u' }, labels });
  await cri.startContainer(await cri.createContainer({ sandboxId }, { metadata: { name: 'a' }, image: { image: 'i' }, labels, annotations: { 'io.kubernetes.container.restartCount': '2' } }));
  const logs = join(dir, 'pods', 'n_p_u', 'a');
  await mkdir(logs, { recursive: true });
  const told: string[] = [];
  const log = { ...silent, warn: (message: string) => void told.push(message) };
  return {
    cri, clock, logs, told, write: (text: string) => writeFile(join(logs, '2.log'), text),
    rotate: () => rotateLogs({ cri, clock, log, rootDir: dir, logDir: dir }, { maxBytes: 10, maxFiles: 3, workers: 2 }), [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

test('a log that has grown too long is put aside, older ones are compressed and the oldest dropped', async () => {
  await using at = await setUp();
  await at.write('short');
  await at.rotate();
  expect(await readdir(at.logs)).toEqual(['2.log']);
  for (const round of ['first', 'second', 'third']) {
    await at.write(`${round} long log`);
    await at.rotate();
    await at.clock.advance(1000);
  }
  expect((await readdir(at.logs)).toSorted()).toEqual(['2.log.20260101-000001.gz', '2.log.20260101-000002']);
  expect(gunzipSync(await readFile(join(at.logs, '2.log.20260101-000001.gz'))).toString()).toBe('second long log');
});

test('what a kubelet left half done is taken up again', async () => {
  await using at = await setUp();
  await writeFile(join(at.logs, '2.log.20260101-000000.tmp'), 'half');
  // There is no log: the runtime is asked for one.
  at.cri.failNext('reopenContainerLog', new CriError('Unknown', 'asked'));
  await at.rotate();
  expect(at.told).toEqual(['a container log was not rotated']);
  await at.write('long enough to go');
  await at.rotate();
  expect((await readdir(at.logs)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a runtime that cannot open another log keeps the one it has', async () => {
  await using at = await setUp();
  await at.write('a long enough log');
  at.cri.failNext('reopenContainerLog', new CriError('Unknown', 'no'));
  await at.rotate();
  expect(at.told).toEqual(['a container log was not rotated']);
  expect(await readdir(at.logs)).toEqual(['2.log']);
});

test('on a full disk a log stays where it is, and nothing half made takes the rest', async ({ skip }) => {
  await using at = await setUp();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at.logs]).status !== 0) return skip('only root can fill a disk');
  try {
    await at.write('long enough to go');
    await writeFile(join(at.logs, '2.log.20260101-000000'), randomBytes(44 * 1024));
    await at.rotate();
    expect(at.told).toEqual(['a container log was not rotated']);
    expect((await readdir(at.logs)).toSorted()).toEqual(['2.log', '2.log.20260101-000000']);
  } finally {
    spawnSync('umount', ['-l', at.logs]);
  }
});
