import { expect, test } from 'vitest';
import { type Json, startApi } from './testing/start-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const configMap = (data: object, metadata: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata }, data });
const deployment = (spec: object) => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }, ...spec },
});
const managers = ({ body }: Json) => (body.metadata.managedFields ?? []).map((entry: Json) => `${entry.manager} ${entry.operation}${entry.subresource ? ` ${entry.subresource}` : ''}`);

test('applying creates, then changes, then changes nothing', async () => {
  await using api = await startApi();
  const first = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, configMap({ n: '1' }), APPLY);
  const second = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, configMap({ m: '2' }), APPLY);
  const third = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, configMap({ m: '2' }), APPLY);

  expect([first.status, second.status, third.status]).toEqual([201, 200, 200]);
  expect(first.body.data).toEqual({ n: '1' });
  expect(second.body.data).toEqual({ m: '2' });
  expect(managers(second)).toEqual(['ci Apply']);
  expect(third.body.metadata.resourceVersion).toBe(second.body.metadata.resourceVersion);
});

test('of many who apply what is not there yet, one creates and the others change', async () => {
  await using api = await startApi();
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((who) => api.request('PATCH', `${MAPS}/a?fieldManager=${who}`, configMap({ [who]: '1' }), APPLY)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 201]);
  expect((await api.request('GET', `${MAPS}/a`)).body.data).toEqual({ a: '1', b: '1', c: '1', d: '1' });
});

test('a configuration may be YAML', async () => {
  await using api = await startApi();
  const text = new TextEncoder().encode('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  n: "1"\n');
  expect((await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, text, APPLY)).body.data).toEqual({ n: '1' });
});

test('another manager\'s field is a conflict until it is forced', async () => {
  await using api = await startApi();
  await api.request('POST', `${DEPLOYMENTS}?fieldManager=kubectl-create`, deployment({ replicas: 2 }));

  const refused = await api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=ci`, deployment({ replicas: 3 }), APPLY);
  const forced = await api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=ci&force=true`, deployment({ replicas: 3 }), APPLY);

  expect(refused.status).toBe(409);
  expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas');
  expect(forced.body.spec.replicas).toBe(3);
  expect(managers(forced)).toEqual(['ci Apply', 'kubectl-create Update']);
});

