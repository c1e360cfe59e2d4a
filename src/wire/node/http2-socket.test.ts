import { execFile } from 'node:child_process';
import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../api.ts';
import { data, frame, GET, Headers, POST, PREFACE, reset, settings } from '../http2/testing/client.ts';
import { serve } from './http-server.ts';
import { AUTHORITY, SERVER } from './testing/certificates.ts';

const WAIT = 60_000;
const plain = (body: string | Uint8Array): ApiResponse => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: { type: 'bytes', chunks: [Buffer.from(body)] } });

/** A server; a client of Node's; and sockets that say whatever a test wants. */
async function begin(handler: ApiHandler, { clock, streamsBody }: { clock?: Clock; streamsBody?: boolean } = {}) {
  const server = await serve(handler, {
    host: '127.0.0.1', port: 0, tls: SERVER, clientCa: AUTHORITY, log: silent, ...(clock && { clock }), ...(streamsBody && { streamsBody: () => true }),
  });
  const sessions: ClientHttp2Session[] = [];
  const session = async () => {
    // Node's 10 MB would make this client give large answers up.
    const one = connectHttp2(`https://127.0.0.1:${server.port}`, { ca: AUTHORITY, maxSessionMemory: 1000 });
    one.on('error', () => {});
    sessions.push(one);
    await new Promise((resolve) => one.once('remoteSettings', resolve));
    return one;
  };
  const dispose = async () => {
    for (const one of sessions) one.destroy();
    await server.close();
  };
  return { server, session, [Symbol.asyncDispose]: dispose };
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const headers = new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
  });
  headers.catch(() => {});
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { headers: await headers, body: Buffer.concat(chunks) };
}

const ask = (session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string | Buffer) => {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
};

/** Speaks TLS and nothing more; `ended` resolves with what it was told when the server closes. */
async function raw(port: number): Promise<{ socket: TLSSocket; ended: Promise<Buffer> }> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: AUTHORITY, ALPNProtocols: ['h2'] });
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<Buffer>((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks))));
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return { socket, ended };
}

/** The error code of a GOAWAY that is the last frame of all. */
function lastWord(bytes: Buffer): number | undefined {
  let code: number | undefined;
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) code = bytes[at + 3] === 7 ? bytes.readUInt32BE(at + 13) : undefined;
  return code;
}
const CALM = 11;

test('many requests at once on several connections are each answered with their own', async () => {
  await using it = await begin(async ({ url, body, headers }) => plain(`${url} ${headers['x-n']} ${body?.type === 'bytes' ? Buffer.from(body.bytes).toString().length : '-'}`));
  const answers = await Promise.all((await Promise.all(Array.from({ length: 3 }, () => it.session()))).flatMap((session, s) => Array.from({ length: 200 }, async (_, n) => {
    const body = n % 3 === 0 ? undefined : 'x'.repeat(n * 500);
    const answer = await ask(session, { ':method': body === undefined ? 'GET' : 'POST', ':path': `/${s}/${n}`, 'x-n': String(n) }, body);
    return [answer.body.toString(), `/${s}/${n} ${n} ${body?.length || '-'}`];
  })));
  for (const [got, expected] of answers) expect(got).toBe(expected);
}, WAIT);

test('answers say the date, HEAD its length, and 204 nothing', async () => {
  await using it = await begin(async ({ method }) => (method === 'DELETE' ? { status: 204, headers: {} } : plain('12345')));
  const session = await it.session();
  const head = await ask(session, { ':method': 'HEAD' });
  expect(head.headers).toMatchObject({ ':status': 200, 'content-length': '5', date: expect.stringMatching(/GMT$/) });
  expect(head.body.length).toBe(0);
  const none = await ask(session, { ':method': 'DELETE' });
  expect(none.headers[':status']).toBe(204);
  expect(none.headers['content-length']).toBeUndefined();
}, WAIT);

test('large bodies go both ways at once, as streams', async () => {
  const megabytes = 24;
  const handler: ApiHandler = async ({ body }) => {
    if (body?.type !== 'stream') throw new Error('no stream');
    const { chunks } = body;
    return { status: 200, headers: {}, body: { type: 'stream', chunks: (async function* () { for await (const chunk of chunks) yield [chunk]; })() } };
  };
  await using it = await begin(handler, { streamsBody: true });
  const sent = Buffer.alloc(megabytes << 20);
  for (let at = 0; at < sent.length; at += 4) sent.writeUInt32LE(at, at);
  const answers = await Promise.all(Array.from({ length: 2 }, async () => ask(await it.session(), { ':method': 'POST' }, sent)));
  for (const { body } of answers) expect(body.equals(sent)).toBe(true);
}, WAIT);

test('a body that nobody reads stops its sender, and the others go on', async () => {
  let seen: ApiRequest | undefined;
  let release = () => {};
  const handler: ApiHandler = (request) => {
    if (request.url === '/small') return Promise.resolve(plain('small'));
    seen = request;
    return new Promise((resolve) => (release = () => resolve(plain('done'))));
  };
  await using it = await begin(handler, { streamsBody: true });
  const session = await it.session();
  const upload = session.request({ ':method': 'POST', ':path': '/large' });
  upload.on('error', () => {});
  upload.write(Buffer.alloc(8 << 20));
  expect((await ask(session, { ':path': '/small' })).body.toString()).toBe('small');
  expect(upload.writableLength).toBeGreaterThan(6 << 20);
  expect(seen?.body?.type).toBe('stream');
  release();
  expect((await answerOf(upload)).body.toString()).toBe('done');
}, WAIT);

