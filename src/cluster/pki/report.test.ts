import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { CA_LIFETIME, DAY, issueCa, LEAF_LIFETIME } from '../../wire/node/issue.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { ensurePki } from './ensure.ts';
import { leafSpecs, type ClusterNames } from './plan.ts';
import { reportOn } from './report.ts';

const NOW = Date.UTC(2026, 0, 1);
const CLUSTER: ClusterNames = { clusterDomain: 'cluster.local', kubernetesServiceIp: '10.96.0.1', apiAddresses: [], apiHosts: [], nodes: [] };

let layout: Layout;
beforeEach(async () => {
  layout = layoutOf(await mkdtemp(join(tmpdir(), 'knarr-report-')));
  await ensurePki(layout, CLUSTER, { clock: new ManualClock(NOW), random: systemRandom });
});
afterEach(() => rm(layout.dataDir, { recursive: true, force: true }));

const report = async (now: number) => new Map((await reportOn(layout, leafSpecs(CLUSTER), now)).map((one) => [one.name, one]));

test('every certificate is told of with its holder, its end and its authority', async () => {
  const found = await report(NOW + DAY);
  expect([...found.keys()]).toEqual(['apiserver', 'apiserver-kubelet-client', 'front-proxy-client', 'admin', 'controller-manager', 'scheduler', 'ca', 'front-proxy-ca']);
  expect(found.get('admin')).toEqual({
    name: 'admin', state: 'valid', ca: 'ca', subject: 'O=system:masters, CN=kubernetes-admin',
    expires: new Date(NOW + LEAF_LIFETIME).toISOString(), secondsLeft: (LEAF_LIFETIME - DAY) / 1000,
  });
  expect(found.get('front-proxy-client')).toMatchObject({ state: 'valid', ca: 'front-proxy-ca' });
  expect(found.get('ca')).toEqual({
    name: 'ca', state: 'valid', subject: 'CN=kubernetes', expires: new Date(NOW + CA_LIFETIME).toISOString(), secondsLeft: (CA_LIFETIME - DAY) / 1000,
  });
});

test('what has expired, is missing, cannot be read or is not its own key\'s is told apart', async () => {
  expect((await report(NOW + LEAF_LIFETIME)).get('admin')).toMatchObject({ state: 'expired', secondsLeft: 0 });
  await rm(join(layout.pki, 'admin.crt'));
  await writeFile(join(layout.pki, 'scheduler.crt'), 'nothing');
  await copyFile(join(layout.pki, 'front-proxy-client.key'), join(layout.pki, 'controller-manager.key'));
  const found = await report(NOW);
  expect(['admin', 'scheduler', 'controller-manager', 'apiserver'].map((name) => found.get(name)?.state)).toEqual(['missing', 'broken', 'broken', 'valid']);
});

test('a leaf of another authority is not trusted', async () => {
  const { cert, key } = issueCa('front-proxy-ca', NOW, systemRandom);
  await writeFile(join(layout.pki, 'front-proxy-ca.crt'), cert);
  await writeFile(join(layout.pki, 'front-proxy-ca.key'), key);
  expect((await report(NOW)).get('front-proxy-client')?.state).toBe('untrusted');
});
