import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import type { ApiRequest, ApiResponse } from './api.ts';
import { duplexPair } from './duplex.ts';
import { type CommandStreams, translateCommand, wantsV5 } from './remote-command.ts';
import { fakeSpdyServer, type SpdyServer } from './testing/spdy-server.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, type WebSocketEvent } from './websocket.ts';

const MASK = Uint8Array.of(1, 2, 3, 4);
const bytes = (text: string) => new TextEncoder().encode(text);
const ALL: CommandStreams = { stdin: true, stdout: true, stderr: true, tty: false };
const REQUEST: ApiRequest = {
  method: 'GET', url: '/exec', peer: { address: 'test' }, signal: new AbortController().signal, upgrade: duplexPair()[0],
  headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'v5.channel.k8s.io, v4.channel.k8s.io', host: 'x' },
};

async function open(server: Pick<SpdyServer, 'dial'>, { streams = ALL, clock = new ManualClock() }: { readonly streams?: CommandStreams; readonly clock?: ManualClock } = {}) {
  const response = await translateCommand(REQUEST, { streams, clock, dial: (request) => server.dial(request) });
  if (response.body?.type !== 'upgrade') throw new Error(`no upgrade but ${response.status}`);
  const { connection } = response.body;
  const decoder = new WebSocketDecoder({ from: 'server', maxMessageBytes: 1 << 24 });
  const events = (async function* () { for await (const part of connection.readable) yield* decoder.push(part); })();
  return {
    response, connection, events,
    say: (channel: number, payload: Uint8Array | string) => connection.write(encodeFrame('binary', Uint8Array.of(channel, ...(typeof payload === 'string' ? bytes(payload) : payload)), { mask: MASK })),
    next: async () => (await events.next()).value as WebSocketEvent | undefined,
    async rest() {
      const all: WebSocketEvent[] = [];
      for await (const event of events) all.push(event);
      return all;
    },
  };
}

const on = (channel: number, text: string): WebSocketEvent => ({ type: 'binary', bytes: Uint8Array.of(channel, ...bytes(text)) });
const statusOf = (event: WebSocketEvent | undefined): unknown => (event?.type === 'binary' && event.bytes[0] === 3 ? JSON.parse(new TextDecoder().decode(event.bytes.subarray(1))) : event);
const FAILED = JSON.stringify({ metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', message: 'x', details: { causes: [{ reason: 'ExitCode', message: '7' }] } });

test('a command is given its input, half-closed by the CLOSE signal, and its output and end come back', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server);
  expect(caller.response.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io');
  expect(await caller.next()).toEqual(on(1, ''));
  await server.until(() => server.opened.length === 4);
  expect(server.opened.map(({ streamtype }) => streamtype)).toEqual(['error', 'stdin', 'stdout', 'stderr']);
  expect(server.asked[0]).toMatchObject({ method: 'POST', headers: { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io, v3.channel.k8s.io, v2.channel.k8s.io, channel.k8s.io' } });
  expect(Object.keys(server.asked[0]!.headers).filter((name) => name.startsWith('sec-'))).toEqual([]);

  await caller.say(0, 'in');
  await caller.say(255, Uint8Array.of(0));
  await server.until(() => server.isEnded('stdin'));
  expect(server.heard('stdin')).toBe('in');

  void server.say('stdout', 'out', true);
  expect(await caller.next()).toEqual(on(1, 'out'));
  void server.say('stderr', 'err', true).then(() => server.say('error', FAILED, true));
  expect(await caller.next()).toEqual(on(2, 'err'));
  expect(statusOf(await caller.next())).toEqual({
    metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '7' }] },
    message: 'command terminated with non-zero exit code: command terminated with exit code 7',
  });
  expect(await caller.next()).toEqual({ type: 'close', code: 1000, reason: '' });
  await caller.connection.end();
  expect(await caller.rest()).toEqual([]);
});

test('a terminal has no stderr, and is told its size', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server, { streams: { ...ALL, tty: true } });
  await caller.next();
  await server.until(() => server.opened.length === 4);
  expect(server.opened.map(({ streamtype }) => streamtype)).toEqual(['error', 'stdin', 'stdout', 'resize']);
  await caller.say(4, '{"Width":80,"Height":24}');
  await server.until(() => server.heard('resize') !== '');
  expect(server.heard('resize')).toBe('{"Width":80,"Height":24}');
  caller.connection.destroy();
});

