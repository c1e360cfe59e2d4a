import { expect, test } from 'vitest';
import { type Json, startApi } from '../testing/start-api.ts';

const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const pem = (label: string): string => btoa(`-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`);
const request: Json = {
  apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'a' },
  spec: { request: pem('CERTIFICATE REQUEST'), signerName: 'example.com/s', usages: ['client auth'], username: 'somebody else' },
};
const approved = (object: Json) => ({ ...object, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Yes', message: 'Yes' }] } });

test('a certificate is asked for, approved and issued, each through its own door', async () => {
  await using api = await startApi();

  const asked = await api.request('POST', PATH, request);
  const early = await api.request('PUT', `${PATH}/a/status`, approved(asked.body));
  const yes = await api.request('PUT', `${PATH}/a/approval`, approved(asked.body));
  const issued = await api.request('PUT', `${PATH}/a/status`, { ...yes.body, status: { ...yes.body.status, certificate: pem('CERTIFICATE') } });
  const denied = await api.request('PUT', `${PATH}/a/approval`, { ...issued.body, status: { conditions: [{ type: 'Denied', status: 'True' }] } });

  expect(asked.body.spec.username).not.toBe('somebody else');
  expect([early.status, early.body.message]).toEqual([422, expect.stringContaining('status.conditions: Forbidden: updates may not add a condition of type "Approved"')]);
  expect(yes.body.status.conditions[0]).toMatchObject({ type: 'Approved', lastUpdateTime: expect.any(String), lastTransitionTime: expect.any(String) });
  expect([issued.status, issued.body.status.certificate]).toEqual([200, pem('CERTIFICATE')]);
  expect([denied.status, denied.body.message]).toEqual([422, expect.stringContaining('updates may not remove a condition of type "Approved"')]);
});
