import { expect, test } from 'vitest';
import { MAX_STREAMS } from './connection.ts';
import {
  ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, PADDED, PING, SETTINGS, WITH_PRIORITY,
} from './frame.ts';
import type { Http2Stream } from './stream.ts';
import { bytesOf, data, frame, GET, POST, PREFACE, reset, Script, settings, windowUpdate } from './testing/client.ts';

const ok = (stream: Http2Stream) => stream.respond({ status: 200, headers: {}, end: true });
const say = (text: string) => (stream: Http2Stream) => {
  stream.respond({ status: 200, headers: { 'content-type': 'text/plain' }, end: false });
  stream.end(Buffer.from(text));
};
const text = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString();

test('the greeting: our settings and a wide window, and an answer to the client\'s', () => {
  const script = new Script();
  expect(script.told()).toEqual(['SETTINGS 3', `WINDOW_UPDATE 0 ${(16 << 20) - 65_535}`]);
  script.send(PREFACE, settings());
  expect(script.told()).toEqual(['SETTINGS ack']);
});

test('a request and its answer, in one write', () => {
  const script = Script.begun(say('hello'));
  script.get(1, [['accept', '*/*']]);
  expect(script.requests[0]!.head).toMatchObject({ method: 'GET', path: '/', headers: { accept: '*/*', host: 'x' }, length: undefined });
  expect(script.told()).toEqual(['HEADERS 1 :status=200 content-type=text/plain', 'DATA 1 5 end']);
});

test('what comes byte by byte is read as what comes at once', () => {
  const script = new Script(ok);
  for (const byte of Buffer.concat([PREFACE, settings(), script.headers.frame(1, POST, false), data(1, 'abc'), data(1, 'de', true)])) script.send(Uint8Array.of(byte));
  expect(text(script.requests[0]!.takeBody())).toBe('');
  expect(script.told().at(-1)).toBe('RST_STREAM 1 NO_ERROR'); // answered before the body came
});

test('a body that came along is there at once, padding and priority left out', () => {
  const script = Script.begun();
  const block = script.headers.block([...POST, ['content-length', '5']]);
  const headers = frame(HEADERS, { stream: 1, flags: END_HEADERS | PADDED | WITH_PRIORITY, payload: Buffer.concat([bytesOf('02 00000000 10'), block, bytesOf('0000')]) });
  script.send(headers, frame(DATA, { stream: 1, flags: PADDED | END_STREAM, payload: Buffer.concat([bytesOf('03'), Buffer.from('hello'), bytesOf('000000')]) }));
  const [stream] = script.requests;
  expect(stream!.hasEnded).toBe(true);
  expect(text(stream!.takeBody())).toBe('hello');
});

test('headers may go on in other frames, and trailers follow the body', () => {
  const script = Script.begun(ok);
  const block = script.headers.block([...POST, ['x', 'y']]);
  script.send(frame(HEADERS, { stream: 1, payload: block.subarray(0, 3) }), frame(CONTINUATION, { stream: 1, payload: block.subarray(3, 4) }));
  expect(script.requests).toEqual([]);
  script.send(frame(CONTINUATION, { stream: 1, flags: END_HEADERS, payload: block.subarray(4) }), data(1, 'a'), script.headers.frame(1, [['grpc-status', '0']]));
  expect(script.requests[0]!.head.headers).toMatchObject({ x: 'y' });
  expect(script.requests[0]!.hasEnded).toBe(true);
  expect(script.told()).toEqual(['HEADERS 1 :status=200 end']);
});

test('cookies are joined as HTTP/1.1 would have them, others as a list', () => {
  const script = Script.begun();
  script.get(1, [['cookie', 'a=1'], ['cookie', 'b=2'], ['impersonate-group', 'x'], ['impersonate-group', 'y']]);
  expect(script.requests[0]!.head.headers).toMatchObject({ cookie: 'a=1; b=2', 'impersonate-group': 'x, y' });
});

test('a long answer waits for the client\'s windows, and the end goes with its last byte', async () => {
  const script = Script.begun();
  script.get(1);
  const [stream] = script.requests;
  stream!.respond({ status: 200, headers: {}, end: false });
  expect(stream!.write(new Uint8Array(100_000))).toBe(false);
  const drained = stream!.drained();
  expect(script.told()).toEqual(['HEADERS 1 :status=200', 'DATA 1 16384', 'DATA 1 16384', 'DATA 1 16384', 'DATA 1 16383']);
  script.send(windowUpdate(1, 100_000));
  expect(script.told()).toEqual([]);
  script.send(windowUpdate(0, 20_000));
  expect(script.told()).toEqual(['DATA 1 16384', 'DATA 1 3616']);
  script.send(windowUpdate(0, 14_465));
  await drained;
  stream!.end();
  expect(script.told()).toEqual(['DATA 1 14465', 'DATA 1 0 end']);
});

