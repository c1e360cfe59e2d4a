import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { clusterAuthority } from '../../cluster/pki/authority.ts';
import { issueCa } from '../../wire/node/issue.ts';
import { CertificateSigningRequest } from '../../kinds/certificates/certificate-signing-request.ts';
import { ClusterRoleBinding } from '../../kinds/rbac/cluster-role-binding.ts';
import { createClient, type Client } from '../../client/index.ts';
import { requestPem, type RequestName } from '../../wire/testing/certificate-requests.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { csrApprovingController, csrCleaner, csrSigningController, type CertificateOrder } from './certificates.ts';
import { SIGNERS, usagesOf, validity } from './plan.ts';

const HOUR = 3_600_000;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';

async function start() {
  const orders: CertificateOrder[] = [];
  const authority = {
    notAfter: Date.UTC(2036, 0, 1), verifies: () => true,
    issue: (order: CertificateOrder) => (orders.push(order), CERTIFICATE),
  };
  const cluster = await startControlled([csrApprovingController, csrSigningController(authority), csrCleaner]);
  return { ...cluster, orders };
}

interface Ask {
  readonly request?: RequestName;
  readonly signerName?: string;
  readonly usages?: readonly string[];
  readonly expirationSeconds?: number;
}
const KUBELET = ['digital signature', 'client auth'];
const ask = (client: Client, { request = 'kubelet', signerName = SIGNERS.kubeletClient, usages = KUBELET, ...more }: Ask = {}) =>
  client.create(CertificateSigningRequest, { metadata: { name: 'asked' }, spec: { request: btoa(requestPem(request)), signerName, usages, ...more } });
const as = ({ api }: TestCluster, username: string, ...groups: string[]) =>
  createClient(api.server.handler, { user: { username, groups: ['system:authenticated', ...groups] } });
const asked = ({ client, find }: TestCluster) => find(async () => (await client.get(CertificateSigningRequest, 'asked')).status);
const settled = async (cluster: TestCluster) => {
  for (let round = 0; round < 5; round++) await cluster.quiet();
  const { conditions = [], certificate } = await asked(cluster);
  return { conditions: conditions.map(({ type, reason, message }) => [type, reason, message]), certificate: certificate && atob(certificate) };
};
async function approve(cluster: TestCluster): Promise<void> {
  const csr = await cluster.client.get(CertificateSigningRequest, 'asked');
  await cluster.client.updateSubresource(CertificateSigningRequest, { ...csr, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] } }, 'approval');
}

test('a kubelet renews its own certificate', async () => {
  await using cluster = await start();
  await ask(as(cluster, 'system:node:n1', 'system:nodes'));
  expect(await settled(cluster)).toEqual({
    conditions: [['Approved', 'AutoApproved', 'Auto approving self kubelet client certificate after SubjectAccessReview.']], certificate: CERTIFICATE,
  });
  expect(cluster.orders).toMatchObject([{ keyUsageBits: [0], extendedUsages: ['1.3.6.1.5.5.7.3.2'], request: { subject: { commonName: 'system:node:n1' } } }]);
});

test('the cluster\'s own CA signs it', async () => {
  const ca = issueCa('kubernetes', Date.UTC(2026, 0, 1), seededRandom(1));
  await using cluster = await startControlled([csrApprovingController, csrSigningController(clusterAuthority(ca, seededRandom(2)))]);
  await ask(as(cluster, 'system:node:n1', 'system:nodes'));
  const certificate = new X509Certificate((await settled(cluster)).certificate!);
  expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
  expect([certificate.subject, certificate.keyUsage]).toEqual(['O=system:nodes\nCN=system:node:n1', ['1.3.6.1.5.5.7.3.2']]);
});

