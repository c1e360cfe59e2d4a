/** Ways around the rules that others' servers have had: other spellings of a path, keys that are names of the language, patterns that never end. */
import { expect, test } from 'vitest';
import { startApi, type TestApi } from './testing/start-api.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const JANE = { user: { username: 'jane', groups: [] } };
const SECRET = 'aHVudGVyMg==';

/** Jane may do all in `mine`, and look at a few paths; what is not hers is in `theirs`. */
async function withBorder(): Promise<TestApi> {
  const api = await startApi();
  const apiGroup = 'rbac.authorization.k8s.io';
  const subjects = [{ apiGroup, kind: 'User', name: 'jane' }];
  for (const name of ['mine', 'theirs']) await api.request('POST', '/api/v1/namespaces', { metadata: { name } });
  await api.request('POST', '/api/v1/namespaces/theirs/secrets', { metadata: { name: 's' }, data: { password: SECRET } });
  await api.request('POST', `${RBAC}/namespaces/mine/rolebindings`, { metadata: { name: 'jane' }, roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' }, subjects });
  await api.request('POST', `${RBAC}/clusterroles`, { metadata: { name: 'paths' }, rules: [{ verbs: ['*'], nonResourceURLs: ['/healthz/*', '/apis/*', '/api/*', '/openapi/*', '/version'] }] });
  await api.request('POST', `${RBAC}/clusterrolebindings`, { metadata: { name: 'jane' }, roleRef: { apiGroup, kind: 'ClusterRole', name: 'paths' }, subjects });
  return api;
}

const SEPARATORS = ['/', '//', '%2f', '%2F', '\\', '%5c', ';/', '/./', '/%2e/', '%252f'];
const UPS = ['..', '%2e%2e', '%2E%2E', '.%2e', '%2e.', '..;', '%252e%252e', '%c0%ae%c0%ae', '..%00'];

function* spellings(): Iterable<string> {
  for (const separator of SEPARATORS) {
    yield `/api/v1${separator}namespaces${separator}theirs${separator}secrets${separator}s`;
    yield `/api${separator}v1/namespaces/theirs/secrets/s`;
    yield `${separator}api/v1/namespaces/theirs/secrets/s`;
    yield `/api/v1/namespaces/theirs${separator}secrets/s`;
    yield `/api/v1/namespaces/theirs/secrets${separator}s`;
    for (const up of UPS) {
      yield `/api/v1/namespaces/mine${separator}${up}${separator}theirs/secrets/s`;
      yield `/api/v1/namespaces/mine/secrets${separator}${up}${separator}${up}${separator}theirs${separator}secrets/s`;
      yield `/healthz${separator}${up}${separator}api/v1/namespaces/theirs/secrets/s`;
      yield `/apis/apps${separator}${up}${separator}${up}${separator}api/v1/namespaces/theirs/secrets`;
      yield `/openapi/v2${separator}${up}${separator}${up}${separator}metrics`;
    }
  }
  yield* ['/api/v1/watch/namespaces/theirs/secrets', '/api/v1/secrets', '/api/v1/namespaces//secrets', '/api/v1/namespaces/mine/secrets/s?namespace=theirs', '/API/v1/namespaces/theirs/secrets', '/api/v1/namespaces/theirs/secrets/s/', '/api/v1/namespaces/theirs/secrets/s#/mine',
    '/api/v1/namespaces/mine/../theirs/secrets?watch=false', '/api/v1/namespaces/theirs/secrets/s?x=/namespaces/mine/', 'http://x/api/v1/namespaces/theirs/secrets/s', '*', ''];
}

test('no spelling of a path leads over the border', async () => {
  await using api = await withBorder();
  expect((await api.request('GET', '/api/v1/namespaces/theirs/secrets/s')).body.data.password).toBe(SECRET);
  expect((await api.request('GET', '/api/v1/namespaces/mine/secrets', undefined, JANE)).status).toBe(200);

  for (const url of spellings()) {
    const { status, text } = await api.request('GET', url, undefined, JANE);
    expect(text.includes(SECRET) || text.includes('apiserver_request_total'), `${url}: ${status}`).toBe(false);
    expect([400, 403, 404, 405, 301, 200], url).toContain(status);
  }
});

test('writes by such a path change nothing beyond it', async () => {
  await using api = await withBorder();
  for (const url of spellings()) for (const method of ['PUT', 'PATCH', 'DELETE']) await api.request(method, url, method === 'DELETE' ? undefined : { metadata: { name: 's' }, data: { password: 'YQ==' } }, { ...JANE, headers: { 'content-type': 'application/merge-patch+json' } });
  expect((await api.request('GET', '/api/v1/namespaces/theirs/secrets/s')).body.data.password).toBe(SECRET);
});

const MAP = '/api/v1/namespaces/default/configmaps/m';
const EVIL = '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"metadata":{"name":"m","__proto__":{"polluted":"yes"},"labels":{"__proto__":"x","constructor":"y"},"annotations":{"__proto__":"x"}},"data":{"__proto__":"x","constructor":"y","prototype":"z"}}';
const EVIL_YAML = 'apiVersion: v1\nkind: ConfigMap\n__proto__: {polluted: "yes"}\nconstructor: {prototype: {polluted: "yes"}}\nmetadata: {name: m, __proto__: {polluted: "yes"}}\ndata: {__proto__: x, constructor: y}\n';
const POINTERS = ['/__proto__/polluted', '/constructor/prototype/polluted', '/metadata/__proto__/polluted', '/data/__proto__/polluted', '/data/constructor/prototype/polluted', '/data/__proto__'];
const JSON_PATCH = JSON.stringify(POINTERS.map((path) => ({ op: 'add', path, value: 'yes' })));

const WRITES: readonly (readonly [method: string, type: string, body: string])[] = [
  ['POST', 'application/json', EVIL], ['POST', 'application/yaml', EVIL_YAML], ['PUT', 'application/json', EVIL], ['PUT', 'application/yaml', EVIL_YAML],
  ['PATCH', 'application/merge-patch+json', EVIL], ['PATCH', 'application/strategic-merge-patch+json', EVIL], ['PATCH', 'application/json-patch+json', JSON_PATCH],
  ...POINTERS.map((path) => ['PATCH', 'application/json-patch+json', JSON.stringify([{ op: 'add', path, value: 'yes' }])] as const),
  ['PATCH', 'application/apply-patch+yaml', EVIL_YAML], ['PATCH', 'application/apply-patch+yaml', EVIL.replace('{', '{"apiVersion":"v1","kind":"ConfigMap",')],
];

test.each(WRITES)('%s of %s with keys of the language changes no other object', async (method, type, body) => {
  await using api = await startApi();
  await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'm' }, data: { a: 'b' } });
  const before = Object.getOwnPropertyNames(Object.prototype);
  const url = method === 'POST' ? '/api/v1/namespaces/default/configmaps?dryRun=All' : `${MAP}?fieldManager=evil&force=${type.includes('apply')}`;

  const { status } = await api.request(method, url.replace('&force=false', ''), body, { headers: { 'content-type': type } });

  expect(status).toBeLessThan(500);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined();
  const { body: read } = await api.request('GET', MAP);
  expect(read.polluted).toBeUndefined();
  expect(read.metadata.polluted).toBeUndefined();
});

