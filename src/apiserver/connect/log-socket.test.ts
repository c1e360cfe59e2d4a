import { expect, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { duplexPair } from '../../wire/duplex.ts';
import { asksForWebSocket, overWebSocket, withoutUpgrade } from './log-socket.ts';

const asking = (protocol?: string): ApiRequest => ({
  method: 'GET', url: '/log', peer: { address: '' }, signal: new AbortController().signal, upgrade: duplexPair()[0],
  headers: {
    upgrade: 'websocket', connection: 'Upgrade', accept: '*/*', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocol && { 'sec-websocket-protocol': protocol }),
  },
});
const answer: ApiResponse = { status: 200, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode('Hi\n')] } };

async function read({ body }: ApiResponse): Promise<readonly number[]> {
  if (body?.type !== 'upgrade') throw new Error('no upgrade');
  await body.connection.end();
  const bytes: number[] = [];
  for await (const chunk of body.connection.readable) bytes.push(...chunk);
  return bytes;
}

test('a log goes over a WebSocket as binary messages, then the socket closes', async () => {
  const response = await overWebSocket(asking('binary.k8s.io'), answer);
  expect(response).toMatchObject({ status: 101, headers: { 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'sec-websocket-protocol': 'binary.k8s.io' } });
  expect(await read(response)).toEqual([0x82, 3, 0x48, 0x69, 0x0a, 0x88, 2, 0x03, 0xe8]);
});

test('a client that takes text alone gets base64', async () => {
  const bytes = await read(await overWebSocket(asking('v9.unknown, base64.binary.k8s.io'), answer));
  expect(String.fromCharCode(...bytes.slice(2, 6))).toBe('SGkK');
  expect(bytes[0]).toBe(0x81);
});

test('what is asked of the kubelet is a plain answer', () => {
  expect(asksForWebSocket(asking())).toBe(true);
  const plain = withoutUpgrade(asking('binary.k8s.io'));
  expect(asksForWebSocket(plain)).toBe(false);
  expect(plain.headers).toEqual({ accept: '*/*' });
});
