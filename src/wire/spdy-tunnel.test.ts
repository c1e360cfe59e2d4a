import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import type { ApiRequest, ApiResponse } from './api.ts';
import { duplexPair } from './duplex.ts';
import { tunnelSpdy, wantsTunnel } from './spdy-tunnel.ts';
import { fakeSpdyServer } from './testing/spdy-server.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, type WebSocketEvent } from './websocket.ts';
import { SpdyEncoder } from './spdy.ts';

const MASK = Uint8Array.of(1, 2, 3, 4);
const asking = (protocols: string): ApiRequest => ({
  method: 'GET', url: '/portForward', peer: { address: 'test' }, signal: new AbortController().signal, upgrade: duplexPair()[0],
  headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': protocols },
});

async function* eventsOf(response: ApiResponse): AsyncGenerator<WebSocketEvent> {
  if (response.body?.type !== 'upgrade') throw new Error(`no upgrade but ${response.status}`);
  const decoder = new WebSocketDecoder({ from: 'server', maxMessageBytes: 1 << 20 });
  for await (const part of response.body.connection.readable) yield* decoder.push(part);
}

test('the bytes of a SPDY connection go through a WebSocket both ways', async () => {
  const server = fakeSpdyServer('portforward.k8s.io');
  const response = await tunnelSpdy(asking('SPDY/3.1+portforward.k8s.io'), { clock: new ManualClock(), dial: server.dial });
  expect(response).toMatchObject({ status: 101, headers: { 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' } });
  expect(server.asked[0]).toMatchObject({ method: 'POST', headers: { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' } });
  if (response.body?.type !== 'upgrade') throw new Error('no upgrade');
  const { connection } = response.body;
  const events = eventsOf(response);

  await connection.write(encodeFrame('binary', new SpdyEncoder().openStream(1, { streamtype: 'data' }), { mask: MASK }));
  await server.until(() => server.opened.length === 1);
  void server.say('data', 'hello');
  expect((await events.next()).value).toMatchObject({ type: 'binary', bytes: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 5, ...new TextEncoder().encode('hello')) });

  const ended = (async () => { for await (const _ of server.connection().readable); })().catch(() => {});
  await connection.write(encodeClose(1000, '', MASK));
  await connection.end();
  expect((await events.next()).value).toMatchObject({ type: 'close', code: 1000 });
  await ended;
});

test('the end of the streaming server closes the WebSocket', async () => {
  const server = fakeSpdyServer('portforward.k8s.io');
  const response = await tunnelSpdy(asking('SPDY/3.1+portforward.k8s.io'), { clock: new ManualClock(), dial: server.dial });
  const events = eventsOf(response);
  await server.connection().end();
  expect((await events.next()).value).toMatchObject({ type: 'close', code: 1000 });
});

test('what the streaming server says instead is the answer, and another protocol than asked for is none', async () => {
  const refused: ApiResponse = { status: 404, headers: {}, body: { type: 'bytes', chunks: [] } };
  const options = { clock: new ManualClock(), dial: async () => refused };
  expect(await tunnelSpdy(asking('SPDY/3.1+portforward.k8s.io'), options)).toBe(refused);
  const server = fakeSpdyServer('other.k8s.io');
  expect((await tunnelSpdy(asking('SPDY/3.1+portforward.k8s.io'), { ...options, dial: server.dial })).status).toBe(403);
});

test('only what is tunnelled SPDY counts as that', () => {
  expect(wantsTunnel(asking('v4.channel.k8s.io, SPDY/3.1+portforward.k8s.io'))).toBe(true);
  expect(wantsTunnel(asking('v4.channel.k8s.io'))).toBe(false);
  expect(wantsTunnel(asking('SPDY/3.1+portforward'))).toBe(false);
});
