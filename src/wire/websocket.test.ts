import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, WebSocketFailure, type FrameType } from './websocket.ts';
import { isWebSocketRequest, shakeHands } from './websocket-handshake.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (value: unknown) => JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Uint8Array ? [...inner].join() : inner));
const MASK = Uint8Array.of(1, 2, 3, 4);
const decoder = (from: 'client' | 'server' = 'server', maxMessageBytes = 1 << 20) => new WebSocketDecoder({ from, maxMessageBytes });
const failureOf = (run: () => unknown): number => {
  try {
    run();
  } catch (error) {
    if (error instanceof WebSocketFailure) return error.code;
    throw error;
  }
  return 0;
};

test('the frames of RFC 6455, 5.7 read and write as they stand there', () => {
  const hello = Uint8Array.of(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f);
  const masked = Uint8Array.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58);
  expect(encodeFrame('text', bytes('Hello'))).toEqual(hello);
  expect(encodeFrame('text', bytes('Hello'), { mask: masked.slice(2, 6) })).toEqual(masked);
  expect(decoder().push(hello)).toEqual([{ type: 'text', text: 'Hello' }]);
  expect(decoder('client').push(masked)).toEqual([{ type: 'text', text: 'Hello' }]);
});

test('a message comes in fragments, with control frames between them', () => {
  const heard = decoder();
  const events = [
    encodeFrame('text', bytes('Hel'), { more: true }), encodeFrame('ping', bytes('?')), encodeFrame('text', bytes('lo'), { continued: true }), encodeClose(1000, 'bye'),
    bytes('whatever'),
  ].flatMap((frame) => heard.push(frame));
  expect(events).toEqual([{ type: 'ping', bytes: bytes('?') }, { type: 'text', text: 'Hello' }, { type: 'close', code: 1000, reason: 'bye' }]);
});

test.each([0, 125, 126, 65_535, 65_536, 200_000])('a message of %i bytes survives the way there and back', (size) => {
  const payload = Uint8Array.from({ length: size }, (_, at) => at % 251);
  const [event] = decoder('client').push(encodeFrame('binary', payload, { mask: MASK }));
  expect(event?.type === 'binary' && Buffer.compare(event.bytes, payload)).toBe(0);
});

test.each([
  ['a reserved bit', [0xc1, 0], 1002], ['an unknown opcode', [0x83, 0], 1002], ['a masked frame of a server', [0x81, 0x80], 1002],
  ['a fragmented ping', [0x09, 0], 1002], ['a long ping', [0x89, 126], 1002], ['a continuation of nothing', [0x80, 0], 1002],
  ['a message within another', [0x01, 0, 0x81, 0], 1002], ['a wasteful length', [0x82, 126, 0, 5], 1002], ['a wasteful long length', [0x82, 127, 0, 0, 0, 0, 0, 0, 1, 0], 1002],
  ['more than is taken', [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], 1009], ['an endless length', [0x82, 127, ...Array<number>(8).fill(255)], 1009],
  ['broken text', [0x81, 1, 0xff], 1007], ['half a close code', [0x88, 1, 3], 1002], ['a close code nobody may send', [0x88, 2, 3, 0xee], 1002],
])('%s is refused', (_, frame, code) => {
  expect(failureOf(() => decoder().push(Uint8Array.from(frame)))).toBe(code);
});

test('fragments count together against the limit, and a client must mask', () => {
  const heard = decoder('server', 10);
  heard.push(encodeFrame('binary', new Uint8Array(6), { more: true }));
  expect(failureOf(() => heard.push(encodeFrame('binary', new Uint8Array(6), { continued: true })))).toBe(1009);
  expect(failureOf(() => decoder('client').push(encodeFrame('text', bytes('x'))))).toBe(1002);
});

test('a long reason is cut where a character ends', () => {
  const [event] = decoder().push(encodeClose(1011, 'ä'.repeat(100)));
  expect(event).toEqual({ type: 'close', code: 1011, reason: 'ä'.repeat(61) });
});

test('however frames are cut, the same messages arrive', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 300; round++) {
    const sent = Array.from({ length: 1 + Math.floor(random.next() * 6) }, () => {
      const type: FrameType = random.next() < 0.3 ? 'ping' : 'binary';
      return { type, bytes: random.bytes(Math.floor(random.next() * (type === 'ping' ? 126 : 400))) };
    });
    const stream = Buffer.concat(sent.map((one) => encodeFrame(one.type, one.bytes, { mask: random.bytes(4) })));
    const heard = decoder('client');
    const events: unknown[] = [];
    for (let at = 0; at < stream.length;) {
      const next = at + 1 + Math.floor(random.next() * 50);
      events.push(...heard.push(stream.subarray(at, next)));
      at = next;
    }
    expect(hex(events)).toBe(hex(sent));
  }
});

test('no bytes at all make the decoder fail in another way than its own', () => {
  const random = seededRandom(8);
  for (let round = 0; round < 5_000; round++) {
    const heard = decoder(random.next() < 0.5 ? 'client' : 'server', 256);
    const valid = encodeFrame('text', random.bytes(8), { mask: random.bytes(4) });
    const noise = random.next() < 0.5 ? random.bytes(24) : valid.map((byte) => (random.next() < 0.1 ? byte ^ (1 << Math.floor(random.next() * 8)) : byte));
    failureOf(() => heard.push(noise));
  }
});

test('the handshake proves that it was understood, and chooses a protocol', async () => {
  const headers = { upgrade: 'WebSocket', connection: 'keep-alive, Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'x, chat' };
  expect(isWebSocketRequest({ headers })).toBe(true);
  expect(isWebSocketRequest({ headers: { ...headers, connection: 'close' } })).toBe(false);
  expect(await shakeHands({ method: 'GET', headers }, (protocol) => protocol === 'chat')).toMatchObject({
    agreed: true, protocol: 'chat', headers: { 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'sec-websocket-protocol': 'chat' },
  });
  expect(await shakeHands({ method: 'GET', headers }, () => false)).toMatchObject({ agreed: false, status: 403 });
  expect(await shakeHands({ method: 'GET', headers: { ...headers, 'sec-websocket-version': '8' } }, () => true)).toMatchObject({ status: 400, headers: { 'sec-websocket-version': '13' } });
  expect(await shakeHands({ method: 'GET', headers: { ...headers, 'sec-websocket-key': undefined } }, () => true)).toMatchObject({ agreed: false, status: 400 });
  expect(await shakeHands({ method: 'POST', headers }, () => true)).toMatchObject({ agreed: false, status: 405 });
});
