import { expect, test } from 'vitest';
import {
  ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, WITH_PRIORITY,
} from './frame.ts';
import type { Http2Stream } from './stream.ts';
import { bytesOf, data, frame, GET, POST, PREFACE, reset, Script, settings, windowUpdate } from './testing/client.ts';

const ok = (stream: Http2Stream) => stream.respond({ status: 200, headers: {}, end: true });

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
