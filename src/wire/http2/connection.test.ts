import { expect, test } from 'vitest';
import { MAX_STREAMS } from './connection.ts';
import {
  ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PADDED, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS,
  WINDOW_UPDATE, WITH_PRIORITY,
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

const CONNECT: readonly (readonly [string, string])[] = [[':method', 'CONNECT'], [':authority', 'x:1']];
const without = (name: string) => GET.filter(([one]) => one !== name);

test.each<[string, readonly (readonly [string, string])[]]>([
  ['no method', without(':method')], ['no path', without(':path')], ['no scheme', without(':scheme')], ['a method twice', [...GET, [':method', 'GET']]],
  ['an unknown pseudo-header', [...GET, [':x', 'y']]], ['a status', [...GET, [':status', '200']]], ['a pseudo-header behind another', [...without(':path'), ['a', 'b'], [':path', '/']]],
  ['extended CONNECT', [...GET.map(([name, value]) => [name, name === ':method' ? 'CONNECT' : value] as const), [':protocol', 'websocket']]], ['CONNECT with a path', [...CONNECT, [':path', '/']]],
  ['an empty path', [...without(':path'), [':path', '']]], ['a path that is none', [...without(':path'), [':path', 'http://x/']]], ['a path with a space', [...without(':path'), [':path', '/a b HTTP/1.1']]],
  ['a path with a line feed', [...without(':path'), [':path', '/\u007f']]], ['connection', [...GET, ['connection', 'close']]], ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['keep-alive', [...GET, ['keep-alive', '5']]], ['upgrade', [...GET, ['upgrade', 'h2c']]], ['te but trailers', [...GET, ['te', 'gzip']]], ['capitals', [...GET, ['Accept', 'x']]],
  ['an empty name', [...GET, ['', 'x']]], ['a name with a colon', [...GET, ['a:b', 'x']]], ['a space before a value', [...GET, ['a', ' x']]], ['a control character', [...GET, ['a', 'x\u0001']]],
  ['two lengths', [...GET, ['content-length', '0'], ['content-length', '0']]], ['a length that is none', [...GET, ['content-length', '+1']]], ['a length without a body', [...GET, ['content-length', '1']]],
  ['another host than the authority', [...GET, ['host', 'y']]], ['two hosts', [...without(':authority'), ['host', 'a'], ['host', 'b']]],
  ['two tokens', [...GET, ['authorization', 'a'], ['authorization', 'b']]],
])('a malformed request is refused, and the connection goes on: %s', (_what, fields) => {
  const script = Script.begun(ok);
  script.send(script.headers.frame(1, fields), script.headers.frame(3, GET));
  expect(script.told()).toEqual(['RST_STREAM 1 PROTOCOL_ERROR', 'HEADERS 3 :status=200 end']);
  expect(script.requests.length).toBe(1);
});

test('CONNECT is a request that its handler declines; OPTIONS may ask for *', () => {
  const script = Script.begun();
  script.send(script.headers.frame(1, CONNECT), script.headers.frame(3, [[':method', 'OPTIONS'], [':scheme', 'https'], [':path', '*'], ['te', 'trailers']]));
  expect(script.requests.map(({ head }) => `${head.method} ${head.path}`)).toEqual(['CONNECT /', 'OPTIONS *']);
});

test.each<[string, (id: number) => Uint8Array[]]>([
  ['longer', (id) => [data(id, 'abcdef')]], ['longer at its end', (id) => [data(id, 'abcdef', true)]], ['shorter', (id) => [data(id, 'abc', true)]],
  ['shorter, with trailers', (id) => [data(id, 'abc'), frame(HEADERS, { stream: id, flags: END_HEADERS | END_STREAM })]],
])('a body %s than its length says is no body', (_what, body) => {
  const script = Script.begun();
  script.send(script.headers.frame(1, [...POST, ['content-length', '5']], false), ...body(1));
  expect(script.told()).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
});

test('more headers than anybody needs are answered with 431', () => {
  const script = Script.begun();
  script.get(1, Array.from({ length: 101 }, (_, n) => [`a${n}`, 'b'] as const));
  script.send(script.headers.frame(3, [...POST, ...Array.from({ length: 60 }, (_, n) => [`c${n}`, 'x'.repeat(250)] as const)], false), data(3, 'late', true));
  expect(script.told()).toEqual(['HEADERS 1 :status=431 content-length=0 end', 'HEADERS 3 :status=431 content-length=0 end', 'RST_STREAM 3 NO_ERROR']);
  expect(script.requests).toEqual([]);
});

const block = bytesOf('82 87 84');
const opened = frame(HEADERS, { stream: 1, flags: END_HEADERS, payload: block });
const closed = frame(HEADERS, { stream: 1, flags: END_HEADERS | END_STREAM, payload: block });

test.each<[string, string, readonly Uint8Array[]]>([
  ['a reset of no stream', 'PROTOCOL_ERROR', [reset(0)]], ['a reset of one never opened', 'PROTOCOL_ERROR', [reset(1)]],
  ['a short reset', 'FRAME_SIZE_ERROR', [opened, frame(RST_STREAM, { stream: 1, payload: bytesOf('00') })]],
  ['data of no stream', 'PROTOCOL_ERROR', [data(0, 'x')]], ['data of one never opened', 'PROTOCOL_ERROR', [data(1, 'x')]], ['an even stream', 'PROTOCOL_ERROR', [frame(HEADERS, { stream: 2, flags: END_HEADERS, payload: block })]],
  ['too much padding', 'PROTOCOL_ERROR', [opened, frame(DATA, { stream: 1, flags: PADDED, payload: bytesOf('05 00 00') })]],
  ['padding in place of headers', 'PROTOCOL_ERROR', [frame(HEADERS, { stream: 1, flags: END_HEADERS | PADDED | WITH_PRIORITY, payload: bytesOf('00 0000') })]],
  ['no padding where some is promised', 'PROTOCOL_ERROR', [opened, frame(DATA, { stream: 1, flags: PADDED })]],
  ['a push', 'PROTOCOL_ERROR', [frame(PUSH_PROMISE, { stream: 1 })]], ['a continuation of nothing', 'PROTOCOL_ERROR', [frame(CONTINUATION, { stream: 1, flags: END_HEADERS })]],
  ['data between headers', 'PROTOCOL_ERROR', [frame(HEADERS, { stream: 1 }), data(1, 'x')]], ['another stream between headers', 'PROTOCOL_ERROR', [frame(HEADERS, { stream: 1 }), frame(CONTINUATION, { stream: 3 })]],
  ['a ping between headers', 'PROTOCOL_ERROR', [frame(HEADERS, { stream: 1 }), frame(PING, { payload: new Uint8Array(8) })]],
  ['a ping of a stream', 'PROTOCOL_ERROR', [frame(PING, { stream: 1, payload: new Uint8Array(8) })]], ['a short ping', 'FRAME_SIZE_ERROR', [frame(PING, { payload: new Uint8Array(7) })]],
  ['settings of a stream', 'PROTOCOL_ERROR', [frame(SETTINGS, { stream: 1 })]], ['odd settings', 'FRAME_SIZE_ERROR', [frame(SETTINGS, { payload: new Uint8Array(5) })]],
  ['an acknowledgement that says more', 'FRAME_SIZE_ERROR', [frame(SETTINGS, { flags: ACK, payload: new Uint8Array(6) })]],
  ['push neither on nor off', 'PROTOCOL_ERROR', [settings([[2, 2]])]], ['a window out of bounds', 'FLOW_CONTROL_ERROR', [settings([[4, 2 ** 31]])]], ['small frames', 'PROTOCOL_ERROR', [settings([[5, 100]])]],
  ['a window made no wider', 'PROTOCOL_ERROR', [windowUpdate(0, 0)]], ['a window too wide', 'FLOW_CONTROL_ERROR', [windowUpdate(0, 2 ** 31 - 1)]], ['a window of a stream never opened', 'PROTOCOL_ERROR', [windowUpdate(1, 1)]],
  ['a short window', 'FRAME_SIZE_ERROR', [frame(WINDOW_UPDATE, { payload: bytesOf('01') })]], ['windows that changes make too wide', 'FLOW_CONTROL_ERROR', [opened, windowUpdate(1, 2 ** 31 - 1 - 65_535), settings([[4, 65_536]])]],
  ['a farewell of a stream', 'PROTOCOL_ERROR', [frame(GOAWAY, { stream: 1, payload: new Uint8Array(8) })]], ['a short farewell', 'FRAME_SIZE_ERROR', [frame(GOAWAY)]],
  ['a priority of no stream', 'PROTOCOL_ERROR', [frame(PRIORITY, { payload: new Uint8Array(5) })]], ['a frame too large', 'FRAME_SIZE_ERROR', [frame(DATA, { stream: 1, payload: new Uint8Array(16_385) })]],
  ['what HPACK is not', 'COMPRESSION_ERROR', [frame(HEADERS, { stream: 1, flags: END_HEADERS, payload: bytesOf('80') })]],
])('what no client may do ends the connection: %s is a %s', (_what, code, frames) => {
  const script = Script.begun();
  script.send(...frames);
  expect(script.told().at(-1)).toMatch(new RegExp(`^GOAWAY ${code} `));
  expect(script.connection.isOver).toBe(true);
  script.get(9);
  expect(script.told()).toEqual([]);
});

test('headers of a stream that has closed end the connection; of one that we closed they are passed over', () => {
  const script = Script.begun(ok);
  script.send(opened); // answered at once, and reset since nobody wants its body
  script.send(data(1, 'late'), frame(HEADERS, { stream: 1, flags: END_HEADERS | END_STREAM, payload: block }));
  expect(script.told()).toEqual(['HEADERS 1 :status=200 end', 'RST_STREAM 1 NO_ERROR']);
  const other = Script.begun(ok);
  other.send(closed);
  other.send(closed);
  expect(other.told().at(-1)).toBe('GOAWAY STREAM_CLOSED last 1');
});

test('data behind the end is the stream\'s fault alone', () => {
  const script = Script.begun();
  script.send(closed, data(1, 'x'));
  expect(script.told()).toEqual(['RST_STREAM 1 STREAM_CLOSED']);
  script.send(opened.with(8, 3), frame(PRIORITY, { stream: 3, payload: bytesOf('00') }), windowUpdate(1, 5));
  expect(script.told()).toEqual(['RST_STREAM 3 FRAME_SIZE_ERROR']);
  script.send(opened.with(8, 5), windowUpdate(5, 0), opened.with(8, 7), windowUpdate(7, 2 ** 31 - 1));
  expect(script.told()).toEqual(['RST_STREAM 5 PROTOCOL_ERROR', 'RST_STREAM 7 FLOW_CONTROL_ERROR']);
  script.send(opened.with(8, 9), frame(HEADERS, { stream: 9, flags: END_HEADERS, payload: new Uint8Array(0) }));
  expect(script.told()).toEqual(['RST_STREAM 9 PROTOCOL_ERROR']);
});

test.each([['no preface', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'], ['a ping first', Buffer.concat([PREFACE, frame(PING, { payload: new Uint8Array(8) })])], ['an acknowledgement first', Buffer.concat([PREFACE, frame(SETTINGS, { flags: ACK })])]])(
  'who does not begin as clients do is turned away: %s', (_what, bytes) => {
    const script = new Script();
    script.send(Buffer.from(bytes));
    expect(script.told().at(-1)).toBe('GOAWAY PROTOCOL_ERROR last 0');
  });

test.each<[string, (n: number, script: Script) => Uint8Array]>([
  ['pings', () => frame(PING, { payload: new Uint8Array(8) })], ['settings', () => settings()], ['priorities', () => frame(PRIORITY, { stream: 1, payload: new Uint8Array(5) })],
  ['empty data', () => data(1, '')], ['frames of no known kind', () => frame(99)],
  ['resets', (n, script) => Buffer.concat([script.headers.frame(3 + 2 * n, GET), reset(3 + 2 * n)])],
  ['malformed requests', (n, script) => script.headers.frame(3 + 2 * n, [])],
])('a flood of %s is met with ENHANCE_YOUR_CALM, at a trickle it is borne', async (_what, make) => {
  const script = Script.begun();
  script.send(script.headers.frame(1, POST, false));
  for (let n = 0; n < 2000; n++) script.send(make(n, script));
  expect(script.connection.isOver).toBe(true);
  expect(script.readAll().map((one) => script.inWords(one)).at(-1)).toMatch(/^GOAWAY ENHANCE_YOUR_CALM/);

  const patient = Script.begun();
  patient.send(patient.headers.frame(1, POST, false));
  for (let n = 0; n < 2000; n++) {
    patient.send(make(n, patient));
    patient.readAll();
    if (n % 50 === 0) await patient.clock.advance(1000);
  }
  expect(patient.connection.isOver).toBe(false);
});

test('a header block without an end is cut off: many frames, many bytes, or a long time', async () => {
  const many = Script.begun();
  many.send(frame(HEADERS, { stream: 1 }));
  for (let n = 0; n < 200; n++) many.send(frame(CONTINUATION, { stream: 1 }));
  expect(many.told()).toEqual(['GOAWAY ENHANCE_YOUR_CALM last 0']);

  const large = Script.begun();
  large.send(frame(HEADERS, { stream: 1 }));
  for (let n = 0; n < 70; n++) large.send(frame(CONTINUATION, { stream: 1, payload: new Uint8Array(16_384) }));
  expect(large.told()).toEqual(['GOAWAY ENHANCE_YOUR_CALM last 0']);

  const slow = Script.begun();
  slow.send(frame(HEADERS, { stream: 1 }));
  await slow.clock.advance(9000);
  slow.send(frame(CONTINUATION, { stream: 1, payload: Uint8Array.of(0x82) }));
  expect(slow.connection.isOver).toBe(false);
  await slow.clock.advance(1000);
  expect(slow.told()).toEqual(['GOAWAY ENHANCE_YOUR_CALM last 0']);
});

test('who says nothing for ten seconds is turned away; who has begun may be silent', async () => {
  const mute = new Script();
  await mute.clock.advance(10_000);
  expect(mute.connection.isOver).toBe(true);
  const idle = Script.begun();
  await idle.clock.advance(3_600_000);
  expect(idle.connection.isOver).toBe(false);
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