test('whoever scales owns the replicas', async () => {
  await using api = await startApi();
  await api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=ci`, deployment({ replicas: 2 }), APPLY);
  await api.request('PATCH', `${DEPLOYMENTS}/web/scale?fieldManager=hpa`, { spec: { replicas: 5 } }, { headers: { 'content-type': 'application/merge-patch+json' } });

  expect(managers(await api.request('GET', `${DEPLOYMENTS}/web`))).toEqual(['ci Apply', 'hpa Update scale']);
  const refused = await api.request('PATCH', `${DEPLOYMENTS}/web?fieldManager=ci`, deployment({ replicas: 2 }), APPLY);
  expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas');
});

test('writers are known by their user agent where they name no manager', async () => {
  await using api = await startApi();
  const agent = { headers: { 'user-agent': 'kubectl/v1.32.0 (linux/amd64)', 'content-type': 'application/json' } };
  const made = await api.request('POST', MAPS, configMap({ n: '1' }), agent);
  const put = await api.request('PUT', `${MAPS}/a?fieldManager=ops`, configMap({ n: '2', m: '3' }));

  expect(managers(made)).toEqual(['kubectl Update']);
  expect(put.body.metadata.managedFields.find((entry: Json) => entry.manager === 'ops').fieldsV1).toEqual({ 'f:data': { 'f:n': {}, 'f:m': {} } });
});

test('an apply needs a manager and a configuration of this very object', async () => {
  await using api = await startApi();
  const nobody = await api.request('PATCH', `${MAPS}/a`, configMap({}), APPLY);
  const other = await api.request('PATCH', `${MAPS}/b?fieldManager=ci`, configMap({}), APPLY);
  const unknown = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, { ...configMap({}), spec: 1 }, APPLY);

  expect(nobody.body.message).toBe('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
  expect(other.body.message).toBe('the name of the object (a) does not match the name on the URL (b)');
  expect(unknown.status).toBe(400);
  expect(unknown.body.message).toContain('.spec: field not declared in schema');
});

test.each([
  ['a PUT of no managers', 'PUT', []], ['a PUT of one that is empty', 'PUT', [{}]], ['a patch of one that is empty', 'PATCH', [{}]], ['a patch of none', 'PATCH', []],
])('%s forgets them all, and nobody is tracked until someone applies', async (_, method, managedFields) => {
  await using api = await startApi();
  const { body } = await api.request('POST', `${MAPS}?fieldManager=ops`, configMap({ n: '1' }));
  const forgotten = method === 'PUT'
    ? await api.request('PUT', `${MAPS}/a`, { ...body, metadata: { ...body.metadata, managedFields } })
    : await api.request('PATCH', `${MAPS}/a`, { metadata: { managedFields } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  const changed = await api.request('PUT', `${MAPS}/a?fieldManager=ops`, configMap({ n: '2' }));
  const applied = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, configMap({ m: '1' }), APPLY);

  expect([forgotten, changed].map((one) => one.body.metadata.managedFields)).toEqual([undefined, undefined]);
  expect(managers(applied)).toEqual(['ci Apply', 'before-first-apply Update']);
});

test('managers that make no sense are refused, those that do are taken as they are', async () => {
  await using api = await startApi();
  const { body } = await api.request('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, configMap({ n: '1' }));
  const [entry] = body.metadata.managedFields;
  const patch = (managedFields: Json) => api.request('PATCH', `${MAPS}/a`, [
    { op: 'replace', path: '/metadata/managedFields', value: managedFields }, { op: 'replace', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion },
  ], { headers: { 'content-type': 'application/json-patch+json' } });

  // As kubectl migrates from client-side apply.
  const migrated = await patch([{ ...entry, manager: 'kubectl', operation: 'Apply' }]);
  const stale = await patch([]);
  expect(managers(migrated)).toEqual(['kubectl Apply']);
  expect(stale.status).toBe(409);
  const nonsense = await api.request('PUT', `${MAPS}/a`, { ...configMap({ n: '1' }), metadata: { name: 'a', managedFields: [{ manager: 'm', operation: 'Guess' }] } });
  expect(managers(nonsense)).toEqual(['kubectl Apply']);
});

test('an apply that names a version or uid is held to it', async () => {
  await using api = await startApi();
  await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, configMap({ n: '1' }), APPLY);
  const named = (metadata: Json) => ({ ...configMap({ n: '2' }), metadata: { name: 'a', ...metadata } });
  const stale = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, named({ resourceVersion: '1' }), APPLY);
  const other = await api.request('PATCH', `${MAPS}/a?fieldManager=ci`, named({ uid: 'other' }), APPLY);
  const gone = await api.request('PATCH', `${MAPS}/b?fieldManager=ci`, { ...named({ uid: 'other' }), metadata: { name: 'b', uid: 'other' } }, APPLY);
  const nameless = await api.request('PATCH', `${MAPS}/b?fieldManager=ci`, { ...configMap({}), metadata: { generateName: 'b' } }, APPLY);
  const dry = await api.request('PATCH', `${MAPS}/b?fieldManager=ci&dryRun=All`, { ...configMap({}), metadata: { name: 'b' } }, APPLY);

  expect([stale.status, other.status, gone.status, nameless.status, dry.status]).toEqual([409, 422, 409, 400, 201]);
  expect(gone.body.message).toBe('Operation cannot be fulfilled on configmaps "b": uid mismatch: the provided object specified uid other, and no existing object was found');
  expect(nameless.body.message).toBe('the name of the object (b based on URL) was undeterminable: name must be provided');
  expect((await api.request('GET', `${MAPS}/b`)).status).toBe(404);
});
