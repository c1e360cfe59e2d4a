import { WebSocket } from 'ws';
import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import type { ApiResponse, Duplex } from '../../wire/api.ts';
import { duplexPair } from '../../wire/duplex.ts';
import { serve } from '../../wire/node/http-server.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, type WebSocketEvent } from '../../wire/websocket.ts';
import { ADMIN, type Json, startApi, type TestApi } from '../testing/start-api.ts';

const POD = '/api/v1/namespaces/default/pods/p';
const MAPS = '/api/v1/namespaces/default/configmaps';
const ASK = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const MASK = Uint8Array.of(9, 8, 7, 6);
const encoder = new TextEncoder();
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };

const saying = (...lines: readonly string[]): ApiResponse => ({
  status: 200, headers: { 'content-type': 'text/plain' },
  body: { type: 'stream', chunks: (async function* () { for (const line of lines) yield [encoder.encode(line)]; })() },
});

/** A server with a pod whose kubelet answers logs with what is given. */
async function withLogs(answer: () => ApiResponse): Promise<TestApi & { readonly asked: Json[] }> {
  const asked: Json[] = [];
  const api = await startApi({ config: { kubelet: async (_node, request) => (asked.push(request), answer()) } });
  await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n1' } });
  await api.request('PATCH', '/api/v1/nodes/n1/status', { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] } }, MERGE);
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] } });
  return Object.assign(api, { asked });
}

interface Caller {
  readonly response: ApiResponse;
  readonly connection: Duplex;
  next(): Promise<WebSocketEvent | undefined>;
  rest(): Promise<readonly WebSocketEvent[]>;
}

async function open(api: TestApi, url: string, headers: Readonly<Record<string, string>> = {}): Promise<Caller> {
  const response = await api.raw('GET', url, undefined, { headers: { ...ASK, ...headers }, upgrade: duplexPair()[0] });
  if (response.body?.type !== 'upgrade') throw new Error(`no upgrade but ${response.status}`);
  const { connection } = response.body;
  const decoder = new WebSocketDecoder({ from: 'server', maxMessageBytes: 1 << 20 });
  const events = (async function* () { for await (const bytes of connection.readable) yield* decoder.push(bytes); })();
  return {
    response, connection,
    next: async () => (await events.next()).value as WebSocketEvent | undefined,
    async rest() {
      const all: WebSocketEvent[] = [];
      for await (const event of events) all.push(event);
      return all;
    },
  };
}

