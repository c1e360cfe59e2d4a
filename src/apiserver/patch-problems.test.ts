/** How malformed patches are told, in upstream's words. */
import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const as = (type: string) => ({ headers: { 'content-type': type } });
const JSON_PATCH = as('application/json-patch+json');
const MERGE = as('application/merge-patch+json');
const STRATEGIC = as('application/strategic-merge-patch+json');
const APPLY = as('application/apply-patch+yaml');
const TEMPLATE = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const DEPLOYMENT = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: TEMPLATE } };

async function withObjects() {
  const api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' }, data: { n: '1' } });
  await api.request('POST', DEPLOYMENTS, DEPLOYMENT);
  return api;
}

test.each([
  [JSON_PATCH, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
  [MERGE, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
  [STRATEGIC, 'unrecognized type: int32'],
])('a patch that gives a field the wrong type is 422 and names neither kind nor object (%j)', async (type, why) => {
  await using api = await withObjects();
  const body = type === JSON_PATCH ? [{ op: 'replace', path: '/spec/replicas', value: 'x' }] : { spec: { replicas: 'x' } };
  const refused = await api.request('PATCH', `${DEPLOYMENTS}/d`, body, type);
  expect(refused.status).toBe(422);
  expect(refused.body.message).toMatch(/^ "" is invalid: patch: Invalid value: "/);
  expect(refused.body.message.endsWith(`: ${why}`)).toBe(true);
  expect(refused.body.details.causes[0].field).toBe('patch');
});

test.each([
  [{ spec: 'x' }, 'cannot restore struct from: string'],
  [{ spec: { template: { spec: { containers: 'x' } } } }, 'cannot restore slice from string'],
  [{ spec: { paused: 'x' } }, 'unrecognized type: bool'],
  [{ spec: { template: { spec: { nodeName: 5 } } } }, 'cannot convert int64 to string'],
  [{ metadata: { labels: [] } }, 'cannot restore map from slice'],
])('a strategic merge patch is told in the words of Go\'s converter (%j)', async (body, why) => {
  await using api = await withObjects();
  const refused = await api.request('PATCH', `${DEPLOYMENTS}/d`, body, STRATEGIC);

  expect([refused.status, refused.body.details.causes[0].message.endsWith(`: ${why}`)]).toEqual([422, true]);
});

test.each([
  [JSON_PATCH, '{}', 400, 'error decoding patch: json: cannot unmarshal object into Go value of type []interface {}'],
  [MERGE, '[]', 400, 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  [MERGE, '5', 400, 'error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}'],
  [MERGE, 'null', 400, 'Invalid JSON Patch'],
  [STRATEGIC, '"x"', 400, 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}'],
  [APPLY, '[]', 400, 'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  [APPLY, 'null', 400, 'invalid object type: /, Kind='],
  [JSON_PATCH, 'null', 200, undefined],
  [STRATEGIC, 'null', 200, undefined],
])('a patch that has not its type\'s form (%j %s)', async (type, text, status, message) => {
  await using api = await withObjects();
  const answer = await api.request('PATCH', `${MAPS}/a?fieldManager=m`, text, type);

  expect([answer.status, answer.body.message]).toEqual([status, message]);
});

test.each([JSON_PATCH, MERGE])('a patch makes no other kind of an object (%j)', async (type) => {
  await using api = await withObjects();
  const changed = async (field: string, value: string) => {
    const { status, body } = await api.request('PATCH', `${MAPS}/a`, type === MERGE ? { [field]: value } : [{ op: 'replace', path: `/${field}`, value }], type);
    return [status, String(body.message).split('}": ')[1]];
  };

  expect(await changed('kind', 'Secret')).toEqual([422, 'converting (v1.Secret) to (core.ConfigMap): unknown conversion']);
  expect(await changed('apiVersion', 'v2')).toEqual([422, 'no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"']);
});

test('a body of another kind is refused in upstream\'s words', async () => {
  await using api = await withObjects();
  const refused = async (body: object) => (await api.request('POST', DEPLOYMENTS, { ...DEPLOYMENT, ...body })).body.message;

  expect(await refused({ apiVersion: 'apps/v2', kind: 'Deployment' })).toBe('Deployment in version "v2" cannot be handled as a Deployment: no kind "Deployment" is registered for version "apps/v2" in scheme "pkg/api/legacyscheme/scheme.go:30"');
  expect(await refused({ apiVersion: 'apps/v1', kind: 'Foo' })).toBe('Foo in version "v1" cannot be handled as a Deployment: no kind "Foo" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"');
  expect(await refused({ apiVersion: 'v1', kind: 'Pod' })).toBe('Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion');
});

test('doubled and unknown fields of a patch warn, or are refused under Strict', async () => {
  await using api = await withObjects();
  const doubled = '{"data":{"x":"1","x":"2"},"foo":1}';
  const warned = await api.request('PATCH', `${MAPS}/a`, doubled, MERGE);
  const strict = await api.request('PATCH', `${MAPS}/a?fieldValidation=Strict`, doubled, STRATEGIC);
  const ignored = await api.request('PATCH', `${MAPS}/a?fieldValidation=Ignore`, doubled, MERGE);
  const steps = await api.request('PATCH', `${MAPS}/a`, '[{"op":"add","op":"add","path":"/foo","value":1,"who":2}]', JSON_PATCH);

  expect(warned.headers['warning']).toBe('299 - "duplicate field \\"data.x\\"", 299 - "unknown field \\"foo\\""');
  expect(strict.status).toBe(422);
  expect(strict.body.message).toContain('strict decoding error: duplicate field "data.x", unknown field "foo"');
  expect(ignored.headers['warning']).toBeUndefined();
  expect(steps.headers['warning']).toBe('299 - "json patch duplicate field \\"[0].op\\"", 299 - "json patch unknown field \\"[0].who\\"", 299 - "unknown field \\"foo\\""');
});

test('keys set twice in an applied configuration are told by line', async () => {
  await using api = await withObjects();
  const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  x: "1"\n  x: "2"\n';
  const warned = await api.request('PATCH', `${MAPS}/b?fieldManager=m`, text, APPLY);
  const strict = await api.request('PATCH', `${MAPS}/b?fieldManager=m&fieldValidation=Strict`, text, APPLY);

  expect(warned.body.data).toEqual({ x: '2' });
  expect(warned.headers['warning']).toBe('299 - "line 7: key \\"x\\" already set in map"');
  expect(strict.status).toBe(400);
  expect(strict.body.message).toBe('error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "x" already set in map');
});

test.each([
  ['fieldManager=m&force=false', MERGE, 'force: Forbidden: may not be specified for non-apply patch'],
  ['force=true', APPLY, 'fieldManager: Required value: is required for apply patch'],
  [`fieldManager=${'é'.repeat(65)}`, APPLY, 'fieldManager: Too long: may not be more than 128 bytes'],
  ['fieldManager=a%07', MERGE, 'fieldManager: Invalid value: "a\\a": invalid character U+0007 (at position 1)'],
  ['dryRun=', MERGE, 'dryRun: Unsupported value: [""]: supported values: "All"'],
  ['fieldValidation=x', MERGE, 'fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"'],
])('options that make no sense are refused: %s', async (query, type, why) => {
  await using api = await withObjects();
  const { status, body } = await api.request('PATCH', `${MAPS}/a?${query}`, {}, type);
  expect(status).toBe(422);
  expect(body.message).toBe(`PatchOptions.meta.k8s.io "" is invalid: ${why}`);
});

test.each([
  [JSON_PATCH, '{', 400, 'error decoding patch: '],
  [MERGE, '[]', 400, 'error decoding patch: json: cannot unmarshal'],
  [JSON_PATCH, '[{"op":"test","path":"/data/n","value":"2"}]', 422, 'the server rejected our request due to an error in our request'],
  [JSON_PATCH, '[{"op":"grow","path":"/data"}]', 422, 'the server rejected our request due to an error in our request'],
  [APPLY, '{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"a"}}', 400, 'invalid object type: /v2, Kind=ConfigMap'],
  [APPLY, '{}', 400, 'invalid object type: /, Kind='],
  [as('Application/merge-patch+json'), '{}', 415, 'accepted media types include: application/json-patch+json, application/merge-patch+json, '],
])('what cannot be applied writes nothing (%j %s)', async (type, text, status, why) => {
  await using api = await withObjects();
  const { body: before } = await api.request('GET', `${MAPS}/a`);
  const refused = await api.request('PATCH', `${MAPS}/a?fieldManager=m`, text, type);
  expect(refused.status).toBe(status);
  expect(refused.body.message).toContain(why);
  expect((await api.request('GET', `${MAPS}/a`)).body).toEqual(before);
});

test('a scale can be applied, and who applies it owns it', async () => {
  await using api = await withObjects();
  const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas } });
  const applied = await api.request('PATCH', `${DEPLOYMENTS}/d/scale?fieldManager=hpa&force=true`, scale(4), APPLY);
  const other = await api.request('PATCH', `${DEPLOYMENTS}/d/scale?fieldManager=human`, scale(5), APPLY);

  expect([applied.status, applied.body.spec]).toEqual([200, { replicas: 4 }]);
  expect(other.body.message).toBe('Apply failed with 1 conflict: conflict with "hpa" with subresource "scale": .spec.replicas');
  const { managedFields } = (await api.request('GET', `${DEPLOYMENTS}/d`)).body.metadata;
  expect(managedFields[0]).toMatchObject({ manager: 'hpa', operation: 'Apply', apiVersion: 'apps/v1', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
});
