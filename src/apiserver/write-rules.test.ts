/** Which writes are refused, and how: identity, versions, metadata that may not change. */
import { expect, test } from 'vitest';
import { type Json, startApi } from './testing/start-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };
const APPLY = { headers: { 'content-type': 'application/apply-patch+yaml' } };

async function withMap() {
  const api = await startApi();
  const { body } = await api.request('POST', MAPS, { metadata: { name: 'a' }, data: { n: '1' } });
  return Object.assign(api, { map: body as Json });
}

test('a PUT for another uid is a conflict of the store, a patch of the uid is invalid', async () => {
  await using api = await withMap();
  const { uid } = api.map.metadata;
  const put = await api.request('PUT', `${MAPS}/a`, { metadata: { name: 'a', uid: 'other' } });
  const patch = await api.request('PATCH', `${MAPS}/a`, { metadata: { uid: 'other' } }, MERGE);
  const gone = await api.request('PUT', `${LEASES}/l`, { metadata: { name: 'l', uid: 'other' } });

  expect([put.status, put.body.message]).toEqual([409, 'Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, ' +
    `Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${uid}`]);
  expect([patch.status, patch.body.message]).toEqual([422, 'ConfigMap "a" is invalid: metadata.uid: Invalid value: "other": field is immutable']);
  expect([gone.status, gone.body.message.endsWith('UID in precondition: other, UID in object meta: ')]).toEqual([409, true]);
});

test('nobody but the server begins a deletion', async () => {
  await using api = await withMap();
  const { status, body } = await api.request('PATCH', `${MAPS}/a`, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 } }, MERGE);
  expect(status).toBe(422);
  expect(body.message).toBe('ConfigMap "a" is invalid: [metadata.deletionTimestamp: Invalid value: "2026-01-01T00:00:00Z": field is immutable, ' +
    'metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable]');
});

test.each([
  [{ metadata: { name: 'b' } }, 'the name of the object (b) does not match the name on the URL (a)'],
  [{ metadata: {} }, 'the name of the object (a based on URL) was undeterminable: name must be provided'],
  [{ metadata: { name: 'b', namespace: 'other' } }, 'the namespace of the provided object does not match the namespace sent on the request'],
])('a PUT says of itself what the URL says: %j', async (object, why) => {
  await using api = await withMap();
  const { status, body } = await api.request('PUT', `${MAPS}/a`, object);
  expect([status, body.message]).toEqual([400, why]);
});

test('what has no namespace forgets the one it is given', async () => {
  await using api = await startApi();
  const { status, body } = await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'x', namespace: 'y' } });
  expect([status, body.metadata.namespace]).toEqual([201, undefined]);
});

test('a resourceVersion may be 0 on creation, but not a real one', async () => {
  await using api = await startApi();
  const zero = await api.request('POST', MAPS, { metadata: { name: 'a', resourceVersion: '0' } });
  const real = await api.request('POST', MAPS, { metadata: { name: 'b', resourceVersion: '7' } });
  expect([zero.status, real.status, real.body.message]).toEqual([201, 400, 'resourceVersion should not be set on objects to be created']);
});

test('names that are taken are told, and what is on its way out', async () => {
  await using api = await withMap();
  const twice = await api.request('POST', MAPS, { metadata: { name: 'a' } });
  const generated = await api.request('POST', MAPS, { metadata: { name: 'a', generateName: 'a-' } });
  await api.request('PATCH', `${MAPS}/a`, { metadata: { finalizers: ['x/y'] } }, MERGE);
  await api.request('DELETE', `${MAPS}/a`);
  const leaving = await api.request('POST', `${MAPS}?dryRun=All`, { metadata: { name: 'a' } });

  expect(twice.body).toMatchObject({ code: 409, message: 'configmaps "a" already exists', details: { name: 'a', kind: 'configmaps' } });
  expect(generated.body).toMatchObject({
    message: 'configmaps "a" already exists, the server was not able to generate a unique name for the object', details: { name: 'a', retryAfterSeconds: 1 },
  });
  expect(leaving.body.message).toBe('object is being deleted: configmaps "a" already exists');
});

test('owner references said twice are taken once', async () => {
  await using api = await startApi();
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };
  const { status, body, headers } = await api.request('POST', MAPS, { metadata: { name: 'a', ownerReferences: [owner, owner, { ...owner, name: 'p' }] } });
  expect([status, body.metadata.ownerReferences]).toEqual([201, [owner, { ...owner, name: 'p' }]]);
  expect(headers['warning']).toContain('.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, ' +
    'and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u');
});