test('the first window may change, for streams that are there too, and fall below zero', () => {
  const script = Script.begun();
  script.send(settings([[INITIAL_WINDOW_SIZE, 10]]));
  script.get(1);
  const [stream] = script.requests;
  stream!.respond({ status: 200, headers: {}, end: false });
  expect(stream!.write(Buffer.from('x'.repeat(30)))).toBe(false);
  expect(script.told()).toEqual(['SETTINGS ack', 'HEADERS 1 :status=200', 'DATA 1 10']);
  script.send(settings([[INITIAL_WINDOW_SIZE, 5]]), windowUpdate(1, 5));
  expect(script.told()).toEqual(['SETTINGS ack']);
  script.send(windowUpdate(1, 2), settings([[INITIAL_WINDOW_SIZE, 40]]));
  expect(script.told()).toEqual(['DATA 1 2', 'DATA 1 18', 'SETTINGS ack']);
  stream!.end();
  expect(script.told()).toEqual(['DATA 1 0 end']);
});

test('an end that waits goes with what waits before it, whatever the window then', () => {
  const script = Script.begun();
  script.send(settings([[INITIAL_WINDOW_SIZE, 10]]));
  script.get(1);
  const [stream] = script.requests;
  stream!.respond({ status: 200, headers: {}, end: false });
  stream!.write(new Uint8Array(20));
  stream!.end();
  script.told();
  script.send(windowUpdate(1, 10));
  expect(script.told()).toEqual(['DATA 1 10 end']);
});

test('streams that wait take turns', () => {
  const script = Script.begun();
  script.send(settings([[INITIAL_WINDOW_SIZE, 1 << 20]]));
  for (const id of [1, 3]) script.get(id);
  for (const stream of script.requests) {
    stream.respond({ status: 200, headers: {}, end: false });
    stream.end(new Uint8Array(100_000));
  }
  script.told();
  script.send(windowUpdate(0, 65_536));
  expect(script.told()).toEqual(['DATA 1 16384', 'DATA 3 16384', 'DATA 1 16384', 'DATA 3 16384']);
});

test('while nobody reads, no more is kept than a few frames and each stream\'s next piece', () => {
  const script = Script.begun();
  script.send(settings([[INITIAL_WINDOW_SIZE, 2 ** 31 - 1]]), windowUpdate(0, 2 ** 30));
  script.get(1);
  const [stream] = script.requests;
  stream!.respond({ status: 200, headers: {}, end: false });
  script.connection.sender.take();
  let written = 0;
  while (stream!.write(new Uint8Array(10_000)) && written < 1000) written++;
  expect(written).toBeLessThan(40);
  expect(script.connection.sender.out.length).toBeLessThan(300_000);
});

test('what a sender may send grows again as its body is taken, not before', () => {
  const script = Script.begun();
  script.send(script.headers.frame(1, POST, false));
  for (let n = 0; n < 64; n++) script.send(data(1, new Uint8Array(16_384)));
  expect(script.told()).toEqual([]);
  expect(Buffer.concat(script.requests[0]!.takeBody()).length).toBe(1 << 20);
  expect(script.told()).toEqual([`WINDOW_UPDATE 1 ${1 << 20}`]);
  for (let n = 0; n < 64; n++) script.send(data(1, new Uint8Array(16_384)));
  script.send(data(1, 'x'));
  expect(script.told()).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR']);
  expect(script.requests[0]!.gone).toBeInstanceOf(Error);
});

test('bodies that nobody takes do not use up the connection\'s window', () => {
  const script = Script.begun(ok);
  for (let n = 0; n < 40; n++) {
    const id = 1 + 2 * n;
    script.send(script.headers.frame(id, POST, false), ...Array.from({ length: 63 }, () => data(id, new Uint8Array(16_384))), data(id, '', true));
  }
  expect(script.connection.isOver).toBe(false);
  expect(script.told().filter((line) => line.startsWith('WINDOW_UPDATE 0')).length).toBeGreaterThan(3);
});

