import { expect, test } from 'vitest';
import { type Json, startApi } from './testing/start-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const pod = (name: string, labels: object = { app: 'web' }) => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'registry.example.com/twin' }] },
});
const same = ({ metadata: { name: _n, uid: _u, resourceVersion: _r, creationTimestamp: _c, managedFields, ...metadata }, ...rest }: Json) =>
  ({ ...rest, metadata, fields: managedFields.map(({ time: _t, ...entry }: Json) => entry) });

test('pods of one template differ in nothing but who they are, and keep to themselves', async () => {
  await using api = await startApi();
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
  const [first, second, other] = [await api.request('POST', PODS, pod('a')), await api.request('POST', PODS, pod('b')), await api.request('POST', PODS, pod('c', { tier: 'x' }))];

  expect([first.status, second.status, other.status]).toEqual([201, 201, 201]);
  expect(same(second.body)).toEqual(same(first.body));
  expect((await api.request('GET', `${PODS}/b`)).body).toEqual(second.body);
  expect(other.body.metadata.managedFields[0].fieldsV1['f:metadata']).toEqual({ 'f:labels': { '.': {}, 'f:tier': {} } });

  await api.request('PATCH', `${PODS}/a`, { spec: { containers: [{ name: 'main', image: 'registry.example.com/new' }] } }, { headers: { 'content-type': 'application/strategic-merge-patch+json' } });

  expect((await api.request('GET', `${PODS}/b`)).body).toEqual(second.body);
});

test('what is wrong with a spec is said of every pod that has it', async () => {
  await using api = await startApi();
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
  const broken = (name: string) => ({ ...pod(name), spec: { ...pod(name).spec, restartPolicy: 'Sometimes', volumes: [{ name: 'v', hostPath: { path: '../up' } }] } });
  const answers = [await api.request('POST', PODS, broken('a')), await api.request('POST', PODS, broken('b'))];

  expect(answers.map(({ status }) => status)).toEqual([422, 422]);
  expect(answers[1]!.body.details.causes).toEqual(answers[0]!.body.details.causes);
});