test('who may update or patch, but not create, creates nothing by that', async () => {
  await using api = await startApi();
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await api.request('POST', `${rbac}/clusterroles`, { metadata: { name: 'r' }, rules: [{ verbs: ['update', 'patch'], apiGroups: ['*'], resources: ['*'] }] });
  await api.request('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'r' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  const user = { user: { username: 'u', groups: ['system:authenticated'] } };
  const put = await api.request('PUT', `${LEASES}/l`, { metadata: { name: 'l' } }, user);
  const applied = await api.request('PATCH', `${MAPS}/a?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }, { ...APPLY, ...user });

  expect([put.status, applied.status]).toEqual([403, 403]);
  expect(applied.body.message).toBe('configmaps "a" is forbidden: User "u" cannot create resource "configmaps" in API group "" in the namespace "default"');
  expect((await api.request('GET', `${MAPS}/a`)).status).toBe(404);
});

test('an update that must name a version says so by the resource', async () => {
  await using api = await startApi();
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const { body } = await api.request('POST', budgets, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } });
  const blind = await api.request('PUT', `${budgets}/b`, { ...body, metadata: { name: 'b' } });
  expect([blind.status, blind.body.message]).toEqual([422,
    'poddisruptionbudgets.policy "b" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update']);
});

test('what a PUT leaves as it was is not written', async () => {
  await using api = await withMap();
  const same = await api.request('PUT', `${MAPS}/a?fieldManager=other`, { ...api.map, metadata: { name: 'a', creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 } });
  expect(same.body).toEqual(api.map);
});

const QUALIFIED = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const NEITHER = 'name is neither a standard finalizer name nor is it fully qualified';

test.each([
  [{ finalizers: ['x y'] }, `[metadata.finalizers: Invalid value: "x y": ${QUALIFIED}, metadata.finalizers[0]: Invalid value: "x y": ${NEITHER}]`],
  [{ finalizers: ['orphan', 'mine'] }, `metadata.finalizers[1]: Invalid value: "mine": ${NEITHER}`],
  [{ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: '' }] },
    '[metadata.ownerReferences.name: Invalid value: "": must not be empty, metadata.ownerReferences.uid: Invalid value: "": must not be empty]'],
  [{ ownerReferences: [{ apiVersion: 'a/b/c', kind: 'Pod', name: 'a', uid: 'b' }] },
    'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty'],
  [{ ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'b' }] },
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"a","uid":"b"}: /v1, Kind=Event is disallowed from being an owner'],
])('metadata that cannot be is refused: %j', async (metadata, why) => {
  await using api = await startApi();
  const { status, body } = await api.request('POST', MAPS, { metadata: { name: 'z', ...metadata } });
  expect([status, body.message]).toEqual([422, `ConfigMap "z" is invalid: ${why}`]);
});

test('of an object without a name the failure names none', async () => {
  await using api = await startApi();
  for (const body of [{ metadata: {} }, 'null']) {
    const refused = await api.request('POST', MAPS, body);
    expect(refused.status).toBe(422);
    expect(Object.keys(refused.body.details)).toEqual(['kind', 'causes']);
  }
});

test.each([
  ['', 'unexpected end of JSON input (<empty>)'],
  ['[]', 'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)'],
])('a body %j that is no object is shown in the refusal', async (text, why) => {
  await using api = await startApi();
  const { body } = await api.request('POST', MAPS, text);
  expect(body.message).toBe(`the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why}`);
});

test('a service that is reached from outside no more loses its traffic policy', async () => {
  await using api = await startApi();
  const at = '/api/v1/namespaces/default/services';
  await api.request('POST', at, { metadata: { name: 'web' }, spec: { type: 'NodePort', selector: { a: 'b' }, ports: [{ port: 80 }] } });
  const { status, body } = await api.request('PATCH', `${at}/web`, { spec: { type: 'ExternalName', externalName: 'x.example' } }, { headers: { 'content-type': 'application/merge-patch+json' } });

  expect([status, body.spec.type, body.spec.externalTrafficPolicy]).toEqual([200, 'ExternalName', undefined]);
});

test('what upstream holds by a pointer belongs to who made the object, also where it is a default', async () => {
  await using api = await startApi();
  const { body } = await api.request('POST', '/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'web' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } },
  });

  expect(body.metadata.managedFields[0].fieldsV1['f:spec']['f:template']['f:spec']['f:securityContext']).toEqual({});
});
