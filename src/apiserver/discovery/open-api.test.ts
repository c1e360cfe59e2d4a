import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { nextTurn } from '../../base/clock.ts';
import type { ApiResponse } from '../../wire/api.ts';
import { startApi } from '../testing/start-api.ts';

const bytesOf = ({ body }: ApiResponse): Uint8Array => {
  if (body?.type !== 'bytes') throw new Error('no bytes');
  return Buffer.concat(body.chunks);
};
const headers = (given: Readonly<Record<string, string>>) => ({ headers: given });

test('others have many a turn while the document is written', async () => {
  await using api = await startApi();
  let turns = 0;
  let done = false;
  const asked = api.raw('GET', '/openapi/v2').finally(() => (done = true));
  for (; !done; turns++) await nextTurn();
  expect((await asked).status).toBe(200);
  expect(turns).toBeGreaterThan(20);
});

test('each form is kept: the same bytes again, compressed for who takes that, and 304 for who has them', async () => {
  await using api = await startApi();
  const first = await api.raw('GET', '/openapi/v2');
  const packed = await api.raw('GET', '/openapi/v2', undefined, headers({ 'accept-encoding': 'gzip' }));
  const again = await api.raw('GET', '/openapi/v2', undefined, headers({ 'accept-encoding': 'gzip' }));
  const known = await api.raw('GET', '/openapi/v2', undefined, headers({ 'if-none-match': `"other", W/${first.headers['etag']}` }));

  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding', etag: first.headers['etag'] });
  expect(Buffer.compare(gunzipSync(bytesOf(packed)), bytesOf(first))).toBe(0);
  expect(again.body?.type === 'bytes' && packed.body?.type === 'bytes' && again.body.chunks[0] === packed.body.chunks[0]).toBe(true);
  expect([known.status, known.body]).toEqual([304, undefined]);
});

test('a v3 document with its hash is good for a year; with an old hash it is elsewhere', async () => {
  await using api = await startApi();
  const { body: index } = await api.request('GET', '/openapi/v3');
  const { serverRelativeURL } = index.paths['apis/apps/v1'];

  const now = await api.raw('GET', serverRelativeURL);
  const old = await api.raw('GET', '/openapi/v3/apis/apps/v1?hash=OLD');
  const plain = await api.raw('GET', '/openapi/v3/apis/apps/v1');

  expect(now.headers).toMatchObject({ 'cache-control': 'public, immutable', expires: new Date(api.clock.now() + 31_536_000_000).toUTCString() });
  expect([old.status, old.headers['location']]).toEqual([301, serverRelativeURL]);
  expect([plain.status, plain.headers['cache-control']]).toEqual([200, undefined]);
  expect((await api.raw('GET', '/openapi/v3/apis/none/v1')).status).toBe(404);
  expect((await api.raw('GET', serverRelativeURL, undefined, headers({ 'if-none-match': now.headers['etag']! }))).status).toBe(304);
});

test('the index of v3 has every document there is, those of discovery too', async () => {
  await using api = await startApi();
  const { body: index } = await api.request('GET', '/openapi/v3');
  expect(Object.keys(index.paths)).toEqual(expect.arrayContaining(['.well-known/openid-configuration', 'api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'logs', 'openid/v1/jwks', 'version']));
});
