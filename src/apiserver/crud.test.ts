import { expect, test } from 'vitest';
import { type Json, startApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Json = {}, metadata: Json = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data });

test('POST answers 201 with the object and what the server adds', async () => {
  await using api = await startApi();

  const { status, body } = await api.request('POST', PATH, configMap('a', { n: '1' }));

  expect(status).toBe(201);
  expect(body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { n: '1' } });
  expect(body.metadata).toMatchObject({ name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' });
  expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
  expect((await api.request('GET', `${PATH}/a`)).body).toEqual(body);
});

test('POST of a node keeps the status it comes with', async () => {
  await using api = await startApi();
  const status = { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] };

  const node = await api.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, status });

  expect(node.body.status.addresses).toEqual(status.addresses);
});

test('a new object\'s status is empty, with what a status must have', async () => {
  await using api = await startApi();
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] }, status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } };

  const created = await api.request('POST', '/api/v1/namespaces/default/services', service);

  expect(created.body.status).toEqual({ loadBalancer: {} });
});

test('POST of a name that exists answers 409 AlreadyExists', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, configMap('a'));

  const again = await api.request('POST', PATH, configMap('a'));

  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({ reason: 'AlreadyExists', message: 'configmaps "a" already exists', details: { name: 'a', kind: 'configmaps' } });
});

test('GET of what is not there answers 404 in upstream\'s words', async () => {
  await using api = await startApi();

  const { status, body } = await api.request('GET', `${PATH}/a`);

  expect(status).toBe(404);
  expect(body).toEqual({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'configmaps "a" not found', reason: 'NotFound',
    details: { name: 'a', kind: 'configmaps' }, code: 404,
  });
});

test('PUT with a stale resourceVersion answers 409 and writes nothing', async () => {
  await using api = await startApi();
  const { body: first } = await api.request('POST', PATH, configMap('a', { n: '1' }));
  await api.request('PUT', `${PATH}/a`, { ...first, data: { n: '2' } });

  const stale = await api.request('PUT', `${PATH}/a`, { ...first, data: { n: '3' } });

  expect(stale.status).toBe(409);
  expect(stale.body.reason).toBe('Conflict');
  expect(stale.body.message).toBe('Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again');
  expect((await api.request('GET', `${PATH}/a`)).body.data).toEqual({ n: '2' });
});

test('PUT without a resourceVersion replaces whatever is there, and an equal object changes nothing', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, configMap('a', { n: '1' }));

  const replaced = await api.request('PUT', `${PATH}/a`, configMap('a', { n: '2' }));
  const same = await api.request('PUT', `${PATH}/a`, configMap('a', { n: '2' }));

  expect(replaced.body.data).toEqual({ n: '2' });
  expect(same.body.metadata.resourceVersion).toBe(replaced.body.metadata.resourceVersion);
});

test('concurrent unconditional writes all succeed, one after the other', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, configMap('a'));

  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => api.request('PUT', `${PATH}/a`, configMap('a', { n: String(n) }))));

  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(new Set(answers.map(({ body }) => body.metadata.resourceVersion)).size).toBe(10);
});

test('generateName is completed with five letters', async () => {
  await using api = await startApi();

  const { body } = await api.request('POST', PATH, { metadata: { generateName: 'web-' } });

  expect(body.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test('a LIST is ordered by name and says which revision it shows', async () => {
  await using api = await startApi();
  for (const name of ['b', 'a', 'c']) await api.request('POST', PATH, configMap(name));

  const { body } = await api.request('GET', PATH);

  expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
  expect(body.items.map((item: Json) => item.metadata.name)).toEqual(['a', 'b', 'c']);
  expect(Number(body.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(body.items[2].metadata.resourceVersion));
});

test('dryRun=All answers as if, and writes nothing', async () => {
  await using api = await startApi();

  const dry = await api.request('POST', `${PATH}?dryRun=All`, configMap('a'));

  expect(dry.status).toBe(201);
  expect((await api.request('GET', `${PATH}/a`)).status).toBe(404);
});

test('a body of another kind, another namespace or another name is refused', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, configMap('a'));

  const kind = await api.request('POST', PATH, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
  const namespace = await api.request('POST', PATH, configMap('b', {}, { namespace: 'other' }));
  const name = await api.request('PUT', `${PATH}/a`, configMap('b'));

  expect([kind.status, namespace.status, name.status]).toEqual([400, 400, 400]);
  expect(namespace.body.message).toBe('the namespace of the provided object does not match the namespace sent on the request');
  expect(name.body.message).toBe('the name of the object (b) does not match the name on the URL (a)');
});

test.each([
  ['{', 400], ['[]', 400], ['', 400], ['"x"', 400],
  [`{"metadata":{"name":"a"},"data":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`, 400],
  [new Uint8Array([0x7b, 0xff, 0x7d]), 400],
])('a malformed body is the caller\'s fault: %#', async (body, status) => {
  await using api = await startApi();

  const answer = await api.request('POST', PATH, body);

  expect(answer.status).toBe(status);
  expect(answer.body.reason).toBe('BadRequest');
});

test('a body over the limit answers 413', async () => {
  await using api = await startApi({ config: { maxBodyBytes: 1000 } });

  const { status, body } = await api.request('POST', PATH, configMap('a', { n: 'x'.repeat(1000) }));

  expect(status).toBe(413);
  expect(body.message).toBe('Request entity too large: limit is 1000');
});

test('YAML is read and written', async () => {
  await using api = await startApi();

  const { text, status } = await api.request('POST', PATH, 'metadata:\n  name: a\ndata:\n  n: "1"\n', {
    headers: { 'content-type': 'application/yaml', accept: 'application/yaml' },
  });

  expect(status).toBe(201);
  expect(text).toContain('kind: ConfigMap\n');
});

test('an object without a name is told so, whatever else its kind would say', async () => {
  await using api = await startApi();
  const { status, body } = await api.request('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: {}, spec: {} });

  expect(status).toBe(422);
  expect(body.message).toContain('metadata.name: Required value: name or generateName is required');
});
