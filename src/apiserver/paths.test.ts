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
