import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ApiResponse } from '../wire/api.ts';
import { startApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const GZIP = { headers: { 'accept-encoding': 'br, gzip' } };

async function bytesOf({ body }: ApiResponse): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  if (body?.type === 'bytes') chunks.push(...body.chunks);
  if (body?.type === 'stream') for await (const batch of body.chunks) chunks.push(...batch);
  return Buffer.concat(chunks);
}

test('lists and objects beyond 128 KiB are compressed for those who take gzip', async () => {
  await using api = await startApi();
  for (const name of ['a', 'b', 'c']) await api.request('POST', PATH, { metadata: { name }, data: { text: name.repeat(100_000) } });
  await api.request('POST', PATH, { metadata: { name: 'large' }, data: { text: 'x'.repeat(400_000) } });

  const list = await api.raw('GET', PATH, undefined, GZIP);
  const one = await api.raw('GET', `${PATH}/large`, undefined, GZIP);
  const plain = await api.raw('GET', PATH);

  expect(list.headers).toMatchObject({ 'content-type': 'application/json', 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  const unpacked = gunzipSync(await bytesOf(list));
  expect(Buffer.compare(unpacked, await bytesOf(plain))).toBe(0);
  expect(JSON.parse(gunzipSync(await bytesOf(one)).toString()).data.text).toHaveLength(400_000);
});

test('small answers, watches, and answers to others stay as they are', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, { metadata: { name: 'small' }, data: { text: 'x'.repeat(100_000) } });
  const stop = new AbortController();

  const small = await api.raw('GET', `${PATH}/small`, undefined, GZIP);
  await api.request('POST', PATH, { metadata: { name: 'large' }, data: { text: 'x'.repeat(200_000) } });
  const watch = await api.raw('GET', `${PATH}?watch=1`, undefined, { ...GZIP, signal: stop.signal });
  const refused = await api.raw('GET', `${PATH}/large`, undefined, { headers: { 'accept-encoding': 'gzip;q=0' } });

  for (const { headers } of [small, watch, refused]) expect(headers['content-encoding']).toBeUndefined();
  stop.abort();
});

test('a caller that leaves in the middle leaves nothing behind', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, { metadata: { name: 'large' }, data: { text: Array.from({ length: 60_000 }, (_, at) => String(at * 7919)).join() } });
  const { body } = await api.raw('GET', `${PATH}/large`, undefined, GZIP);
  if (body?.type !== 'stream') throw new Error('no stream');
  const reader = body.chunks[Symbol.asyncIterator]();
  expect((await reader.next()).done).toBe(false);
  await reader.return?.();
  expect((await reader.next()).done).toBe(true);
});
