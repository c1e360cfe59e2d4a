import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { serve } from '../../wire/node/http-server.ts';
import { CA_LIFETIME, DAY } from '../../wire/node/issue.ts';
import { ensureCredentials } from '../credentials.ts';
import { layoutOf } from '../layout.ts';
import { requirePair } from '../pki/ensure.ts';
import { FOLLOW_EVERY, followPairs } from '../pki/follow.ts';
import { planCluster } from '../settings.ts';
import { knowsAuthorities } from './programs.ts';
import { keepRenewed, RENEWAL } from './renewal.ts';

const settings = planCluster({ port: 6443, nodes: 1, simulated: 0, legacyServiceAccountTokens: false }, { hostname: 'vm', addresses: ['192.0.2.2'] }, { slot: 0 });
/** Beyond any clock of a machine that runs this. */
const MADE = Date.UTC(2060, 0, 1);

/** A cluster that was made `age` ago, and its supervisor's watch over certificates. */
async function aged(age: number, settingsNow = () => settings) {
  const layout = layoutOf(await mkdtemp(join(tmpdir(), 'knarr-renewal-')));
  await ensureCredentials(layout, settings, { clock: new ManualClock(MADE - age), random: systemRandom });
  const clock = new ManualClock(MADE);
  const stop = new AbortController();
  const restarts: number[] = [];
  const ended = keepRenewed({ layout, settings: settingsNow, clock, random: systemRandom, log: silent, restart: () => void restarts.push(clock.now()) }, stop.signal);
  /** Moves the clock on until something is there to see: files are read in their own time. */
  const until = (seen: () => Promise<boolean>, step = RENEWAL) => expect.poll(async () => (await clock.advance(step), seen()), { timeout: 60_000 }).toBe(true);
  const certificateOf = async (name: string): Promise<string> => (await requirePair(layout, name)).cert;
  return { layout, clock, restarts, until, certificateOf, [Symbol.asyncDispose]: async () => {
    stop.abort();
    await ended;
    await rm(layout.dataDir, { recursive: true, force: true });
  } };
}

/** What a server shows to whoever connects now. */
async function shownAt(port: number): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return raw.toString('base64');
}
const derOf = (pem: string): string => pem.replace(/-----[^-]+-----|\n/g, '');

test('a certificate that wears out is renewed while its server runs, which shows the new one without a restart', async () => {
  await using it = await aged(300 * DAY);
  const pair = await requirePair(it.layout, 'apiserver');
  await using server = await serve(async () => ({ status: 200, headers: {} }), { host: '127.0.0.1', port: 0, tls: pair, log: silent });
  using _following = followPairs([{ name: 'apiserver', pair, take: (next) => server.setCertificate(next) }], { layout: it.layout, clock: it.clock, log: silent });
  expect(await shownAt(server.port)).toBe(derOf(pair.cert));
  await it.until(async () => (await it.certificateOf('apiserver')) !== pair.cert);
  await it.until(async () => (await shownAt(server.port)) !== derOf(pair.cert), FOLLOW_EVERY);
  expect(await shownAt(server.port)).toBe(derOf(await it.certificateOf('apiserver')));
  expect(it.restarts).toEqual([]);
});

test('what is good for long is left alone', async () => {
  await using it = await aged(0);
  const before = await it.certificateOf('admin');
  for (let looks = 0; looks < 5; looks++) await it.clock.advance(RENEWAL);
  expect([await it.certificateOf('admin') === before, it.restarts]).toEqual([true, []]);
});

test('new authorities restart whoever reads them when it starts, and nobody\'s containers', async () => {
  await using it = await aged(CA_LIFETIME - 700 * DAY);
  await it.until(async () => it.restarts.length > 0);
  expect(it.restarts).toHaveLength(1);
  expect(['control-plane', 'scheduler-1', 'agent-vm', 'containerd-vm'].filter(knowsAuthorities)).toEqual(['control-plane', 'scheduler-1', 'agent-vm']);
});

test('a look that fails is not the last', async () => {
  let asked = 0;
  await using it = await aged(300 * DAY, () => {
    if (asked++ === 0) throw new Error('the disk is full');
    return settings;
  });
  const before = await it.certificateOf('admin');
  await it.until(async () => (await it.certificateOf('admin')) !== before);
  expect(asked).toBeGreaterThan(1);
});