test('an answer that nobody reads is not made further than its client\'s windows', async () => {
  let made = 0;
  let ended = () => {};
  const over = new Promise<void>((resolve) => (ended = resolve));
  async function* endless(): AsyncGenerator<readonly Uint8Array[]> {
    try {
      for (;;) {
        made++;
        yield [Buffer.alloc(10_000)];
      }
    } finally {
      ended();
    }
  }
  await using it = await begin(async ({ url }) => (url === '/small' ? plain('small') : { status: 200, headers: {}, body: { type: 'stream', chunks: endless() } }));
  const session = await it.session();
  const stream = session.request({ ':path': '/endless' });
  stream.on('error', () => {});
  await new Promise((resolve) => stream.once('response', resolve));
  for (let n = 0; n < 20; n++) await ask(session, { ':path': '/small' }).catch(() => {});
  expect(made).toBeLessThan(100);
  stream.close(8);
  await over;
}, WAIT);

test('a client that resets its request ends its signal; one that leaves ends them all', async () => {
  const aborted: string[] = [];
  let heard = () => {};
  const handler: ApiHandler = ({ url, signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => {
    aborted.push(url);
    heard();
    reject(signal.reason);
  }));
  await using it = await begin(handler);
  const session = await it.session();
  const all = ['/a', '/b', '/c'].map((path) => session.request({ ':path': path }));
  for (const stream of all) stream.on('error', () => {});
  await new Promise((resolve) => session.ping(resolve)); // given up in one breath, they would not even begin
  const first = new Promise<void>((resolve) => (heard = resolve));
  all[1]!.close(8);
  await first;
  expect(aborted).toEqual(['/b']);
  const rest = new Promise<void>((resolve) => (heard = () => aborted.length === 3 && resolve()));
  session.destroy();
  await rest;
  expect(aborted.toSorted()).toEqual(['/a', '/b', '/c']);
}, WAIT);

test('closing lets an answer under way end, tells clients, and refuses what comes later', async () => {
  let finish = () => {};
  // A clock that stands: however slow this machine is, the time of grace is not over.
  await using it = await begin(() => new Promise((resolve) => (finish = () => resolve(plain('at last')))), { clock: new ManualClock() });
  const session = await it.session();
  const answer = ask(session, { ':path': '/' });
  await new Promise((resolve) => session.ping(resolve));
  const goaway = new Promise<number>((resolve) => session.once('goaway', resolve));
  const closing = it.server.close();
  expect(await goaway).toBe(0);
  finish();
  expect((await answer).body.toString()).toBe('at last');
  await closing;
}, WAIT);

test('a request body that stops coming is given up after a minute', async () => {
  const clock = new ManualClock();
  await using it = await begin(async () => plain('not reached'), { clock });
  const session = await it.session();
  const stream = session.request({ ':method': 'POST' });
  stream.write('some');
  await new Promise((resolve) => session.ping(resolve));
  const answer = answerOf(stream);
  await clock.advance(60_000);
  const { headers, body } = await answer;
  expect(headers[':status']).toBe(408);
  expect(JSON.parse(body.toString())).toMatchObject({ reason: 'Timeout' });
}, WAIT);

test('curl is served, over HTTP/2 where it speaks it', async ({ skip }) => {
  await using it = await begin(async ({ method, url, headers, body }) => plain(`${method} ${url} ${headers['x-a']} ${body?.type === 'bytes' ? body.bytes.length : 0}`));
  const run = async (...more: string[]) => (await promisify(execFile)('curl', ['-sk', '--http2', '-H', 'x-a: b', '-w', ' %{http_code}', ...more, `https://127.0.0.1:${it.server.port}/x?y=z`])).stdout;
  const version = await promisify(execFile)('curl', ['--version']).then(({ stdout }) => stdout, () => undefined);
  if (version === undefined) return skip('no curl on this machine');
  expect(await run()).toBe('GET /x?y=z b 0 200');
  expect(await run('-d', 'x'.repeat(100_000))).toBe('POST /x?y=z b 100000 200');
  expect(await run('-d', 'x', '-H', 'te: trailers')).toBe('POST /x?y=z b 1 200');
}, WAIT);

test.each<[string, (headers: Headers, n: number) => Uint8Array]>([
  ['pings', () => frame(6, { payload: new Uint8Array(8) })], ['settings', () => settings()], ['empty data', () => data(1, '')],
  ['resets', (headers, n) => Buffer.concat([headers.frame(3 + 2 * n, GET), reset(3 + 2 * n)])],
])('a flood of %s ends its connection, and nobody else feels it', async (_what, make) => {
  await using it = await begin(async () => plain('ok'));
  const { socket, ended } = await raw(it.server.port);
  const headers = new Headers();
  socket.write(Buffer.concat([PREFACE, settings(), headers.frame(1, POST, false)]));
  for (let n = 0; n < 50 && !socket.destroyed; n++) {
    socket.write(Buffer.concat(Array.from({ length: 200 }, (_, m) => make(headers, n * 200 + m))));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect([CALM, undefined]).toContain(lastWord(await ended)); // a reset of TCP's may swallow the last word
  expect((await ask(await it.session(), { ':path': '/' })).body.toString()).toBe('ok');
}, WAIT);

test('headers that never end, and silence, are cut off in time', async () => {
  const clock = new ManualClock();
  await using it = await begin(async () => plain('ok'), { clock });
  const slow = await raw(it.server.port);
  slow.socket.write(Buffer.concat([PREFACE, settings(), frame(1, { stream: 1, payload: Uint8Array.of(0x82) }), frame(9, { stream: 1, payload: Uint8Array.of(0x84) })]));
  const mute = await raw(it.server.port);
  // One request behind them both: by then the server has heard them.
  await ask(await it.session(), { ':path': '/' });
  await clock.advance(12_000);
  expect(lastWord(await slow.ended)).toBe(CALM);
  expect(lastWord(await mute.ended)).toBe(CALM);
}, WAIT);
