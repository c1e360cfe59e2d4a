import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import type { KeyPair } from '../../wire/node/issue.ts';
import { layoutOf } from '../layout.ts';
import { ensurePki, renewLeaves, requirePair } from './ensure.ts';
import { FOLLOW_EVERY, followPairs } from './follow.ts';
import { leafSpecs, type ClusterNames } from './plan.ts';

const CLUSTER: ClusterNames = { clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', apiAddresses: [], apiHosts: [], nodes: [] };

/** A cluster's certificates, and a process that follows one of them. */
async function following() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-follow-'));
  const layout = layoutOf(dir);
  const clock = new ManualClock();
  await ensurePki(layout, CLUSTER, { clock, random: systemRandom });
  const pair = await requirePair(layout, 'admin');
  const taken: KeyPair[] = [];
  const follower = followPairs([{ name: 'admin', pair, take: (next) => void taken.push(next) }], { layout, clock, log: silent });
  const renew = () => renewLeaves(layout, leafSpecs(CLUSTER).filter(({ name }) => name === 'admin'), { clock, random: systemRandom });
  /** Looks again until something is there to see: files are read in their own time. */
  const look = (seen: () => boolean) => expect.poll(async () => (await clock.advance(FOLLOW_EVERY), seen()), { timeout: 60_000 }).toBe(true);
  return { layout, clock, taken, follower, renew, look, [Symbol.asyncDispose]: async () => {
    follower[Symbol.dispose]();
    await rm(dir, { recursive: true, force: true });
  } };
}

test('a renewed pair is handed over once, and its successor after it', async () => {
  await using it = await following();
  await it.renew();
  const first = await requirePair(it.layout, 'admin');
  await it.look(() => it.taken.length > 0);
  await it.renew();
  const second = await requirePair(it.layout, 'admin');
  await it.look(() => it.taken.length > 1);
  expect(it.taken).toEqual([first, second]);
});

test('a pair whose halves do not match is waited for', async () => {
  await using it = await following();
  await it.renew();
  await copyFile(join(it.layout.pki, 'scheduler.key'), join(it.layout.pki, 'admin.key'));
  for (let looks = 0; looks < 3; looks++) await it.clock.advance(FOLLOW_EVERY);
  await it.renew();
  await it.look(() => it.taken.length > 0);
  expect(it.taken).toEqual([await requirePair(it.layout, 'admin')]);
});

test('whoever stops following is told of nothing more', async () => {
  await using it = await following();
  it.follower[Symbol.dispose]();
  await it.renew();
  await it.clock.advance(2 * FOLLOW_EVERY);
  expect([it.taken, it.clock.nextAlarm]).toEqual([[], undefined]);
});
