/** resourceVersion, resourceVersionMatch, limit and continue in all their combinations (docs: API concepts), and what watches promise. */
import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const put = async (api: TestApi, name: string, metadata: Json = {}) => Number((await api.request('POST', PATH, { metadata: { name, ...metadata } })).body.metadata.resourceVersion);
const names = ({ body }: { body: Json }) => body.items.map((item: Json) => item.metadata.name);

/** Three objects, of which `early` is the revision of the first. */
async function withHistory() {
  const api = await startApi();
  const early = await put(api, 'a');
  await put(api, 'b');
  return Object.assign(api, { early, late: await put(api, 'c') });
}

test.each([
  ['', 'late', 3], ['resourceVersion=0', 'late', 3], ['resourceVersion=EARLY', 'late', 3], ['resourceVersion=EARLY&resourceVersionMatch=NotOlderThan', 'late', 3],
  ['resourceVersion=0&resourceVersionMatch=NotOlderThan', 'late', 3], ['resourceVersion=EARLY&resourceVersionMatch=Exact', 'early', 1],
  ['limit=5', 'late', 3], ['limit=5&resourceVersion=0', 'late', 3], ['limit=5&resourceVersion=EARLY', 'early', 1],
  ['limit=5&resourceVersion=EARLY&resourceVersionMatch=NotOlderThan', 'late', 3], ['limit=5&resourceVersion=0&resourceVersionMatch=NotOlderThan', 'late', 3],
  ['limit=5&resourceVersion=EARLY&resourceVersionMatch=Exact', 'early', 1],
] as const)('LIST with %s is as of %s', async (query, at, count) => {
  await using api = await withHistory();
  const list = await api.request('GET', `${PATH}?${query.replace('EARLY', String(api.early))}`);
  expect(names(list)).toHaveLength(count);
  expect(Number(list.body.metadata.resourceVersion)).toBe(at === 'early' ? api.early : api.late);
});

