import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

test('what upstream holds without omitempty is null where nobody said anything, or said it is empty', async () => {
  await using api = await startApi();
  const made = async (url: string, body: object) => (await api.request('POST', url, body)).body;

  expect(await made(`${RBAC}/clusterroles`, { metadata: { name: 'a' } })).toMatchObject({ rules: null });
  expect(await made(`${RBAC}/namespaces/default/roles`, { metadata: { name: 'a' }, rules: [] })).toMatchObject({ rules: null });
  const slice = await made('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', { metadata: { name: 'a' }, addressType: 'IPv4', endpoints: [] });
  expect(slice).toMatchObject({ endpoints: null, ports: null });
  expect(await made('/apis/storage.k8s.io/v1/csinodes', { metadata: { name: 'n' }, spec: { drivers: [] } })).toMatchObject({ spec: { drivers: null } });
  expect(await made('/api/v1/namespaces/default/limitranges', { metadata: { name: 'a' }, spec: {} })).toMatchObject({ spec: { limits: null } });
  expect(await made('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'p' } })).toMatchObject({ value: 0 });
});

test('nobody owns a null that was not said, and patches put lists in its place and take them away', async () => {
  await using api = await startApi();
  const url = `${RBAC}/clusterroles/a`;
  const { body: made } = await api.request('POST', `${RBAC}/clusterroles`, { metadata: { name: 'a', labels: { l: 'x' } } });
  const patch = (type: string, body: unknown) => api.request('PATCH', url, body as object, { headers: { 'content-type': `application/${type}` } });

  expect(made.metadata.managedFields[0].fieldsV1).toEqual({ 'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } } });
  const filled = (await patch('strategic-merge-patch+json', { rules: [rule] })).body;
  expect(filled.rules).toEqual([rule]);
  expect(filled.metadata.managedFields.some(({ fieldsV1 }: { fieldsV1: object }) => 'f:rules' in fieldsV1)).toBe(true);
  const emptied = (await patch('merge-patch+json', { rules: null })).body;
  expect(emptied.rules).toBeNull();
  expect(emptied.metadata.managedFields.some(({ fieldsV1 }: { fieldsV1: object }) => 'f:rules' in fieldsV1)).toBe(false);
  expect((await patch('json-patch+json', [{ op: 'replace', path: '/rules', value: [rule] }])).body.rules).toEqual([rule]);
  const { body: applied } = await api.request('PATCH', `${url}?fieldManager=m&force=true`, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'a' } }, { headers: { 'content-type': 'application/apply-patch+yaml' } });
  expect(applied.rules).toEqual([rule]);
});