test('a client that gives a request up ends it; one given up in the same breath is never heard of', () => {
  const reasons: string[] = [];
  const script = Script.begun((stream) => (stream.onGone = (reason) => void reasons.push(reason.message)));
  script.get(1);
  script.send(reset(1));
  expect(reasons).toEqual(['the caller has gone']);
  expect(script.requests[0]!.write(Buffer.from('x'))).toBe(false);
  script.send(script.headers.frame(3, GET), reset(3));
  expect(script.requests.length).toBe(1);
  expect(script.told()).toEqual([]);
});

test('a lost connection ends every request, and whoever waits to write', async () => {
  const script = Script.begun();
  script.get(1);
  const [stream] = script.requests;
  stream!.respond({ status: 200, headers: {}, end: false });
  stream!.write(new Uint8Array(100_000));
  const drained = expect(stream!.drained()).rejects.toThrow('gone');
  script.connection.lost(new Error('gone'));
  await drained;
});

test('an answer that breaks off is a reset', () => {
  const script = Script.begun();
  script.get(1);
  script.requests[0]!.respond({ status: 200, headers: {}, end: false });
  script.requests[0]!.cut(new Error('x'));
  expect(script.told()).toEqual(['HEADERS 1 :status=200', 'RST_STREAM 1 INTERNAL_ERROR']);
});

test('shutting down: no new requests, those under way are answered, then it is over', () => {
  const script = Script.begun();
  script.get(1);
  script.connection.shutDown();
  expect(script.told()).toEqual(['GOAWAY NO_ERROR last 1']);
  script.get(3);
  expect(script.told()).toEqual(['RST_STREAM 3 REFUSED_STREAM']);
  expect(script.connection.isOver).toBe(false);
  say('bye')(script.requests[0]!);
  expect(script.told()).toEqual(['HEADERS 1 :status=200 content-type=text/plain', 'DATA 1 3 end']);
  expect(script.connection.isOver).toBe(true);
});

test('a connection at rest is over as soon as it is shut down', () => {
  const script = Script.begun();
  script.connection.shutDown();
  expect(script.told()).toEqual(['GOAWAY NO_ERROR last 0']);
  expect(script.connection.isOver).toBe(true);
});

test('pings are answered, acknowledgements and what is unknown are not', () => {
  const script = Script.begun();
  script.send(frame(PING, { payload: bytesOf('0102030405060708') }), frame(PING, { flags: ACK, payload: new Uint8Array(8) }), frame(SETTINGS, { flags: ACK }), frame(77, { stream: 5 }));
  expect(script.read()).toMatchObject([{ type: PING, flags: ACK, payload: Buffer.from(bytesOf('0102030405060708')) }]);
});

test(`more than ${MAX_STREAMS} requests at a time are refused, and accepted again when some have ended`, () => {
  const script = Script.begun();
  for (let n = 0; n <= MAX_STREAMS; n++) script.get(1 + 2 * n);
  expect(script.requests.length).toBe(MAX_STREAMS);
  expect(script.told()).toEqual([`RST_STREAM ${1 + 2 * MAX_STREAMS} REFUSED_STREAM`]);
  ok(script.requests[7]!);
  script.get(3 + 2 * MAX_STREAMS);
  expect(script.requests.length).toBe(MAX_STREAMS + 1);
});

test('requests given up count as long as their handlers run', async () => {
  const script = Script.begun();
  let id = 1;
  for (; script.requests.length < 4 * MAX_STREAMS; id += 2) {
    script.get(id);
    script.send(reset(id));
    if (id % 100 === 1) await script.clock.advance(1000); // so that the resets alone are forgiven
  }
  script.told();
  script.get(id);
  expect(script.told()).toEqual([`RST_STREAM ${id} REFUSED_STREAM`]);
  script.connection.finished();
  script.get(id + 2);
  expect(script.requests.length).toBe(4 * MAX_STREAMS + 1);
});

test('a long answer head goes on in other frames', () => {
  const script = Script.begun((stream) => stream.respond({ status: 200, headers: { warning: 'w'.repeat(40_000), connection: 'close' }, end: true }));
  script.get(1);
  const frames = script.read();
  expect(frames.map(({ type, flags, payload }) => [type, flags, payload.length])).toEqual([
    [HEADERS, END_STREAM, 16_384], [CONTINUATION, 0, 16_384], [CONTINUATION, END_HEADERS, expect.any(Number)],
  ]);
  const whole = { ...frames[0]!, payload: Buffer.concat(frames.map(({ payload }) => payload)) };
  expect(script.inWords(whole)).toBe(`HEADERS 1 :status=200 warning=${'w'.repeat(40_000)} end`);
});
