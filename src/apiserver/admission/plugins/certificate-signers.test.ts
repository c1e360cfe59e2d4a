import { expect, test } from 'vitest';
import { builtinKinds } from '../../../kinds/index.ts';
import { utf8String, oid, sequence, setOf, octetString, bitString, integer } from '../../../wire/der.ts';
import { requestPem } from '../../../wire/testing/certificate-requests.ts';
import { startApi, type TestApi } from '../../testing/start-api.ts';

const URL = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const user = { username: 'eve', groups: ['system:authenticated'] };

const asking = (pem: string, signerName = CLIENT) => ({
  apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'x' }, spec: { request: btoa(pem), signerName, usages: ['client auth'] },
});
/** eve may write approvals and statuses, and as signer what is said. */
async function start(...signers: readonly (readonly [verb: string, name: string])[]): Promise<TestApi> {
  const api = await startApi({ kinds: builtinKinds });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const apiGroups = ['certificates.k8s.io'];
  await api.request('POST', `${rbac}/clusterroles`, {
    metadata: { name: 'eve' },
    rules: [
      { apiGroups, resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/status'], verbs: ['update'] },
      ...signers.map(([verb, name]) => ({ apiGroups, resources: ['signers'], verbs: [verb], resourceNames: [name] })),
    ],
  });
  await api.request('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'eve' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'eve' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'eve' }],
  });
  await api.request('POST', URL, asking(requestPem('jane')));
  return api;
}
async function put(api: TestApi, subresource: string, status: object) {
  const { body } = await api.request('GET', `${URL}/x`);
  return api.request('PUT', `${URL}/x/${subresource}`, { ...body, status: { ...body.status, ...status } }, { user });
}
const APPROVED = { conditions: [{ type: 'Approved', status: 'True' }] };

test('to approve takes leave for the signer', async () => {
  await using api = await start();
  expect((await put(api, 'approval', APPROVED)).body.message).toBe(
    `certificatesigningrequests.certificates.k8s.io "x" is forbidden: user not permitted to approve requests with signerName "${CLIENT}"`);
});

test.each([CLIENT, 'kubernetes.io/*'])('leave is by name or by domain: %s', async (name) => {
  await using api = await start(['approve', name]);
  expect((await put(api, 'approval', APPROVED)).status).toBe(200);
});

test('to sign takes leave as the signer, to write what is there does not', async () => {
  await using api = await start(['approve', CLIENT]);
  await put(api, 'approval', APPROVED);
  expect((await put(api, 'status', {})).status).toBe(200);
  const certificate = btoa('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n');
  expect((await put(api, 'status', { certificate })).body.message).toBe(
    `certificatesigningrequests.certificates.k8s.io "x" is forbidden: user not permitted to sign requests with signerName "${CLIENT}"`);
});

test('nobody asks to be a master', async () => {
  await using api = await start();
  const subject = sequence(setOf(sequence(oid('2.5.4.10'), utf8String('system:masters'))));
  const key = sequence(sequence(oid('1.3.101.112')), bitString(new Uint8Array(32)));
  const der = sequence(sequence(integer(Uint8Array.of(0)), subject, key), sequence(oid('1.3.101.112')), bitString(octetString(new Uint8Array(64))));
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const { status, body } = await api.request('POST', URL, { ...asking(pem), metadata: { name: 'm' } });
  expect([status, body.message]).toEqual([403, `certificatesigningrequests.certificates.k8s.io "m" is forbidden: use of ${CLIENT} signer with system:masters group is not allowed`]);
  expect((await api.request('POST', URL, { ...asking(pem, 'example.com/own'), metadata: { name: 'm' } })).status).toBe(201);
});
