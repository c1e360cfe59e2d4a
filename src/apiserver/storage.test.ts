import { expect, test } from 'vitest';
import { builtinKinds } from '../kinds/index.ts';
import { map, object, string } from '../schema/field.ts';
import { defineKind } from '../schema/kind.ts';
import { type Json, startApi } from './testing/start-api.ts';

const declare = (mode?: string) => defineKind({
  group: 'sea.example', version: 'v1', kind: 'Ship', plural: 'ships', scope: 'Namespaced', package: 'example.sea.v1',
  spec: object('example.sea.v1.ShipSpec', { name: string(), ...(mode ? { mode: string().default(mode) } : {}), labels: map(string()) }),
});
const SHIPS = '/apis/sea.example/v1/namespaces/default/ships';

test('a data directory whose kind gained a default is read with the default', async () => {
  await using before = await startApi({ kinds: [...builtinKinds, declare()] });
  const { body: old } = await before.request('POST', SHIPS, { metadata: { name: 'a' }, spec: { name: 'x' } });
  await using after = await startApi({ driver: before.driver, kinds: [...builtinKinds, declare('Sail')] });

  const { body: read } = await after.request('GET', `${SHIPS}/a`);
  const { body: listed } = await after.request('GET', SHIPS);
  const { body: changed } = await after.request('PATCH', `${SHIPS}/a`, { spec: { name: 'y' } }, { headers: { 'content-type': 'application/merge-patch+json' } });

  expect(old.spec).toEqual({ name: 'x' });
  expect(read).toEqual({ ...old, spec: { name: 'x', mode: 'Sail' } });
  expect(listed.items).toEqual([read]);
  expect(changed.spec).toEqual({ name: 'y', mode: 'Sail' });
});

test('what is stored is what is served, but for the revision', async () => {
  await using api = await startApi();
  const { body } = await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' }, data: { 'ключ': 'значение'.slice(0, 3) } });
  expect(body.reason).toBe('Invalid');
  const { body: made } = await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' }, data: { key: 'значение €' } });

  const { entries } = await api.driver.range({ from: '/registry/core/configmaps/default/a', to: '/registry/core/configmaps/default/a\u0000', at: 0n, limit: 0 });
  const stored: Json = JSON.parse(new TextDecoder().decode(entries[0]!.value.subarray(8)));

  const { resourceVersion, ...metadata } = made.metadata;
  expect(stored).toEqual({ ...made, metadata });
  expect(resourceVersion).toBe(String(entries[0]!.modRevision));
});

test('another writer of the same store is seen, and its conflicts too', async () => {
  await using one = await startApi();
  await using two = await startApi({ driver: one.driver });
  const url = '/api/v1/namespaces/default/configmaps';
  const { body } = await one.request('POST', url, { metadata: { name: 'a' }, data: { n: '1' } });

  const read = await two.request('GET', `${url}/a`);
  await two.request('PUT', `${url}/a`, { ...body, data: { n: '2' } });
  const stale = await one.request('PUT', `${url}/a`, { ...body, data: { n: '3' } });

  expect(read.body).toEqual(body);
  expect(stale.status).toBe(409);
});

test('events go an hour after they last said something', async () => {
  await using api = await startApi();
  const url = '/api/v1/namespaces/default/events';
  await api.request('POST', url, { metadata: { name: 'e' }, involvedObject: { namespace: 'default' }, lastTimestamp: '2026-01-01T00:00:00Z' });
  await api.clock.advance(59 * 60_000);
  expect((await api.request('GET', `${url}/e`)).status).toBe(200);
  await api.clock.advance(3 * 60_000);

  expect((await api.request('GET', `${url}/e`)).status).toBe(404);
});
