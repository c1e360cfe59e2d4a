/** Whatever comes over a connection, nothing of ours fails, hangs, or grows. Seeded: a failure can be repeated. */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { ApiRequest } from '../../src/wire/api.ts';
import { duplexPair } from '../../src/wire/duplex.ts';
import { connect } from '../../src/wire/node/http-client.ts';
import { serve } from '../../src/wire/node/http-server.ts';
import { AUTHORITY, SERVER } from '../../src/wire/node/testing/certificates.ts';
import { translateCommand } from '../../src/wire/remote-command.ts';
import { encodeData, SpdyDecoder, SpdyEncoder, SpdyFailure } from '../../src/wire/spdy.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, WebSocketFailure, type FrameType } from '../../src/wire/websocket.ts';

const SEEDS = [1, 2, 3];

function dice(seed: number) {
  const source = seededRandom(seed);
  const below = (count: number) => Math.floor(source.next() * count);
  const bytes = (most: number) => source.bytes(below(most));
  return {
    below, bytes,
    chance: (share: number) => source.next() < share,
    pick: <T>(items: readonly T[]): T => items[below(items.length)]!,
    /** Some of it flipped, cut or doubled. */
    spoilt(good: Uint8Array): Uint8Array {
      const flipped = good.map((byte) => (source.next() < 0.02 ? byte ^ (1 << below(8)) : byte));
      const kept = source.next() < 0.2 ? flipped.subarray(0, below(flipped.length + 1)) : flipped;
      return source.next() < 0.1 ? Buffer.concat([kept, kept]) : kept;
    },
    pieces(whole: Uint8Array): readonly Uint8Array[] {
      const cut: Uint8Array[] = [];
      for (let at = 0; at < whole.length;) {
        const next = at + 1 + below(60);
        cut.push(whole.subarray(at, next));
        at = next;
      }
      return cut;
    },
  };
}
type Dice = ReturnType<typeof dice>;

const TYPES: readonly FrameType[] = ['text', 'binary', 'binary', 'binary', 'ping', 'pong', 'close'];

function webSocketBytes({ below, bytes, pick, chance }: Dice): Uint8Array {
  return Buffer.concat(Array.from({ length: 1 + below(6) }, () => {
    const mask = bytes(5).length === 4 || chance(0.9) ? Uint8Array.of(1, 2, 3, 4) : undefined;
    if (chance(0.1)) return encodeClose(pick([1000, 1001, 1005, 2999, 4000]), 'x', mask);
    return encodeFrame(pick(TYPES), Uint8Array.of(pick([0, 0, 4, 255, 9]), ...bytes(300)), { ...(mask ? { mask } : {}), more: chance(0.1), continued: chance(0.1) });
  }));
}

function spdyBytes({ below, bytes, pick, chance }: Dice): Uint8Array {
  const encoder = new SpdyEncoder();
  return Buffer.concat(Array.from({ length: 1 + below(6) }, () => {
    if (chance(0.2)) return encoder.openStream(pick([1, 2, 3]), { a: 'b' });
    if (chance(0.2)) return Uint8Array.of(0x80, 3, 0, pick([2, 3, 4, 6, 7, 8, 9, 77]), below(2), 0, 0, 8, 0, 0, 0, pick([1, 2, 3, 5]), 0, 0, 0, 1);
    return Buffer.concat(encodeData(pick([1, 3, 5, 7]), bytes(300), chance(0.3)));
  }));
}

test.each(SEEDS)('decoders of WebSocket and SPDY frames fail in their own way alone (seed %i)', (seed) => {
  const random = dice(seed);
  for (let round = 0; round < 1_000; round++) {
    const [webSocket, spdy] = [new WebSocketDecoder({ from: 'client', maxMessageBytes: 1024 }), new SpdyDecoder()];
    try {
      for (const piece of random.pieces(random.spoilt(webSocketBytes(random)))) webSocket.push(piece);
    } catch (error) {
      expect(error).toBeInstanceOf(WebSocketFailure);
    }
    try {
      for (const piece of random.pieces(random.spoilt(spdyBytes(random)))) spdy.push(piece);
    } catch (error) {
      expect(error).toBeInstanceOf(SpdyFailure);
    }
  }
});

test.each(SEEDS)('a translated command ends whatever both sides say (seed %i)', async (seed) => {
  const random = dice(seed);
  for (let round = 0; round < 300; round++) {
    const clock = new ManualClock();
    const [near, far] = duplexPair();
    const request: ApiRequest = {
      method: 'GET', url: '/', peer: { address: 'fuzz' }, signal: new AbortController().signal,
      headers: { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'a', 'sec-websocket-protocol': 'v5.channel.k8s.io' },
    };
    const { body } = await translateCommand(request, {
      streams: { stdin: random.chance(0.8), stdout: true, stderr: random.chance(0.5), tty: random.chance(0.3) }, clock,
      dial: async () => ({ status: 101, headers: { 'x-stream-protocol-version': 'v4.channel.k8s.io' }, body: { type: 'upgrade', connection: near } }),
    });
    if (body?.type !== 'upgrade') throw new Error('no upgrade');
    const { connection } = body;
    const over = (async () => { for await (const _ of connection.readable); })().catch(() => {});
    const heard = (async () => { for await (const _ of far.readable); })().catch(() => {});
    const say = async (to: typeof far, what: Uint8Array) => {
      for (const piece of random.pieces(what)) await to.write(piece);
      await to.end();
    };
    await Promise.all([say(far, random.spoilt(spdyBytes(random))).catch(() => {}), say(connection, random.spoilt(webSocketBytes(random))).catch(() => {})]);
    await clock.advance(16 * 60_000);
    await Promise.all([over, heard]);
  }
});

const GOOD = 'POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nAccept: */*\r\n\r\nhelloGET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
/** Preface, empty SETTINGS, and what the fuzzer makes of a HEADERS frame. */
const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), Buffer.from([0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x84, 0x87, 0x41, 0x01, 0x78])]);

test.each([['http/1.1', Buffer.from(GOOD)], ['h2', PREFACE]])('a server that is sent spoilt %s goes on to answer', async (protocol, good) => {
  const random = dice(9);
  await using server = await serve(async () => ({ status: 200, headers: {}, body: { type: 'bytes', chunks: [Buffer.from('ok')] } }), { host: '127.0.0.1', port: 0, log: silent, ...(protocol === 'h2' ? { tls: SERVER } : {}) });
  const send = (bytes: Uint8Array) => new Promise<void>((resolve) => {
    const socket = protocol === 'h2' ? connectTls({ host: '127.0.0.1', port: server.port, ca: AUTHORITY, ALPNProtocols: ['h2'] }) : connectTcp(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
    socket.once(protocol === 'h2' ? 'secureConnect' : 'connect', () => socket.end(bytes));
  });
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 10 }, () => send(random.chance(0.2) ? random.bytes(500) : random.spoilt(good))));
  await using client = connect({ url: `${protocol === 'h2' ? 'https' : 'http'}://127.0.0.1:${server.port}`, ca: AUTHORITY });
  expect((await client({ method: 'GET', url: '/', headers: {}, peer: { address: '' }, signal: new AbortController().signal })).status).toBe(200);
});
