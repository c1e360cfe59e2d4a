import { expect, test } from 'vitest';
import { memoryDriver } from '../store/index.ts';
import { startApi } from './testing/start-api.ts';

/** A store that can be told to take its time. */
function slowDriver() {
  const driver = memoryDriver();
  const state = { stuck: false };
  const slow = Object.assign(Object.create(driver) as typeof driver, {
    commit: (...args: Parameters<typeof driver.commit>) => (state.stuck ? new Promise<never>(() => {}) : driver.commit(...args)),
    range: driver.range.bind(driver), after: driver.after.bind(driver), compact: driver.compact.bind(driver),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  });
  Object.defineProperty(slow, 'revision', { get: () => driver.revision });
  return { driver: slow, state };
}

const NAMESPACES = '/api/v1/namespaces';
const LATE = { reason: 'Timeout', message: 'Timeout: request did not complete within the allotted timeout', code: 504 };

test.each([
  ['', 60_000],
  ['?timeout=5s', 5_000],
  ['?timeout=0s', 60_000],
  ['?timeout=5m', 60_000],
])('a request%s that is not answered within %s ms is answered 504', async (query, limit) => {
  const { driver, state } = slowDriver();
  await using api = await startApi({ driver });
  state.stuck = true;
  let status: number | undefined;
  const answer = api.request('POST', `${NAMESPACES}${query}`, { metadata: { name: 'a' } });
  void answer.then((response) => (status = response.status));

  await api.clock.advance(limit - 1);
  const before = status;
  await api.clock.advance(1);

  expect(before).toBeUndefined();
  expect((await answer).body).toMatchObject(LATE);
  state.stuck = false;
});

test.each([
  ['x', 'time: invalid duration "x"'],
  ['5', 'time: missing unit in duration "5"'],
])('timeout=%s is refused', async (text, why) => {
  await using api = await startApi();

  const { status, body } = await api.request('GET', `${NAMESPACES}?timeout=${text}`);

  expect([status, body.reason, body.message]).toEqual([400, 'BadRequest', `invalid timeout specified in the request URL - ${why}`]);
});

test('a watch lasts, whatever its timeout says', async () => {
  await using api = await startApi();
  const watch = await api.watch(`${NAMESPACES}?watch=true&timeout=1s`);
  await watch.take(4);

  await api.clock.advance(61_000);
  await api.request('POST', NAMESPACES, { metadata: { name: 'late' } });

  expect((await watch.take(1))[0].object.metadata.name).toBe('late');
  watch.stop();
});

test('a client certificate that does not count is no anonymous user but 401; a token beside it still counts', async () => {
  await using api = await startApi();
  const peer = { address: '192.0.2.1', certificateError: 'CERT_HAS_EXPIRED' };
  const ask = (headers: Record<string, string>) => api.server.handler({ method: 'GET', url: '/livez', headers, peer, signal: new AbortController().signal });
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
  const token = (await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })).body.status.token;

  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200);
});
