import { expect, test } from 'vitest';
import { type Driver, memoryDriver } from '../store/index.ts';
import { startApi } from './testing/start-api.ts';

test('health is open to anyone, and told in detail when asked', async () => {
  await using api = await startApi();

  const short = await api.request('GET', '/readyz', undefined, { user: null });
  const verbose = await api.request('GET', '/livez?verbose&exclude=log&exclude=luck');
  const one = await api.request('GET', '/readyz/etcd');
  const none = await api.request('GET', '/readyz/nothing');

  expect([short.status, short.text]).toEqual([200, 'ok']);
  expect(verbose.text).toBe('[+]ping ok\n[+]log excluded: ok\n[+]etcd ok\n[+]poststarthook/priority-and-fairness-config-consumer ok\n[+]poststarthook/start-system-namespaces-controller ok\n' +
    '[+]poststarthook/start-cluster-authentication-info-controller ok\n[+]poststarthook/rbac/bootstrap-roles ok\n' +
    '[+]poststarthook/scheduling/bootstrap-system-priority-classes ok\n[+]poststarthook/priority-and-fairness-config-producer ok\nwarn: some health checks cannot be excluded: no matches for "luck"\nlivez check passed\n');
  expect([one.text, none.status]).toEqual(['ok', 404]);
});

test('a check that fails is named, its reason kept for the log', async () => {
  let broken = false;
  const driver = memoryDriver();
  await using api = await startApi({ driver: withRange(driver, (span) => (broken ? Promise.reject(new Error('no store')) : driver.range(span))) });
  broken = true;

  const all = await api.request('GET', '/healthz');
  const one = await api.request('GET', '/healthz/etcd');
  const without = await api.request('GET', '/healthz?exclude=etcd');

  expect([all.status, all.text.split('\n')[2], all.text.split('\n').at(-2)]).toEqual([500, '[-]etcd failed: reason withheld', 'healthz check failed']);
  expect([one.status, one.text]).toEqual([500, 'internal server error: no store\n']);
  expect([without.status, without.text, without.headers['x-content-type-options']]).toEqual([200, 'ok', 'nosniff']);
});

/** A driver that reads in its own way. */
function withRange(driver: Driver, range: Driver['range']): Driver {
  return {
    get revision() { return driver.revision; },
    range, commit: driver.commit.bind(driver), after: driver.after.bind(driver), compact: driver.compact.bind(driver),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

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