test.each([['binary.k8s.io'], ['']])('a log comes as binary messages with subprotocol "%s", then the connection closes', async (protocol) => {
  await using api = await withLogs(() => saying('a\n', 'b\n'));
  const caller = await open(api, `${POD}/log?follow=true`, protocol ? { 'sec-websocket-protocol': protocol } : {});

  expect(caller.response.headers).toMatchObject({ upgrade: 'websocket', 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' });
  expect(caller.response.headers['sec-websocket-protocol'] ?? '').toBe(protocol);
  expect(await caller.rest()).toEqual([
    { type: 'binary', bytes: new Uint8Array() }, { type: 'binary', bytes: encoder.encode('a\n') }, { type: 'binary', bytes: encoder.encode('b\n') },
    { type: 'close', code: 1000, reason: '' },
  ]);
  expect(api.asked[0]).toMatchObject({ url: '/containerLogs/default/p/c?follow=true', headers: {} });
  expect(api.asked[0].upgrade).toBeUndefined();
  await caller.connection.end();
});

test('base64.binary.k8s.io makes a log text', async () => {
  await using api = await withLogs(() => saying('a\n'));
  const caller = await open(api, `${POD}/log`, { 'sec-websocket-protocol': 'x, base64.binary.k8s.io' });
  expect(await caller.rest()).toEqual([{ type: 'text', text: '' }, { type: 'text', text: 'YQo=' }, { type: 'close', code: 1000, reason: '' }]);
  await caller.connection.end();
});

test('what cannot be agreed on, or cannot be had, is answered without an upgrade', async () => {
  await using api = await withLogs(() => saying('a\n'));
  const ask = (url: string, headers: Readonly<Record<string, string>>) => api.request('GET', url, undefined, { headers: { ...ASK, ...headers }, upgrade: duplexPair()[0] });
  expect((await ask(`${POD}/log`, { 'sec-websocket-protocol': 'channel.k8s.io' })).status).toBe(403);
  expect((await ask(`${POD}/log`, { 'sec-websocket-version': '8' })).headers['sec-websocket-version']).toBe('13');
  expect((await ask(`${POD}/log?container=x`, {})).body.message).toBe('container x is not valid for pod p');
});

test('a caller that pings is answered, one that closes ends the log, one that breaks the protocol is told so', async () => {
  const endless = (): ApiResponse => ({ status: 200, headers: {}, body: { type: 'stream', chunks: (async function* () { await new Promise(() => {}); yield []; })() } });
  await using api = await withLogs(endless);
  const polite = await open(api, `${POD}/log?follow=true`);
  await polite.connection.write(encodeFrame('ping', encoder.encode('?'), { mask: MASK }));
  await polite.next();
  expect(await polite.next()).toEqual({ type: 'pong', bytes: encoder.encode('?') });
  await polite.connection.write(encodeClose(1001, 'leaving', MASK));
  expect(await polite.rest()).toEqual([{ type: 'close', code: 1001, reason: '' }]);
  expect(api.asked[0].signal.aborted).toBe(true);
  await polite.connection.end();

  const rude = await open(api, `${POD}/log?follow=true`);
  await rude.connection.write(encodeFrame('text', encoder.encode('unmasked')));
  expect((await rude.rest()).at(-1)).toEqual({ type: 'close', code: 1002, reason: 'a client must mask its frames' });
  await rude.connection.end();
});

test('a log that breaks off closes with 1011, and a caller that does not close its side is dropped', async () => {
  await using api = await withLogs(() => ({ status: 200, headers: {}, body: { type: 'stream', chunks: (async function* () { yield [encoder.encode('a')]; throw new Error('gone'); })() } }));
  const caller = await open(api, `${POD}/log`);
  expect((await caller.rest()).at(-1)).toMatchObject({ type: 'close', code: 1011 });
  await api.clock.advance(10_001);
  await expect(caller.connection.write(encodeFrame('text', new Uint8Array(), { mask: MASK }))).rejects.toThrow('did not close its side');
});

test('a watch sends one event a message and ends when its time is over', async () => {
  await using api = await startApi();
  const caller = await open(api, `${MAPS}?watch=true&timeoutSeconds=5`, { 'sec-websocket-protocol': 'base64url.bearer.authorization.k8s.io.eA, mine' });
  expect(caller.response.headers['sec-websocket-protocol']).toBe('mine');
  for (const name of ['a', 'b']) await api.request('POST', MAPS, { metadata: { name } });

  const events = [await caller.next(), await caller.next()].map((event) => JSON.parse(event?.type === 'text' ? event.text : ''));
  expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED a', 'ADDED b']);
  await api.clock.advance(5_001);
  expect(await caller.rest()).toEqual([{ type: 'close', code: 1000, reason: '' }]);
  await caller.connection.end();
});

test('a watch in protobuf sends its events as they are, without lengths', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' } });
  const caller = await open(api, `${MAPS}?watch=true`, { accept: 'application/vnd.kubernetes.protobuf' });

  const event = await caller.next();
  if (event?.type !== 'binary') throw new Error(`no binary message but ${event?.type}`);
  expect([...event.bytes.subarray(0, 7)]).toEqual([10, 5, ...encoder.encode('ADDED')]);
  await caller.connection.write(encodeClose(1000, '', MASK));
  await caller.connection.end();
  expect(await caller.rest()).toEqual([{ type: 'close', code: 1000, reason: '' }]);
});

test('over a socket, a common client reads logs and watches', async () => {
  await using api = await withLogs(() => saying('hello\n'));
  await using server = await serve((request) => api.server.handler({ ...request, peer: { address: 'test', user: ADMIN } }), { host: '127.0.0.1', port: 0, log: silent });
  const talk = (path: string, protocols: readonly string[], enough: (all: string) => boolean) => new Promise<{ readonly all: string; readonly code: number }>((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, [...protocols]);
    let all = '';
    socket.on('message', (data) => {
      all += String(data);
      if (enough(all)) socket.close(1000);
    });
    socket.on('close', (code) => resolve({ all, code }));
    socket.on('error', reject);
  });

  expect(await talk(`${POD}/log`, ['binary.k8s.io'], () => false)).toEqual({ all: 'hello\n', code: 1000 });
  await api.request('POST', MAPS, { metadata: { name: 'a' } });
  const watched = await talk(`${MAPS}?watch=true`, [], (all) => all.includes('\n'));
  expect([JSON.parse(watched.all).object.metadata.name, watched.code]).toEqual(['a', 1000]);
});
