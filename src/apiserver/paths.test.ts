import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

test('health is open to anyone, and told in detail when asked', async () => {
  await using api = await startApi();

  const short = await api.request('GET', '/readyz', undefined, { user: null });
  const verbose = await api.request('GET', '/livez?verbose&exclude=log');
  const one = await api.request('GET', '/readyz/etcd');
  const none = await api.request('GET', '/readyz/nothing');

  expect([short.status, short.text]).toEqual([200, 'ok']);
  expect(verbose.text).toBe('[+]ping ok\n[+]etcd ok\n[+]poststarthook/rbac/bootstrap-roles ok\n[+]log excluded: ok\nlivez check passed\n');
  expect([one.text, none.status]).toEqual(['ok', 404]);
});

test('metrics count requests by verb, resource and code', async () => {
  await using api = await startApi();
  await api.request('GET', '/api/v1/namespaces/default/pods/x');

  const { text } = await api.request('GET', '/metrics');

  expect(text).toContain('apiserver_request_total{group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1",code="404"} 1');
  expect(text).toContain('apiserver_storage_objects{resource="namespaces"} 4');
});

test('more requests at once than allowed answer 429', async () => {
  await using api = await startApi({ config: { maxInFlight: 1 } });
  const ask = () => api.request('GET', '/healthz', undefined, { certificate: { commonName: 'jane', organizations: [] } });

  const answers = await Promise.all([ask(), ask()]);

  expect(answers.map(({ status }) => status)).toEqual([200, 429]);
  expect(answers[1]!.headers['retry-after']).toBe('1');
});

test('the audit sink hears of every request, whose and how it went', async () => {
  const events: Readonly<Record<string, unknown>>[] = [];
  await using api = await startApi({ config: { audit: (event) => events.push(event) } });
  events.length = 0;

  await api.request('GET', '/api/v1/namespaces/default/pods/x', undefined, { headers: { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' } });

  expect(events).toMatchObject([{
    level: 'Metadata', stage: 'ResponseComplete', verb: 'get', user: { username: 'admin' }, impersonatedUser: { username: 'jane' },
    objectRef: { resource: 'pods', namespace: 'default', name: 'x', apiVersion: 'v1' }, requestURI: '/api/v1/namespaces/default/pods/x',
  }]);
});

test('an unknown path answers 404', async () => {
  await using api = await startApi();

  const { status, text } = await api.request('GET', '/nothing');

  expect([status, text]).toEqual([404, '404 page not found\n']);
});

test('the keys that verify tokens are published without their private part', async () => {
  await using api = await startApi();

  const { text } = await api.request('GET', '/openid/v1/jwks');

  expect(JSON.parse(text).keys[0]).toMatchObject({ kty: 'EC', use: 'sig', alg: 'ES256' });
  expect(text).not.toContain('"d"');
});