const LIST_OPTIONS = 'ListOptions.meta.k8s.io "" is invalid: ';
test.each([
  ['resourceVersionMatch=Exact', 422, `${LIST_OPTIONS}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`],
  ['resourceVersion=0&resourceVersionMatch=Exact', 422, `${LIST_OPTIONS}resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`],
  ['resourceVersion=1&resourceVersionMatch=x', 422, `${LIST_OPTIONS}resourceVersionMatch: Unsupported value: "x": supported values: "Exact", "NotOlderThan", ""`],
  ['resourceVersion=1&resourceVersionMatch=Exact&continue=x', 422, `${LIST_OPTIONS}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided`],
  ['resourceVersionMatch=Exact&sendInitialEvents=true', 422, `${LIST_OPTIONS}[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, ` +
    'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]'],
  ['resourceVersion=x', 400, 'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
  ['limit=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['limit=99999999999999999999', 400, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ['continue=!', 400, 'invalid continue token: continue key is not valid: illegal base64 data at input byte 0'],
  [`continue=${btoa('{"v":"v2"}')}`, 400, 'invalid continue token: continue key is not valid: server does not recognize this encoded version v2'],
  [`continue=${btoa('{"v":"meta.k8s.io/v1"}')}`, 400, 'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)'],
  [`continue=${btoa('{"v":"meta.k8s.io/v1","rv":1}')}`, 400, 'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)'],
  [`continue=${btoa('{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets/x"}')}`, 400, 'invalid continue token: continue key is not valid: ../secrets/x'],
  [`continue=${btoa('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}')}&resourceVersion=5`, 400, 'specifying resource version is not allowed when using continue'],
  ['watch=1&resourceVersionMatch=NotOlderThan', 422, `${LIST_OPTIONS}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`],
  ['watch=1&sendInitialEvents=true', 422, `${LIST_OPTIONS}resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`],
  ['watch=1&sendInitialEvents=true&resourceVersionMatch=Exact', 422, `${LIST_OPTIONS}[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, ` +
    'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]'],
  ['watch=1&resourceVersion=x', 400, 'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
])('%s answers %i', async (query, code, message) => {
  await using api = await startApi();
  const { status, body } = await api.request('GET', `${PATH}?${query}`);
  expect([status, body.message]).toEqual([code, message]);
});

test('what remains is counted in the snapshot, not where a selector narrows it', async () => {
  await using api = await withHistory();
  const first = await api.request('GET', `${PATH}?limit=1`);
  await api.request('DELETE', `${PATH}/c`);
  for (const name of ['d', 'e', 'f']) await put(api, name);
  const second = await api.request('GET', `${PATH}?limit=1&continue=${first.body.metadata.continue}`);
  const selected = await api.request('GET', `${PATH}?limit=1&labelSelector=!x`);

  expect([first, second].map(({ body }) => body.metadata.remainingItemCount)).toEqual([2, 1]);
  expect(selected.body.metadata).toMatchObject({ continue: expect.any(String) });
  expect(selected.body.metadata.remainingItemCount).toBeUndefined();
});

test('a GET at a revision that is not reached waits, then answers 504', async () => {
  await using api = await withHistory();
  const later = api.request('GET', `${PATH}/a?resourceVersion=${api.late + 1}`);
  await put(api, 'd');
  const never = api.request('GET', `${PATH}/a?resourceVersion=100000`);
  await api.clock.advance(0);
  await api.clock.advance(3_001);

  expect((await later).status).toBe(200);
  expect((await never).body).toMatchObject({
    code: 504, reason: 'Timeout', message: `Timeout: Too large resource version: 100000, current: ${api.late + 1}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  });
});

test('an initial state of a revision to come is waited for, then told as an error in the stream', async () => {
  await using api = await withHistory();
  const opened = api.watch(`${PATH}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=100000`);
  await api.clock.advance(0);
  await api.clock.advance(3_001);
  const events = await (await opened).rest();
  expect(events).toMatchObject([{ type: 'ERROR', object: { reason: 'Timeout', code: 504, message: expect.stringContaining('Too large resource version: 100000') } }]);
});

test('without sendInitialEvents a watch begins with what happens next', async () => {
  await using api = await withHistory();
  const watch = await api.watch(`${PATH}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`);
  await put(api, 'd');
  expect((await watch.take(1))[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'd' } } });
  watch.stop();
});

test('the bookmark behind the initial state is of that state', async () => {
  await using api = await withHistory();
  const watch = await api.watch(`${PATH}?watch=1&allowWatchBookmarks=true`);
  const next = await put(api, 'd');
  const events = await watch.take(5);
  expect(events.map(({ type, object }) => [type, Number(object.metadata.resourceVersion)]).slice(3)).toEqual([['BOOKMARK', api.late], ['ADDED', next]]);
  watch.stop();
});

test('shortly before its time is up a watch is told where to begin anew', async () => {
  await using api = await withHistory();
  const watch = await api.watch(`${PATH}?watch=1&allowWatchBookmarks=true&timeoutSeconds=10&resourceVersion=${api.late}`);
  const rest = watch.rest();
  await api.clock.advance(8_000);
  await api.clock.advance(2_001);
  expect(await rest).toMatchObject([{ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(api.late) } } }]);
});

test('a watch of one name is one by selector, in old paths too', async () => {
  await using api = await withHistory();
  for (const url of [`${PATH}?watch=1&fieldSelector=metadata.name%3Db`, '/api/v1/watch/namespaces/default/configmaps/b']) {
    const watch = await api.watch(url);
    expect((await watch.take(1))[0].object.metadata.name).toBe('b');
    watch.stop();
  }
  const torn = await api.request('GET', '/api/v1/watch/namespaces/default/configmaps/b?fieldSelector=metadata.name%3Da');
  expect([torn.status, torn.body.message]).toEqual([400, 'fieldSelector metadata.name doesn\'t match requested name']);
});

test('an object that leaves the selector is DELETED as it was, at the revision at which it left', async () => {
  await using api = await startApi();
  await put(api, 'a', { labels: { in: 'yes' } });
  const watch = await api.watch(`${PATH}?watch=1&labelSelector=in%3Dyes`);
  await watch.take(1);
  const { body } = await api.request('PUT', `${PATH}/a`, { metadata: { name: 'a', labels: { in: 'no' } } });
  expect(await watch.take(1)).toMatchObject([{ type: 'DELETED', object: { metadata: { labels: { in: 'yes' }, resourceVersion: body.metadata.resourceVersion } } }]);
  watch.stop();
});

test.each([`${PATH}/a`, PATH, '/api', '/apis', '/api/v1', '/version'])('HEAD %s is not allowed: upstream routes GET alone', async (path) => {
  await using api = await withHistory();
  const { status, body } = await api.request('HEAD', path);
  expect([status, body.message]).toEqual([405, 'the server does not allow this method on the requested resource']);
});