test('a pattern that makes other engines try for ever is answered, in a definition\'s schema and in a policy', async () => {
  await using api = await startApi();
  const patterns = ['^(a+)+$', '^(a|aa)*$', '^(.*a){20}$', '([a-z]+)*!$'];
  const properties = Object.fromEntries(patterns.map((pattern, n) => [`p${n}`, { type: 'string', pattern }]));
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } };
  await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'evils.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'evils', kind: 'Evil', singular: 'evil', listKind: 'EvilList' }, versions: [{ name: 'v1', served: true, storage: true, schema }] },
  });
  const rule = patterns.map((pattern) => `!object.data.a.matches('${pattern}')`).join(' && ');
  const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic';
  const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
  await api.request('POST', `${POLICIES}ies`, { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules }, validations: [{ expression: rule, message: 'matches' }] } });
  await api.request('POST', `${POLICIES}ybindings`, { metadata: { name: 'p' }, spec: { policyName: 'p', validationActions: ['Deny'] } });
  const text = `${'a'.repeat(2000)}?`;

  const custom = await api.request('POST', '/apis/example.com/v1/namespaces/default/evils', { apiVersion: 'example.com/v1', kind: 'Evil', metadata: { name: 'e' }, spec: Object.fromEntries(patterns.map((_, n) => [`p${n}`, text])) });
  const map = await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' }, data: { a: text } });

  expect([custom.status, custom.body.reason]).toEqual([422, 'Invalid']);
  expect([201, 422]).toContain(map.status);
});

test('selectors and names of any length and shape are answered', async () => {
  await using api = await startApi();
  for (const text of ['a'.repeat(100_000), `${'a-'.repeat(50_000)}!`, `${'a.'.repeat(50_000)}!`, `${'a,'.repeat(20_000)}!`, '('.repeat(50_000), `${' '.repeat(100_000)}x`, `a in (${'b,'.repeat(20_000)}`]) {
    const encoded = encodeURIComponent(text);
    for (const url of [`?labelSelector=${encoded}`, `?fieldSelector=${encoded}`, `/${encoded}`, `?continue=${encoded}`, `?resourceVersion=${encoded}`, `?timeoutSeconds=${encoded}`]) {
      expect((await api.request('GET', `/api/v1/namespaces/default/configmaps${url}`)).status, url.slice(0, 40)).toBeLessThan(500);
    }
    expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: text, labels: { [text]: text } } })).status).toBe(422);
  }
});