test.each<[string, string, unknown]>([
  ['v4.channel.k8s.io', '', { metadata: {}, status: 'Success' }],
  ['v4.channel.k8s.io', '{"status":"Success"}', { metadata: {}, status: 'Success' }],
  ['v4.channel.k8s.io', '{"status":"Failure","reason":"InternalError","message":"boom"}', { message: 'Internal error occurred: boom', reason: 'InternalError', code: 500 }],
  ['v4.channel.k8s.io', '{"status":"Failure","reason":"NonZeroExitCode"}', { message: 'Internal error occurred: error stream protocol error: details must be set' }],
  ['v4.channel.k8s.io', '{"status":"Failure","reason":"NonZeroExitCode","details":{}}', { message: 'Internal error occurred: error stream protocol error: no ExitCode cause given' }],
  ['v4.channel.k8s.io', '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"999"}]}}', { message: 'Internal error occurred: error stream protocol error: invalid exit code value "999"' }],
  ['v4.channel.k8s.io', '{}', { message: 'Internal error occurred: error stream protocol error: unknown error' }],
  ['v4.channel.k8s.io', '[]', { message: expect.stringMatching(/^Internal error occurred: error stream protocol error: .* in "\[\]"$/) }],
  ['v3.channel.k8s.io', 'boom', { message: 'Internal error occurred: error executing remote command: boom' }],
])('a streaming server of %s that ends with %j', async (version, said, told) => {
  const server = fakeSpdyServer(version);
  const caller = await open(server, { streams: { ...ALL, stdin: false, stderr: false } });
  await caller.next();
  await server.until(() => server.opened.length === 2);
  void server.say('stdout', '', true).then(() => server.say('error', said, true));
  expect(statusOf(await caller.next())).toMatchObject(told as object);
  caller.connection.destroy();
});

test('a connection that breaks off is no success', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server);
  await caller.next();
  await server.until(() => server.opened.length === 4);
  await server.connection().end();
  expect(statusOf(await caller.next())).toMatchObject({ message: 'Internal error occurred: error reading from error stream: unexpected EOF' });
  caller.connection.destroy();
});

test('a streaming server that breaks the protocol is left, and the caller told', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server);
  await caller.next();
  await server.until(() => server.opened.length === 4);
  void server.connection().write(Uint8Array.of(0x80, 2, 0, 6, 0, 0, 0, 4)).catch(() => {});
  expect(statusOf(await caller.next())).toMatchObject({ message: 'Internal error occurred: SPDY version 2 is not known' });
  await expect(server.say('stdout', 'x')).rejects.toThrow('SPDY version 2');
  caller.connection.destroy();
});

test.each<[string, () => Promise<ApiResponse>, string]>([
  ['refused in plain text', async () => ({ status: 404, headers: {}, body: { type: 'bytes', chunks: [bytes('container not found ("c")')] } }), 'unable to upgrade connection: container not found ("c")'],
  ['refused by a Status', async () => ({ status: 403, headers: {}, body: { type: 'bytes', chunks: [bytes('{"kind":"Status","message":"no"}')] } }), 'unable to upgrade connection: no'],
  ['not reached', async () => { throw new Error('connect ECONNREFUSED'); }, 'connect ECONNREFUSED'],
])('that the streaming server is %s is told on the error channel', async (_, dial, told) => {
  const caller = await open({ dial });
  await caller.next();
  expect(statusOf(await caller.next())).toEqual({ metadata: {}, status: 'Failure', reason: 'InternalError', code: 500, message: `Internal error occurred: ${told}`, details: { causes: [{ message: told }] } });
  expect((await caller.next())?.type).toBe('close');
  await caller.connection.end();
});

test('messages that mean nothing are passed over', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server);
  await caller.next();
  for (const message of [[], [9, 1], [1, 1], [255], [255, 9], [255, 0, 0], [3, 65]]) await caller.connection.write(encodeFrame('binary', Uint8Array.from(message), { mask: MASK }));
  await caller.connection.write(encodeFrame('text', bytes('\0text'), { mask: MASK }));
  await server.until(() => server.heard('stdin') === 'text');
  expect(server.isEnded('stdin')).toBe(false);
  caller.connection.destroy();
});

test('a caller that leaves ends the connection to the command', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server);
  await caller.next();
  await server.until(() => server.opened.length === 4);
  await caller.connection.write(encodeClose(1001, '', MASK));
  expect((await caller.next())?.type).toBe('close');
  await expect(server.say('stdout', 'x')).rejects.toThrow('the WebSocket is closed');
  await caller.connection.end();
});

test('a caller that neither reads nor leaves is waited for, then dropped', async () => {
  const server = fakeSpdyServer();
  const clock = new ManualClock();
  const caller = await open(server, { clock, streams: { ...ALL, stdin: false, stderr: false } });
  await caller.next();
  await server.until(() => server.opened.length === 2);
  void server.say('stdout', '', true).then(() => server.say('error', '', true));
  await caller.next();
  await caller.next();
  await clock.advance(15 * 60_000 + 1);
  await expect(caller.connection.write(bytes('x'))).rejects.toThrow('did not close its side');
});

test('nothing said for four hours ends it', async () => {
  const server = fakeSpdyServer();
  const clock = new ManualClock();
  const caller = await open(server, { clock });
  await caller.next();
  await clock.advance(4 * 3_600_000 + 1);
  await clock.advance(4 * 3_600_000 + 1);
  await expect(caller.connection.write(bytes('x'))).rejects.toThrow('idle');
});

test('output that nobody reads is not gathered', async () => {
  const server = fakeSpdyServer();
  const caller = await open(server);
  await caller.next();
  await server.until(() => server.opened.length === 4);
  let taken = 0;
  void (async () => {
    for (;;) {
      await server.say('stdout', new Uint8Array(65_536));
      taken++;
    }
  })().catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toBeLessThan(4);
  caller.connection.destroy();
});

test('only callers that ask for v5 are translated', () => {
  expect(wantsV5(REQUEST)).toBe(true);
  expect(wantsV5({ ...REQUEST, headers: { 'sec-websocket-protocol': 'v4.channel.k8s.io' } })).toBe(false);
});
