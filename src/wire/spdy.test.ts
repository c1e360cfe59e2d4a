import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { duplexPair } from './duplex.ts';
import { encodeData, encodePing, SpdyDecoder, SpdyEncoder, SpdyFailure } from './spdy.ts';
import { SpdyClient } from './spdy-client.ts';
import { fakeSpdyServer } from './testing/spdy-server.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('streams are opened with headers that any inflater reads, and data goes both ways', async () => {
  const server = fakeSpdyServer();
  const { body } = await server.dial({ method: 'POST', url: '/', headers: {}, peer: { address: '' }, signal: new AbortController().signal });
  if (body?.type !== 'upgrade') throw new Error('no upgrade');
  const client = new SpdyClient(body.connection);
  const first = await client.open({ StreamType: 'error', port: '80' });
  const second = await client.open({ streamtype: 'data', port: '80' });
  expect([first, second]).toEqual([1, 3]);
  await client.write(second, bytes('to you'));
  await client.end(second);
  expect(server.opened).toEqual([{ streamtype: 'error', port: '80' }, { streamtype: 'data', port: '80' }]);
  await server.until(() => server.isEnded('data'));
  expect(server.heard('data')).toBe('to you');

  void server.say('data', 'to me', true);
  const events = client.events();
  expect((await events.next()).value).toEqual({ type: 'data', stream: 3, bytes: bytes('to me'), fin: true });
});

test('the first header block begins as every SPDY/3 connection\'s does', () => {
  const encoder = new SpdyEncoder();
  expect([...encoder.openStream(1, { a: 'b' }).subarray(0, 24)]).toEqual([0x80, 3, 0, 1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
  expect(encoder.openStream(3, { a: 'b' })[18]).toBe(0);
});

test('a ping of the server is answered, an answer to none of ours is not', async () => {
  const [near, far] = duplexPair();
  const events = new SpdyClient(near).events();
  const said = far.readable[Symbol.asyncIterator]();
  void (async () => {
    await far.write(encodePing(1));
    await far.write(encodePing(2));
    await far.end();
  })();
  const over = events.next();
  expect((await said.next()).value).toEqual(encodePing(2));
  expect((await over).done).toBe(true);
});

test('a message too large for one frame is cut, and its last frame ends the stream', () => {
  const frames = encodeData(5, new Uint8Array((1 << 20) + 1), true);
  const events = frames.flatMap((frame) => new SpdyDecoder().push(frame));
  expect(events.map((event) => event.type === 'data' && [event.stream, event.bytes.length, event.fin])).toEqual([[5, 1 << 20, false], [5, 1, true]]);
  expect(encodeData(5, new Uint8Array(), true)).toHaveLength(1);
  expect(encodeData(5, new Uint8Array())).toHaveLength(0);
});

test('data is handed on as it comes, however frames are cut', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const sent = Array.from({ length: 5 }, (_, index) => random.bytes(Math.floor(random.next() * 300) + (index === 0 ? 1 : 0)));
    const stream = Buffer.concat([...sent.flatMap((part) => [...encodeData(7, part), encodePing(4)]), ...encodeData(7, new Uint8Array(), true)]);
    const decoder = new SpdyDecoder();
    const heard: Uint8Array[] = [];
    let fin = false;
    for (let at = 0; at < stream.length;) {
      const next = at + 1 + Math.floor(random.next() * 40);
      for (const event of decoder.push(stream.subarray(at, next))) {
        if (event.type !== 'data') continue;
        heard.push(event.bytes);
        fin = event.fin;
      }
      at = next;
    }
    expect([Buffer.compare(Buffer.concat(heard), Buffer.concat(sent)), fin]).toEqual([0, true]);
  }
});

test.each([
  ['another version', [0x80, 2, 0, 6, 0, 0, 0, 4]], ['an endless control frame', [0x80, 3, 0, 4, 0, 0xff, 0xff, 0xff]],
  ['a short ping', [0x80, 3, 0, 6, 0, 0, 0, 1, 0]], ['a reply to nothing', [0x80, 3, 0, 2, 0, 0, 0, 0]],
])('%s is refused', (_, frame) => {
  expect(() => new SpdyDecoder().push(Uint8Array.from(frame))).toThrow(SpdyFailure);
});

test('settings, windows and the end of streams do not confuse', () => {
  const decoder = new SpdyDecoder();
  expect(decoder.push(Uint8Array.of(0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0))).toEqual([]);
  expect(decoder.push(Uint8Array.of(0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 9))).toEqual([]);
  expect(decoder.push(Uint8Array.of(0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 5))).toEqual([{ type: 'reset', stream: 1, fin: true }]);
  expect(decoder.push(Uint8Array.of(0x80, 3, 0, 2, 1, 0, 0, 4, 0, 0, 0, 3))).toEqual([{ type: 'reply', stream: 3, fin: true }]);
});
