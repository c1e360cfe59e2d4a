import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from './testing/start-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const as = (type: string) => ({ headers: { 'content-type': type } });
const JSON_PATCH = as('application/json-patch+json');
const MERGE = as('application/merge-patch+json');
const STRATEGIC = as('application/strategic-merge-patch+json');

async function withDeployment(): Promise<TestApi> {
  const api = await startApi();
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }, { name: 'd', image: 'j' }] } };
  const { status } = await api.request('POST', DEPLOYMENTS, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
  expect(status).toBe(201);
  return api;
}

test('a merge patch replaces lists, a strategic one merges them by key', async () => {
  await using api = await withDeployment();
  const change = { spec: { template: { spec: { containers: [{ name: 'd', image: 'k' }] } } } };
  const images = ({ body }: Json) => body.spec.template.spec.containers.map((one: Json) => `${one.name}=${one.image}`);

  const strategic = await api.request('PATCH', `${DEPLOYMENTS}/d`, change, STRATEGIC);
  const merge = await api.request('PATCH', `${DEPLOYMENTS}/d`, change, MERGE);

  expect(images(strategic)).toEqual(['c=i', 'd=k']);
  expect(images(merge)).toEqual(['d=k']);
});

test('a JSON patch changes what its tests allow', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' }, data: { n: '1' } });

  const done = await api.request('PATCH', `${MAPS}/a`, [{ op: 'test', path: '/data/n', value: '1' }, { op: 'replace', path: '/data/n', value: '2' }], JSON_PATCH);
  const refused = await api.request('PATCH', `${MAPS}/a`, [{ op: 'test', path: '/data/n', value: '1' }], JSON_PATCH);

  expect(done.body.data).toEqual({ n: '2' });
  expect(refused.status).toBe(422);
});

test('a patch with a stale resourceVersion answers 409', async () => {
  await using api = await startApi();
  const { body } = await api.request('POST', MAPS, { metadata: { name: 'a' } });
  await api.request('PATCH', `${MAPS}/a`, { data: { n: '1' } }, MERGE);

  const stale = await api.request('PATCH', `${MAPS}/a`, { metadata: { resourceVersion: body.metadata.resourceVersion }, data: { n: '2' } }, MERGE);

  expect(stale.status).toBe(409);
});

test('concurrent patches all take effect', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' } });

  await Promise.all(Array.from({ length: 10 }, (_, n) => api.request('PATCH', `${MAPS}/a`, { data: { [`k${n}`]: 'x' } }, MERGE)));

  expect(Object.keys((await api.request('GET', `${MAPS}/a`)).body.data)).toHaveLength(10);
});

test('an unknown patch type answers 415, a patch that is no object 400', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' } });

  expect((await api.request('PATCH', `${MAPS}/a`, {}, as('text/plain'))).status).toBe(415);
  expect((await api.request('PATCH', `${MAPS}/a`, [], MERGE)).status).toBe(400);
  expect((await api.request('PATCH', `${MAPS}/b`, {}, MERGE)).status).toBe(404);
});

test('unknown and doubled fields warn, or under Strict are refused', async () => {
  await using api = await startApi();
  const body = '{"metadata":{"name":"a"},"data":{"x":"1","x":"2"},"foo":1}';

  const warned = await api.request('POST', MAPS, body);
  const strict = await api.request('POST', `${MAPS}?fieldValidation=Strict`, body.replace('"a"', '"b"'));
  const ignored = await api.request('POST', `${MAPS}?fieldValidation=Ignore`, body.replace('"a"', '"c"'));

  expect(warned.headers['warning']).toBe('299 - "duplicate field \\"data.x\\"", 299 - "unknown field \\"foo\\""');
  expect(strict.status).toBe(400);
  expect(strict.body.message).toBe('ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.x", unknown field "foo"');
  expect([ignored.status, ignored.headers['warning']]).toEqual([201, undefined]);
});
