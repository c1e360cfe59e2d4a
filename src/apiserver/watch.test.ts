import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const put = (api: TestApi, name: string, metadata: Json = {}) => api.request('POST', PATH, { metadata: { name, ...metadata } });
const brief = (events: readonly Json[]) => events.map(({ type, object }) => `${type} ${object.metadata.name}`);

test('a watch from nowhere begins with what is there and goes on with what happens', async () => {
  await using api = await startApi();
  await put(api, 'a');
  const watch = await api.watch(`${PATH}?watch=1`);
  await put(api, 'b');
  await api.request('DELETE', `${PATH}/a`);

  expect(brief(await watch.take(3))).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
  watch.stop();
});

test('a watch from a revision gets every later change', async () => {
  await using api = await startApi();
  const { body: a } = await put(api, 'a');
  await put(api, 'b');
  await api.request('PUT', `${PATH}/a`, { metadata: { name: 'a' }, data: { n: '1' } });

  const watch = await api.watch(`${PATH}?watch=1&resourceVersion=${a.metadata.resourceVersion}`);

  expect(brief(await watch.take(2))).toEqual(['ADDED b', 'MODIFIED a']);
  watch.stop();
});

test('an object that leaves the selector is DELETED, one that enters is ADDED', async () => {
  await using api = await startApi();
  const { body: list } = await api.request('GET', PATH);
  const watch = await api.watch(`${PATH}?watch=1&labelSelector=app%3Dweb&resourceVersion=${list.metadata.resourceVersion}`);
  await put(api, 'a', { labels: { app: 'web' } });
  await put(api, 'b', { labels: { app: 'db' } });
  await api.request('PUT', `${PATH}/a`, { metadata: { name: 'a', labels: { app: 'db' } } });
  await api.request('PUT', `${PATH}/b`, { metadata: { name: 'b', labels: { app: 'web' } } });

  const events = await watch.take(3);

  expect(brief(events)).toEqual(['ADDED a', 'DELETED a', 'ADDED b']);
  expect(events[1].object.metadata.labels).toEqual({ app: 'web' });
  expect(Number(events[1].object.metadata.resourceVersion)).toBeGreaterThan(Number(events[0].object.metadata.resourceVersion));
  watch.stop();
});

test('a watch from before what is kept ends with 410 in upstream\'s words', async () => {
  await using first = await startApi();
  for (const name of ['a', 'b', 'c', 'd']) await put(first, name);
  await using api = await startApi({ driver: first.driver });

  const watch = await api.watch(`${PATH}?watch=1&resourceVersion=1`);
  const [event] = await watch.rest();

  expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  expect(event.object.message).toMatch(/^too old resource version: 1 \(\d+\)$/);
});

test('bookmarks come every minute to those who allow them', async () => {
  await using api = await startApi();
  const watch = await api.watch(`${PATH}?watch=1&allowWatchBookmarks=true&resourceVersion=0`);
  const next = watch.take(2);
  await put(api, 'a');
  // What a watch from "0" begins with ends with a bookmark, as if it had asked for sendInitialEvents.
  expect((await next)[0].object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  const bookmark = watch.take(1);
  await api.clock.advance(61_000);

  expect((await bookmark)[0]).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { resourceVersion: expect.stringMatching(/^\d+$/) } } });
  watch.stop();
});

test('sendInitialEvents ends the initial state with an annotated bookmark', async () => {
  await using api = await startApi();
  await put(api, 'a');
  const watch = await api.watch(`${PATH}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);

  const [added, bookmark] = await watch.take(2);

  expect(added.type).toBe('ADDED');
  expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } });
  watch.stop();
});

test('a watch ends after timeoutSeconds', async () => {
  await using api = await startApi();
  const watch = await api.watch(`${PATH}?watch=1&timeoutSeconds=5`);
  const rest = watch.rest();
  await api.clock.advance(5_001);

  expect(await rest).toEqual([]);
});

test('in-process watchers get the cache\'s own objects', async () => {
  await using api = await startApi();
  await put(api, 'a');
  const stop = new AbortController();
  const { body } = await api.raw('GET', `${PATH}?watch=1`, undefined, { wantsObjects: true, signal: stop.signal });
  if (body?.type !== 'events') throw new Error('no events');
  const iterator = body.events[Symbol.asyncIterator]();

  const { value } = await iterator.next();
  const got = await api.request('GET', `${PATH}/a`, undefined, { wantsObjects: true });

  expect(value[0].object).toBe(got.body);
  stop.abort();
});

test('pages of a LIST show one snapshot, whatever happens between them', async () => {
  await using api = await startApi();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await put(api, name);
  const first = await api.request('GET', `${PATH}?limit=2`);
  await api.request('DELETE', `${PATH}/d`);
  await put(api, 'bb');

  const token = encodeURIComponent(first.body.metadata.continue);
  const second = await api.request('GET', `${PATH}?limit=2&continue=${token}`);
  const third = await api.request('GET', `${PATH}?limit=2&continue=${encodeURIComponent(second.body.metadata.continue)}`);

  const names = [first, second, third].flatMap(({ body }) => body.items.map((item: Json) => item.metadata.name));
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(first.body.metadata.remainingItemCount).toBe(3);
  expect(third.body.metadata.continue).toBeUndefined();
  expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
});

test('a continue token whose snapshot is gone answers 410 with a token that goes on all the same', async () => {
  await using api = await startApi();
  for (const name of ['a', 'b', 'c']) await put(api, name);
  const first = await api.request('GET', `${PATH}?limit=1`);
  const { body: d } = await put(api, 'd');
  await api.driver.compact(BigInt(d.metadata.resourceVersion));

  const expired = await api.request('GET', `${PATH}?limit=1&continue=${first.body.metadata.continue}`);
  const rest = await api.request('GET', `${PATH}?continue=${expired.body.metadata.continue}`);

  expect(expired.status).toBe(410);
  expect(expired.body.reason).toBe('Expired');
  expect(rest.body.items.map((item: Json) => item.metadata.name)).toEqual(['b', 'c', 'd']);
});

test.each(['x', 'e30', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ'])('the continue token %s answers 400', async (token) => {
  await using api = await startApi();

  expect((await api.request('GET', `${PATH}?limit=1&continue=${token}`)).status).toBe(400);
});

test('a LIST at a revision the store has not reached answers 504 after a while', async () => {
  await using api = await startApi();
  const answer = api.request('GET', `${PATH}?resourceVersion=100000`);
  await api.clock.advance(3_001);

  const { status, body } = await answer;

  expect(status).toBe(504);
  expect(body.message).toMatch(/^Timeout: Too large resource version: 100000, current: \d+$/);
  expect(body.details.causes[0].reason).toBe('ResourceVersionTooLarge');
});

test('history is forgotten one interval after it was made', async () => {
  await using api = await startApi({ config: { compactionInterval: 60_000 } });
  const { body } = await put(api, 'a');
  await api.clock.advance(60_001);
  await put(api, 'b');
  await api.clock.advance(60_001);

  const old = await api.request('GET', `${PATH}?resourceVersion=1&resourceVersionMatch=Exact`);
  const recent = await api.request('GET', `${PATH}?resourceVersion=${body.metadata.resourceVersion}&resourceVersionMatch=Exact`);

  expect([old.status, old.body.reason]).toEqual([410, 'Expired']);
  expect(recent.body.items.map((item: Json) => item.metadata.name)).toEqual(['a']);
});