test('who joins nodes has theirs approved, once RBAC says so', async () => {
  await using cluster = await start();
  const apiGroup = 'rbac.authorization.k8s.io';
  const bind = (name: string, role: string) => cluster.client.create(ClusterRoleBinding, {
    metadata: { name }, subjects: [{ kind: 'Group', apiGroup, name: 'joiners' }], roleRef: { apiGroup, kind: 'ClusterRole', name: role },
  });
  await bind('join', 'system:node-bootstrapper');
  await cluster.quiet();
  await ask(as(cluster, 'joiner', 'joiners'));
  expect((await settled(cluster)).conditions).toEqual([]);
  await bind('approve', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient');
  await cluster.pass(5);
  expect((await settled(cluster)).conditions).toEqual([['Approved', 'AutoApproved', 'Auto approving kubelet client certificate after SubjectAccessReview.']]);
});

test('what is no kubelet of its own waits for somebody to decide', async () => {
  await using cluster = await start();
  await ask(cluster.client, { request: 'jane', signerName: SIGNERS.client, usages: ['client auth'], expirationSeconds: 3600 });
  expect(await settled(cluster)).toEqual({ conditions: [], certificate: undefined });
  await approve(cluster);
  expect(await settled(cluster)).toEqual({ conditions: [['Approved', 'Test', undefined]], certificate: CERTIFICATE });
  const [order] = cluster.orders;
  const now = cluster.api.clock.now();
  expect([order!.notBefore - now, order!.notAfter - now]).toEqual([-300_000, HOUR]);
});

test.each<[Ask, string]>([
  [{ request: 'jane' }, 'subject organization is not system:nodes'],
  [{ request: 'everyName' }, 'DNS subjectAltNames are not allowed'],
  [{ usages: ['client auth'] }, 'usages did not match [client auth digital signature key encipherment]'],
  [{ signerName: SIGNERS.kubeletServing }, 'DNS or IP subjectAltName is required'],
  [{ request: 'everyName', signerName: SIGNERS.kubeletServing }, 'Email subjectAltNames are not allowed'],
  [{ request: 'kubeletServing', signerName: SIGNERS.kubeletServing }, 'usages did not match [digital signature key encipherment server auth]'],
  [{ signerName: SIGNERS.client, usages: ['client auth', 'server auth'] }, 'invalid usage for client certificate: server auth'],
  [{ signerName: SIGNERS.client, usages: ['digital signature'] }, 'missing required usage for client certificate: client auth'],
])('an approved %j fails: %s', async (what, message) => {
  await using cluster = await start();
  await ask(as(cluster, 'anybody', 'system:masters'), what);
  await approve(cluster);
  expect(await settled(cluster)).toMatchObject({ conditions: [['Approved', 'Test', undefined], ['Failed', 'SignerValidationFailure', message]], certificate: undefined });
  expect(cluster.orders).toEqual([]);
});

test('signers of others are none of ours', async () => {
  await using cluster = await start();
  await ask(cluster.client, { signerName: 'example.com/own' });
  await approve(cluster);
  expect(await settled(cluster)).toMatchObject({ conditions: [['Approved', 'Test', undefined]], certificate: undefined });
});

test.each([['an hour, once it is answered', true, 1], ['a day, while it waits', false, 24]])('a request stays for %s', async (_name, approved, hours) => {
  await using cluster = await start();
  await ask(cluster.client, { request: 'jane', signerName: SIGNERS.client, usages: ['client auth'] });
  if (approved) await approve(cluster);
  const left = async () => (await cluster.client.list(CertificateSigningRequest)).items.length;
  for (let hour = 0; hour < hours; hour++) await cluster.pass(3600);
  expect(await left()).toBe(1);
  await cluster.pass(3600);
  await cluster.pass(1);
  expect(await left()).toBe(0);
});

test('lives are within bounds, and a short one is not taken from', () => {
  const life = (seconds: number | undefined, end = Infinity) => {
    const { notBefore, notAfter } = validity(seconds, 0, end);
    return [notBefore / 60_000, notAfter / 60_000];
  };
  expect(life(undefined)).toEqual([-5, 365 * 24 * 60 - 5]);
  expect(life(10)).toEqual([-5, 10]);
  expect(life(8 * 3600)).toEqual([-5, 475]);
  expect(life(8 * 3600 - 60)).toEqual([-5, 479]);
  expect(life(1e9)).toEqual([-5, 365 * 24 * 60 - 5]);
  expect(life(undefined, 60_000)).toEqual([-5, 1]);
});

test('usages are bits and identifiers, each once', () => {
  expect(usagesOf(['signing', 'digital signature', 'decipher only', 's/mime', 'email protection', 'any'])).toEqual({
    keyUsageBits: [0, 8], extendedUsages: ['2.5.29.37.0', '1.3.6.1.5.5.7.3.4'],
  });
});
