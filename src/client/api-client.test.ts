import { expect, test } from 'vitest';
import { ConfigMap } from '../kinds/core/config-map.ts';
import { isApiError } from '../meta/api-error.ts';
import type { ApiResponse } from '../wire/api.ts';
import { createClient } from './api-client.ts';
import { FakeApi } from './testing/fake-api.ts';

const USER = { username: 'system:test', groups: [] };
const PATH = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ metadata: { name, namespace: 'default' }, data: { a: '1' } });

for (const [how, options] of [['in-process', { user: USER }], ['as JSON', {}]] as const) {
  test(`the verbs work ${how}`, async () => {
    const api = new FakeApi();
    const client = createClient(api.transport, options);

    const made = await client.create(ConfigMap, configMap('one'));
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
    const updated = await client.update(ConfigMap, { ...made, data: { a: '2' } });
    expect(await client.get(ConfigMap, 'one', { namespace: 'default' })).toEqual(updated);
    const patched = await client.patch(ConfigMap, 'one', { type: 'merge', body: { data: { b: '3' } } }, { namespace: 'default' });
    expect(patched.data).toEqual({ a: '2', b: '3' });
    const list = await client.list(ConfigMap, { namespace: 'default', labelSelector: 'a in (b,c)', limit: 5 });
    expect(list.items.map((item) => item.metadata.name)).toEqual(['one']);
    expect(await client.delete(ConfigMap, 'one', { namespace: 'default' })).toBeUndefined();

    expect(api.requests).toEqual([
      `POST ${PATH}`, `PUT ${PATH}/one`, `GET ${PATH}/one`, `PATCH ${PATH}/one`,
      `GET ${PATH}?labelSelector=a%20in%20(b%2Cc)&limit=5`, `DELETE ${PATH}/one`,
    ]);
  });

  test(`a Status becomes an ApiError ${how}`, async () => {
    const client = createClient(new FakeApi().transport, options);
    const error = await client.get(ConfigMap, 'gone', { namespace: 'default' }).catch((caught: unknown) => caught);
    expect(isApiError(error, 'NotFound')).toBe(true);
    expect(error).toMatchObject({ code: 404, message: 'configmaps "gone" not found' });
  });

  test(`a watch yields the server's batches ${how}, and leaving it ends the request`, async () => {
    const api = new FakeApi();
    const client = createClient(api.transport, options);
    api.put(`${PATH}/one`, configMap('one'));
    api.put(`${PATH}/two`, configMap('two'));
    const seen: string[] = [];
    for await (const batch of client.watch(ConfigMap, { namespace: 'default', resourceVersion: '0' })) {
      seen.push(...batch.map((event) => `${event.type} ${event.object.metadata.name}`));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['ADDED one', 'ADDED two']);
  });
}

const answering = (body: ApiResponse['body'], status = 200) =>
  createClient(async () => ({ status, headers: {}, ...(body ? { body } : {}) }));
const bytes = (...texts: string[]) => texts.map((text) => new TextEncoder().encode(text));
async function* chunks(...texts: string[]): AsyncIterable<readonly Uint8Array[]> {
  for (const text of texts) yield bytes(text);
}

test('events split over chunks, even inside a character, are put together again', async () => {
  const line = `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'wörld' } } })}\n`;
  const whole = new TextEncoder().encode(line + line);
  async function* split() {
    for (const byte of whole) yield [Uint8Array.of(byte)];
  }
  const names: string[] = [];
  for await (const batch of answering({ type: 'stream', chunks: split() }).watch(ConfigMap)) {
    names.push(...batch.map((event) => event.object.metadata.name));
  }
  expect(names).toEqual(['wörld', 'wörld']);
});

test('an ERROR event ends the watch by throwing its Status, after the events before it', async () => {
  const status = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' };
  const text = `{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n${JSON.stringify({ type: 'ERROR', object: status })}\n`;
  const seen: string[] = [];
  const watching = (async () => {
    for await (const batch of answering({ type: 'stream', chunks: chunks(text) }).watch(ConfigMap)) seen.push(...batch.map((one) => one.type));
  })();
  await expect(watching).rejects.toMatchObject({ reason: 'Expired', code: 410 });
  expect(seen).toEqual(['ADDED']);
});

test('what is no JSON becomes an error that quotes it', async () => {
  await expect(answering({ type: 'bytes', chunks: bytes('<html>') }).get(ConfigMap, 'a')).rejects.toMatchObject({
    name: 'ApiError', message: "unable to decode the server's answer: <html>",
  });
  await expect(answering({ type: 'bytes', chunks: bytes('bad gateway\n') }, 502).get(ConfigMap, 'a')).rejects.toMatchObject({
    code: 502, message: 'bad gateway',
  });
});

test('an object that waits for finalizers or its grace period is still there after delete', async () => {
  const left = { kind: 'ConfigMap', metadata: { name: 'a', finalizers: ['x/y'], deletionTimestamp: 'now' } };
  const gone = { kind: 'ConfigMap', metadata: { name: 'a', deletionTimestamp: 'now', deletionGracePeriodSeconds: 0 } };
  expect(await answering({ type: 'object', object: left }).delete(ConfigMap, 'a')).toEqual(left);
  expect(await answering({ type: 'object', object: gone }).delete(ConfigMap, 'a')).toBeUndefined();
});
