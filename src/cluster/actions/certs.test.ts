import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { ensureCredentials } from '../credentials.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { requirePair } from '../pki/ensure.ts';
import { planCluster, writeSettings } from '../settings.ts';
import { checkCertificates, renewCertificates } from './certs.ts';

const settings = planCluster({ port: 6443, nodes: 2, simulated: 0, legacyServiceAccountTokens: false }, { hostname: 'vm', addresses: ['192.0.2.2'] }, { slot: 0 });

let layout: Layout;
beforeEach(async () => {
  layout = layoutOf(await mkdtemp(join(tmpdir(), 'knarr-certs-')));
  await writeSettings(layout, settings);
  await ensureCredentials(layout, settings, { clock: systemClock, random: systemRandom });
});
afterEach(() => rm(layout.dataDir, { recursive: true, force: true }));

async function renew(name: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const terminal = { out: (line: string) => void lines.push(line), err: () => {}, interactive: false };
  await renewCertificates({ dataDir: layout.dataDir, name }, terminal);
  return lines;
}

/** What the kubeconfig of a file shows of its user. */
async function shownBy(file: string): Promise<string> {
  const { users } = parse(await readFile(file, 'utf8')) as { users: { user: { 'client-certificate-data': string } }[] };
  return Buffer.from(users[0]!.user['client-certificate-data'], 'base64').toString();
}

test('a stopped cluster\'s certificates can be looked at: the nodes\' too, and all are good', async () => {
  const found = await checkCertificates(layout);
  expect(found.map(({ name }) => name)).toContain('node-node-2-serving');
  expect(found.filter(({ state }) => state !== 'valid')).toEqual([]);
});

test('a new certificate is in its kubeconfig, which its owner alone can read', async () => {
  const [before, other] = [await shownBy(layout.adminKubeconfig), await readFile(layout.loopKubeconfigs.scheduler, 'utf8')];
  expect(await renew('admin')).toEqual(['admin renewed']);
  const after = await shownBy(layout.adminKubeconfig);
  expect([after === before, after]).toEqual([false, (await requirePair(layout, 'admin')).cert]);
  expect((await stat(layout.adminKubeconfig)).mode & 0o777).toBe(0o600);
  expect(await readFile(layout.loopKubeconfigs.scheduler, 'utf8')).toBe(other);
});

test('all are renewed at once, and the authorities stay', async () => {
  const [ca, leaf] = await Promise.all(['ca', 'apiserver'].map((name) => requirePair(layout, name)));
  expect((await renew('all')).length).toBe((await checkCertificates(layout)).length - 2);
  expect(await requirePair(layout, 'ca')).toEqual(ca);
  expect((await requirePair(layout, 'apiserver')).cert).not.toBe(leaf!.cert);
  expect((await checkCertificates(layout)).every(({ state }) => state === 'valid')).toBe(true);
});

test('a name that is none, an authority, and one without its key are refused, and nothing changes', async () => {
  const before = await checkCertificates(layout);
  await expect(renew('apisrver')).rejects.toThrow('there is no certificate apisrver');
  await expect(renew('ca')).rejects.toThrow('ca is an authority');
  await rm(join(layout.pki, 'front-proxy-ca.key'));
  await expect(renew('all')).rejects.toThrow('the authority front-proxy-ca');
  expect((await checkCertificates(layout)).slice(0, -1)).toEqual(before.slice(0, -1).map((one) => ({ ...one, secondsLeft: expect.any(Number) })));
  await expect(renewCertificates({ dataDir: join(layout.dataDir, 'none'), name: 'all' }, { out: () => {}, err: () => {}, interactive: false })).rejects.toThrow('there is no cluster in');
});
