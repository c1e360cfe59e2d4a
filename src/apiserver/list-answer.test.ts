import { expect, test } from 'vitest';
import type { AnyObject } from '../meta/object.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const COUNT = 300;
const name = (n: number): string => `map-${String(n).padStart(3, '0')}`;

/** 300 objects of 2 kB: more than leaves in one piece. */
async function filled(): Promise<TestApi> {
  const api = await startApi();
  for (let n = 0; n < COUNT; n++) {
    await api.request('POST', PATH, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: name(n), labels: { parity: n % 2 ? 'odd' : 'even' } }, data: { text: `ü${n}`.padEnd(2000, 'x') } });
  }
  return api;
}

const names = ({ items }: { readonly items: readonly AnyObject[] }) => items.map(({ metadata }) => metadata.name);
const expected = Array.from({ length: COUNT }, (_, n) => name(n));

test('a long list is a stream of JSON that holds every object once, in order', async () => {
  await using api = await filled();
  expect((await api.raw('GET', PATH)).body?.type).toBe('stream');
  const { body } = await api.request('GET', PATH);
  expect(names(body)).toEqual(expected);
  expect(body.items[7]).toEqual((await api.request('GET', `${PATH}/${name(7)}`)).body);
  const { body: short } = await api.raw('GET', `${PATH}?limit=2`);
  expect(short?.type).toBe('bytes');
});

test('a list shows one moment, whatever is written while it is read', async () => {
  await using api = await filled();
  const { body } = await api.raw('GET', PATH);
  if (body?.type !== 'stream') throw new Error('not a stream');
  const chunks: Uint8Array[] = [];
  for await (const batch of body.chunks) {
    if (chunks.length === 0) {
      await api.request('DELETE', `${PATH}/${name(299)}`);
      await api.request('POST', PATH, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'zzz' } });
    }
    chunks.push(...batch);
  }
  expect(names(JSON.parse(Buffer.concat(chunks).toString()))).toEqual(expected);
  expect(names((await api.request('GET', PATH)).body)).toEqual([...expected.slice(0, -1), 'zzz']);
});

test('a long list can be selected, paged, partial, a table, in protobuf, and packed', async () => {
  await using api = await filled();
  expect(names((await api.request('GET', `${PATH}?labelSelector=parity%3Dodd`)).body)).toEqual(expected.filter((_, n) => n % 2 === 1));
  const page = (await api.request('GET', `${PATH}?limit=120`)).body;
  expect(page.metadata.remainingItemCount).toBe(180);
  const rest = (await api.request('GET', `${PATH}?limit=500&continue=${page.metadata.continue}`)).body;
  expect([...names(page), ...names(rest)]).toEqual(expected);
  const as = (view: string) => ({ headers: { accept: `application/json;as=${view};g=meta.k8s.io;v=v1` } });
  expect(names((await api.request('GET', PATH, undefined, as('PartialObjectMetadataList'))).body)).toEqual(expected);
  const table = (await api.request('GET', PATH, undefined, as('Table'))).body;
  expect(table.columnDefinitions[0].name).toBe('Name');
  expect(table.rows.map(({ cells }: { cells: readonly unknown[] }) => cells[0])).toEqual(expected);
  const packed = await api.raw('GET', PATH, undefined, { headers: { 'accept-encoding': 'gzip' } });
  expect(packed.headers['content-encoding']).toBe('gzip');
});

test('the first state of a watch comes in pieces and whole', async () => {
  await using api = await filled();
  const watch = await api.watch(`${PATH}?watch=true&resourceVersion=0`);
  const events = await watch.take(COUNT);
  watch.stop();
  expect(events.map(({ object }) => object.metadata.name)).toEqual(expected);
});
