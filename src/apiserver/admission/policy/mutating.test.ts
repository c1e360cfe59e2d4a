import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name = 'm', more: Json = {}) => ({ metadata: { name }, data: { k: 'v' }, ...more });
const rulesFor = (resource: string, group = '') => ({ resourceRules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: [group], apiVersions: ['v1'], resources: [resource] }] });

async function create(api: TestApi, url: string, body: Json): Promise<void> {
  const made = await api.request('POST', url, body);
  expect(made.body.message ?? made.status).toBe(201);
}

const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

/** A policy on ConfigMaps, and a binding of the same name. */
async function policy(api: TestApi, name: string, spec: Json, binding: Json = {}): Promise<void> {
  await create(api, `${GROUP}/mutatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: rulesFor('configmaps'), reinvocationPolicy: 'Never', ...spec } });
  await create(api, `${GROUP}/mutatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, ...binding } });
}

test('a partial object is laid over what is written', async () => {
  await using api = await startApi();
  await policy(api, 'p', { mutations: [apply('Object{metadata: Object.metadata{labels: {"seen": request.userInfo.username}}, data: {"more": object.data.k + "!"}}')] });

  const { body } = await api.request('POST', MAPS, map());

  expect([body.metadata.labels, body.data]).toEqual([{ seen: 'admin' }, { k: 'v', more: 'v!' }]);
});

test('lists are merged by their keys', async () => {
  await using api = await startApi();
  await create(api, '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' }, automountServiceAccountToken: false });
  await policy(api, 'p', {
    matchConstraints: rulesFor('pods'), mutations: [apply('Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: "side", image: "proxy", restartPolicy: "Always"}], containers: [Object.spec.containers{name: "c", env: [Object.spec.containers.env{name: "A", value: "b"}]}]}}')],
  });

  const { body } = await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }, { name: 'd', image: 'i' }] } });

  expect(body.spec.initContainers).toMatchObject([{ name: 'side', image: 'proxy', restartPolicy: 'Always', terminationMessagePolicy: 'File' }]);
  expect(body.spec.containers).toMatchObject([{ name: 'c', image: 'i', env: [{ name: 'A', value: 'b' }] }, { name: 'd' }]);
});

test('operations of a JSON patch are applied, one mutation after the other', async () => {
  await using api = await startApi();
  await policy(api, 'p', {
    variables: [{ name: 'key', expression: '"a/b"' }],
    mutations: [
      patch('[JSONPatch{op: "test", path: "/data/k", value: "v"}, JSONPatch{op: "add", path: "/metadata/labels", value: Object.metadata.labels{}}, JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey(variables.key), value: "x"}]'),
      patch('[JSONPatch{op: "add", path: "/data/labels", value: string(size(object.metadata.labels))}]'),
      patch('[JSONPatch{op: "test", path: "/data/k", value: "other"}, JSONPatch{op: "remove", path: "/data/k"}]'),
    ],
  });

  const { body } = await api.request('POST', MAPS, map());

  expect([body.metadata.labels, body.data]).toEqual([{ 'a/b': 'x' }, { k: 'v', labels: '1' }]);
});

test('what a policy makes of an object is validated like what callers send', async () => {
  await using api = await startApi();
  await policy(api, 'p', { mutations: [patch('[JSONPatch{op: "add", path: "/data/not a key", value: "x"}]')] });

  expect((await api.request('POST', MAPS, map())).status).toBe(422);
});

test.each([
  [[apply('Object{data: {"a": object.data.missing}}')], "expression 'Object{data: {\"a\": object.data.missing}}' resulted in error: no such key: missing"],
  [[apply('Object{spec: Object.spec{x: 1}}')], 'error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema'],
  [[apply('Object{metadata: Object.wrong{}}')], 'type mismatch: unexpected type name "Object.wrong", expected "Object.metadata", which matches field name path from root Object type'],
  [[patch('[JSONPatch{op: "remove", path: "/data/missing"}]')], /^JSONPath: /],
])('a mutation that cannot be carried out refuses: %j', async (mutations, why) => {
  await using api = await startApi();
  await policy(api, 'p', { mutations });

  const { status, body } = await api.request('POST', MAPS, map());

  expect([status, body.reason]).toEqual([403, 'Invalid']);
  const [, prefix = '', text = ''] = /^(policy 'p' with binding 'p' denied request: )([^]*)$/.exec(body.message) ?? [];
  expect(prefix).not.toBe('');
  if (typeof why === 'string') expect(text).toBe(why);
  else expect(text).toMatch(why);
});

test('lists that would be replaced whole are not touched', async () => {
  await using api = await startApi();
  await policy(api, 'p', { matchConstraints: rulesFor('pods'), mutations: [apply('Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", args: ["x"]}]}}')] });
  await create(api, '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });

  const { body } = await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });

  expect(body.message).toBe('policy \'p\' with binding \'p\' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[name="c"].args');
});

test('a policy that fails open changes nothing', async () => {
  await using api = await startApi();
  await policy(api, 'p', { failurePolicy: 'Ignore', mutations: [apply('Object{data: {"a": object.data.missing}}')] });

  expect((await api.request('POST', MAPS, map())).body.data).toEqual({ k: 'v' });
});

test('conditions and parameters decide what is changed', async () => {
  await using api = await startApi();
  await create(api, MAPS, map('param', { data: { add: 'by-param' } }));
  await policy(api, 'p', {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, matchConditions: [{ name: 'wanted', expression: 'object.metadata.name == "m"' }],
    mutations: [apply('Object{data: {"added": params.data.add}}')],
  }, { paramRef: { name: 'param', parameterNotFoundAction: 'Allow' } });

  expect((await api.request('POST', MAPS, map())).body.data).toEqual({ k: 'v', added: 'by-param' });
  expect((await api.request('POST', MAPS, map('other'))).body.data).toEqual({ k: 'v' });
});

test('who asked before another changed the object is asked again, if it wishes', async () => {
  await using api = await startApi();
  const count = (key: string) => [apply(`Object{data: {"${key}": "has-late" in object.data ? "late" : "early"}}`)];
  await policy(api, 'a-again', { mutations: count('again'), reinvocationPolicy: 'IfNeeded' });
  await policy(api, 'b-once', { mutations: count('once') });
  await policy(api, 'c-late', { mutations: [apply('Object{data: {"has-late": "yes"}}')] });

  expect((await api.request('POST', MAPS, map())).body.data).toEqual({ k: 'v', again: 'late', once: 'early', 'has-late': 'yes' });
});
