import { expect, test } from 'vitest';
import { builtinKinds } from '../../../kinds/index.ts';
import { startApi } from '../../testing/start-api.ts';

const CLAIMS = '/apis/resource.k8s.io/v1/namespaces/lab/resourceclaims';
const TEMPLATES = '/apis/resource.k8s.io/v1/namespaces/lab/resourceclaimtemplates';
const WHY = 'Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace';
const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', adminAccess: true } }] } };
const claim = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'c' }, spec };
const template = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate', metadata: { name: 't' }, spec: { spec } };

async function start(labels: object) {
  const api = await startApi({ kinds: builtinKinds });
  await api.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lab', labels } });
  return api;
}

test('claims and templates that look on at others\' devices are for marked namespaces', async () => {
  await using api = await start({});
  for (const [path, object, title] of [[CLAIMS, claim, 'ResourceClaim.resource.k8s.io "c"'], [TEMPLATES, template, 'ResourceClaimTemplate.resource.k8s.io "t"']] as const) {
    const { status, body } = await api.request('POST', path, object);
    expect([status, body.message]).toEqual([422, `${title} is invalid: spec.devices.requests[0].adminAccess: ${WHY}`]);
  }
});

test('nor is it granted elsewhere', async () => {
  await using api = await start({});
  const { body } = await api.request('POST', CLAIMS, { ...claim, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } } });
  const results = [{ request: 'r', driver: 'gpu.example.com', pool: 'p', device: 'd', adminAccess: true }];
  const { body: refused } = await api.request('PUT', `${CLAIMS}/c/status`, { ...body, status: { allocation: { devices: { results } } } });
  expect(refused.message).toBe(`ResourceClaim.resource.k8s.io "c" is invalid: status.allocation.devices.results[0].adminAccess: ${WHY}`);
});

test('a marked namespace may have them', async () => {
  await using api = await start({ 'resource.kubernetes.io/admin-access': 'true' });
  expect((await api.request('POST', CLAIMS, claim)).status).toBe(201);
  expect((await api.request('POST', TEMPLATES, template)).status).toBe(201);
});
