import { X509Certificate, createPrivateKey } from 'node:crypto';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { certificatesOf, ensurePki, isWhole, renewLeaves, requirePair } from './ensure.ts';
import { CA_LIFETIME, DAY, LEAF_LIFETIME } from '../../wire/node/issue.ts';
import { leafSpecs, type ClusterNames } from './plan.ts';
import { ensureServiceAccountKey } from './service-account-key.ts';

const NOW = Date.UTC(2026, 0, 1);
const at = (now: number) => ({ clock: new ManualClock(now), random: systemRandom });
const CLUSTER: ClusterNames = {
  clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', apiAddresses: ['192.0.2.2', 'fd00::2'], apiHosts: ['vm'],
  nodes: [{ name: 'vm', addresses: ['192.0.2.2'] }],
};

let layout: Layout;
beforeEach(async () => {
  layout = layoutOf(await mkdtemp(join(tmpdir(), 'knarr-pki-')));
});
afterEach(() => rm(layout.dataDir, { recursive: true, force: true }));

const certificate = async (name: string) => new X509Certificate((await requirePair(layout, name)).cert);

test('a new cluster gets every certificate, signed by its authority and matching its key', async () => {
  const made = await ensurePki(layout, CLUSTER, at(NOW));
  expect(made).toEqual(leafSpecs(CLUSTER).map(({ name }) => name));
  for (const { name, issuer, commonName, organizations } of leafSpecs(CLUSTER)) {
    const leaf = await certificate(name);
    expect(leaf.verify((await certificate(issuer)).publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey((await requirePair(layout, name)).key))).toBe(true);
    expect(leaf.subject.split('\n')).toEqual([...organizations.map((one) => `O=${one}`), `CN=${commonName}`]);
  }
  const serving = await certificate('apiserver');
  expect(serving.checkHost('kubernetes.default.svc.cluster.local')).toBeTruthy();
  expect(serving.checkIP('10.96.0.1')).toBe('10.96.0.1');
});

test('keys are for the owner alone', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  expect((await stat(join(layout.pki, 'ca.key'))).mode & 0o777).toBe(0o600);
  expect((await stat(layout.pki)).mode & 0o777).toBe(0o700);
});

test('a second start changes nothing', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  const before = await requirePair(layout, 'apiserver');
  expect(await ensurePki(layout, CLUSTER, at(NOW + DAY))).toEqual([]);
  expect(await requirePair(layout, 'apiserver')).toEqual(before);
});

test('leaves are renewed months before they end and the authorities stay', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  const ca = await requirePair(layout, 'ca');
  const later = NOW + 300 * DAY;
  expect(await ensurePki(layout, CLUSTER, at(later))).toHaveLength(leafSpecs(CLUSTER).length);
  expect(await requirePair(layout, 'ca')).toEqual(ca);
  const ends = (await certificatesOf(layout)).find(({ name }) => name === 'apiserver')!.expires;
  expect(ends).toBeGreaterThan(later + 300 * DAY);
});

test('a machine with another address gets a new serving certificate and nothing else', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  expect(await ensurePki(layout, { ...CLUSTER, apiAddresses: ['192.0.2.77', 'fd00::2'] }, at(NOW))).toEqual(['apiserver']);
});

test('a certificate without its key is made anew', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  await rm(join(layout.pki, 'admin.key'));
  expect(await ensurePki(layout, CLUSTER, at(NOW))).toEqual(['admin']);
});

test('a certificate beside the key of another is made anew: its writer died between the two', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  await copyFile(join(layout.pki, 'scheduler.key'), join(layout.pki, 'admin.key'));
  expect(await ensurePki(layout, CLUSTER, at(NOW))).toEqual(['admin']);
  expect(isWhole(await requirePair(layout, 'admin'))).toBe(true);
});

test('an authority near its end signs for another lifetime, and who trusts the old certificate trusts the leaves still', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  const old = await certificate('ca');
  const later = NOW + CA_LIFETIME - 2 * LEAF_LIFETIME + DAY;
  expect(await ensurePki(layout, CLUSTER, at(later))).toEqual(['ca', 'front-proxy-ca', ...leafSpecs(CLUSTER).map(({ name }) => name)]);
  const ca = await certificate('ca');
  expect([ca.subject, ca.ca, Date.parse(ca.validTo)]).toEqual([old.subject, true, later + CA_LIFETIME]);
  expect(ca.checkPrivateKey(createPrivateKey((await requirePair(layout, 'ca')).key))).toBe(true);
  const leaf = await certificate('admin');
  expect([old, ca].map((issuer) => leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey))).toEqual([true, true]);
  expect(await ensurePki(layout, CLUSTER, at(later + DAY))).toEqual([]);
});

test('what is renewed by name is new, and nothing else is', async () => {
  await ensurePki(layout, CLUSTER, at(NOW));
  const [before, other] = await Promise.all(['apiserver', 'admin'].map((name) => requirePair(layout, name)));
  await renewLeaves(layout, leafSpecs(CLUSTER).filter(({ name }) => name === 'apiserver'), at(NOW + DAY));
  const after = await requirePair(layout, 'apiserver');
  expect([after.cert === before!.cert, after.key === before!.key, isWhole(after)]).toEqual([false, false, true]);
  expect((await certificate('apiserver')).subjectAltName).toBe(new X509Certificate(before!.cert).subjectAltName);
  expect(await requirePair(layout, 'admin')).toEqual(other);
  expect((await stat(join(layout.pki, 'apiserver.key'))).mode & 0o777).toBe(0o600);
});

test('the service-account key is made once and is named after its public part', async () => {
  const first = await ensureServiceAccountKey(layout);
  expect(first).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', kid: expect.stringMatching(/^[\w-]{43}$/) });
  expect(await ensureServiceAccountKey(layout)).toEqual(first);
});
