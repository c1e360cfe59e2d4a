/** Bodies made to hurt: a clear 4xx, soon, and nothing written. */
import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const as = (type: string) => ({ headers: { 'content-type': type } });
const JSON_TYPE = 'application/json';
const YAML = 'application/yaml';
const APPLY = 'application/apply-patch+yaml';
const deep = (levels: number) => `{"metadata":{"name":"a"},"data":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const laughs = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(',')}]`)].join('\n');
const keys = (count: number) => Array.from({ length: count }, (_, n) => `"k${n}":""`).join(',');

test.each([
  ['a depth bomb', 'POST', JSON_TYPE, deep(100_000), 400],
  ['a depth bomb in YAML', 'POST', YAML, deep(5_000), 400],
  ['a deep patch', 'PATCH', 'application/merge-patch+json', deep(100_000), 400],
  ['a deep JSON patch', 'PATCH', 'application/json-patch+json', `[{"op":"add","path":"/data","value":${'['.repeat(50_000)}${']'.repeat(50_000)}}]`, 400],
  ['a deep configuration', 'PATCH', APPLY, deep(5_000), 400],
  ['billions of laughs', 'POST', YAML, laughs, 400],
  ['billions of laughs, applied', 'PATCH', APPLY, laughs, 400],
  ['a long YAML', 'POST', YAML, `a: ${'x'.repeat(2 << 20)}`, 413],
  ['invalid UTF-8', 'POST', JSON_TYPE, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['gzip that nobody asked for', 'POST', JSON_TYPE, new Uint8Array([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3]), 400],
  ['a number beyond all numbers', 'POST', JSON_TYPE, '{"metadata":{"name":"a","generation":1e400}}', 400],
  ['an integer beyond 64 bits', 'POST', JSON_TYPE, '{"metadata":{"name":"a","generation":99999999999999999999}}', 400],
  ['NaN', 'POST', YAML, 'metadata: { name: a, generation: .nan }', 400],
  ['protobuf cut short', 'POST', 'application/vnd.kubernetes.protobuf', new Uint8Array([0x6b, 0x38, 0x73, 0, 0x0a, 0xff, 0xff]), 400],
  ['a scalar', 'POST', JSON_TYPE, '1', 400],
  ['nothing', 'POST', JSON_TYPE, '', 400],
])('%s is refused', async (_, method, type, body, status) => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'b' } });
  const before = api.driver.revision;
  const refused = await api.request(method, method === 'POST' ? MAPS : `${MAPS}/b?fieldManager=m`, body, as(type));
  expect([refused.status, refused.body.kind]).toEqual([status, 'Status']);
  expect(api.driver.revision).toBe(before);
});

test('of very many unknown fields no more than a hundred are told, in a header of bounded length', async () => {
  await using api = await startApi();
  const { status, headers } = await api.request('POST', MAPS, `{"metadata":{"name":"a"},${keys(150_000)}}`);
  expect(status).toBe(201);
  expect(headers['warning']!.split(', ').length).toBe(100);
  const long = await api.request('POST', `${MAPS}?dryRun=All`, `{"metadata":{"name":"c"},${Array.from({ length: 100 }, (_, n) => `"${n}${'x'.repeat(400)}":1`).join(',')}}`);
  expect(long.headers['warning']!.length).toBeLessThan(6_000);
});

test('keys that reach for the prototype are keys', async () => {
  await using api = await startApi();
  const { status, body } = await api.request('POST', MAPS, '{"metadata":{"name":"a","annotations":{"constructor":"x"}},"data":{"__proto__":"x","constructor":"y"}}');
  expect([status, Object.keys(body.data), Object.keys(body.metadata.annotations)]).toEqual([201, ['__proto__', 'constructor'], ['constructor']]);
});

test('half a character is replaced before anyone sees it, and warnings are headers whatever they say', async () => {
  await using api = await startApi();
  const { body, headers } = await api.request('POST', MAPS, '{"metadata":{"name":"a"},"data":{"k":"x\\ud800y\\ud83d\\ude00"},"名":1}');
  expect(body.data.k).toBe('x\ufffdy😀');
  expect(headers['warning']).toMatch(/^[\x20-\xff]+$/);
});

test('a key that YAML sets twice warns', async () => {
  await using api = await startApi();
  const { headers, body } = await api.request('POST', MAPS, 'metadata:\n  name: a\ndata:\n  x: "1"\n  x: "2"\n', as(YAML));
  expect([headers['warning'], body.data]).toEqual(['299 - "line 5: key \\"x\\" already set in map"', { x: '2' }]);
});

test.each([
  ['text/html', '', 406], ['application/json;as=Table;v=v1;g=meta.k8s.io', '?includeObject=x', 400],
])('what cannot be answered is not done (%s%s)', async (accept, query, status) => {
  await using api = await startApi();
  const before = api.driver.revision;
  const refused = await api.request('POST', MAPS + query, { metadata: { name: 'a' } }, { headers: { 'content-type': JSON_TYPE, accept } });
  const removed = await api.request('DELETE', `/api/v1/namespaces/kube-system${query}`, undefined, { headers: { accept } });
  expect([refused.status, removed.status, api.driver.revision]).toEqual([status, status, before]);
});

test('an unknown field of a scale warns', async () => {
  await using api = await startApi();
  const url = '/apis/apps/v1/namespaces/default/deployments';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await api.request('POST', url, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
  const scaled = await api.request('PUT', `${url}/d/scale`, { metadata: { name: 'd' }, spec: { replicas: 2, foo: 1 } });
  expect([scaled.status, scaled.headers['warning']]).toEqual([200, '299 - "unknown field \\"spec.foo\\""']);
});
