import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import type { ApiHandler, ApiRequest, ApiResponse, Duplex, Peer, ResponseBody } from '../api.ts';
import { duplexPair } from '../duplex.ts';
import { connect } from './http-client.ts';
import type { ConnectOptions } from './http-client.ts';
import { serve } from './http-server.ts';
import { AUTHORITY, EXPIRED, JANE, OTHER_AUTHORITY, OTHER_SERVER, SERVER, STRANGER } from './testing/certificates.ts';

const base = { host: '127.0.0.1', port: 0, log: silent };
const text = (body: ResponseBody | undefined): string => (body?.type === 'bytes' ? Buffer.concat(body.chunks).toString() : '');
const ok = (value: string): ApiResponse => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: { type: 'bytes', chunks: [Buffer.from(value)] } });
const ask = (url: string, more: Partial<ApiRequest> = {}): ApiRequest => ({
  method: 'GET', url, headers: {}, peer: { address: 'test' }, signal: new AbortController().signal, ...more,
});
/** A promise that a test opens. */
function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, resolve: () => open() };
}
const bytes = (value: string | Buffer) => ({ type: 'bytes', bytes: Buffer.from(value) }) as const;

/** A server and a client of it, for each protocol the two can agree on. */
async function pair(protocol: 'h2' | 'h1', handler: ApiHandler, more: Partial<ConnectOptions> = {}) {
  const secure = protocol === 'h2';
  const server = await serve(handler, { ...base, ...(secure ? { tls: SERVER, clientCa: AUTHORITY } : {}) });
  const client = connect({ url: `${secure ? 'https' : 'http'}://127.0.0.1:${server.port}`, ca: AUTHORITY, ...more });
  const dispose = async () => {
    await client[Symbol.asyncDispose]();
    await server.close();
  };
  return { server, client, [Symbol.asyncDispose]: dispose };
}

for (const protocol of ['h2', 'h1'] as const) {
  test(`${protocol}: method, path, query, headers and body arrive as sent, and the answer comes back`, async () => {
    const seen: ApiRequest[] = [];
    await using it = await pair(protocol, async (request) => {
      seen.push(request);
      return { status: 201, headers: { 'x-answer': 'yes', 'content-type': 'a/b' }, body: { type: 'bytes', chunks: [Buffer.from('do'), Buffer.from('ne')] } };
    });
    const answer = await it.client(ask('/api/v1/pods?x=%2F', { method: 'POST', headers: { 'content-type': 'application/json' }, body: bytes('{"a":1}') }));
    expect(answer).toMatchObject({ status: 201, headers: { 'x-answer': 'yes', 'content-type': 'a/b', 'content-length': '4' } });
    expect(text(answer.body)).toBe('done');
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/pods?x=%2F', headers: { 'content-type': 'application/json', host: `127.0.0.1:${it.server.port}` }, peer: { address: '127.0.0.1' } });
    expect(seen[0]!.body).toEqual(bytes('{"a":1}'));
  });

  test(`${protocol}: cookies are not taken for one, and HEAD may tell a length`, async () => {
    await using it = await pair(protocol, async ({ method }) => (method === 'HEAD' ? { status: 200, headers: { 'content-length': '77' } } : { ...ok(''), headers: { 'set-cookie': 'a=1; Expires=Thu, 01 Jan 2099\nb=2', vary: 'x' } }));
    expect((await it.client(ask('/'))).headers).toMatchObject({ 'set-cookie': 'a=1; Expires=Thu, 01 Jan 2099\nb=2', vary: 'x' });
    expect((await it.client(ask('/', { method: 'HEAD' }))).headers['content-length']).toBe('77');
  });

  test(`${protocol}: an answer may have no body, and HEAD has none but says its length`, async () => {
    await using it = await pair(protocol, async ({ method }) => (method === 'HEAD' ? ok('12345') : { status: 204, headers: {} }));
    expect(await it.client(ask('/'))).toMatchObject({ status: 204 });
    const head = await it.client(ask('/', { method: 'HEAD' }));
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '5' } });
    expect(text(head.body)).toBe('');
  });

  test(`${protocol}: a body over the limit is answered with upstream's 413`, async () => {
    await using it = await pair(protocol, async () => ok('not reached'));
    const answer = await it.client(ask('/', { method: 'POST', body: bytes(Buffer.alloc(3 * 1024 * 1024 + 1)) }));
    expect(answer.status).toBe(413);
    expect(JSON.parse(text(answer.body))).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 413,
      message: 'Request entity too large: limit is 3145728', reason: 'RequestEntityTooLarge',
    });
    expect((await it.client(ask('/', { method: 'POST', body: bytes(Buffer.alloc(1024)) }))).status).toBe(200);
  });

  test(`${protocol}: a handler that throws is an Internal error for its caller alone`, async () => {
    await using it = await pair(protocol, async ({ url }) => {
      if (url === '/bad') throw new Error('boom');
      return ok('fine');
    });
    const bad = await it.client(ask('/bad'));
    expect(JSON.parse(text(bad.body))).toMatchObject({ code: 500, reason: 'InternalError', message: 'Internal error occurred: boom' });
    expect(text((await it.client(ask('/good'))).body)).toBe('fine');
  });

  test(`${protocol}: a large answer of many chunks arrives whole`, async () => {
    const chunks = Array.from({ length: 5000 }, (_, n) => Buffer.from(`${n},`.repeat(100)));
    await using it = await pair(protocol, async () => ({ status: 200, headers: {}, body: { type: 'bytes', chunks } }));
    expect(text((await it.client(ask('/'))).body)).toBe(Buffer.concat(chunks).toString());
  });

  test(`${protocol}: a stream arrives batch by batch, and ends the handler's signal when its reader leaves`, async () => {
    const left = gate();
    const steps = [gate()];
    await using it = await pair(protocol, async ({ signal }) => {
      signal.addEventListener('abort', () => left.resolve());
      const chunks = (async function* () {
        yield [Buffer.from('one\n')];
        await steps[0]!.promise;
        yield [Buffer.from('two\n'), Buffer.from('three\n')];
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      })();
      return { status: 200, headers: {}, body: { type: 'stream', chunks } };
    });
    const leave = new AbortController();
    const { body } = await it.client(ask('/watch', { signal: leave.signal }));
    if (body?.type !== 'stream') throw new Error('no stream');
    const reader = body.chunks[Symbol.asyncIterator]();
    expect(String((await reader.next()).value)).toBe('one\n');
    steps[0]!.resolve();
    expect(Buffer.concat((await reader.next()).value).toString()).toBe('two\nthree\n');
    leave.abort();
    await expect(reader.next()).rejects.toThrow();
    await left.promise;
  });

  test(`${protocol}: a chunk given back can be filled again at once, and still arrives as it was`, async () => {
    const spare: Uint8Array[] = [];
    let made = 0;
    async function* chunks(): AsyncGenerator<readonly Uint8Array[]> {
      for (let n = 0; n < 24; n++) {
        const chunk = spare.pop() ?? (made++, new Uint8Array(128 << 10));
        yield [chunk.fill(n)];
      }
    }
    const recycle = (chunk: Uint8Array) => void spare.push(chunk.fill(255));
    await using it = await pair(protocol, async () => ({ status: 200, headers: {}, body: { type: 'stream', chunks: chunks(), recycle } }));
    const answers = await Promise.all(Array.from({ length: 3 }, () => it.client(ask('/'))));
    for (const { body } of answers) {
      const sums = new Map<number, number>();
      if (body?.type !== 'stream') throw new Error('no stream');
      for await (const batch of body.chunks) for (const part of batch) for (const byte of part) sums.set(byte, (sums.get(byte) ?? 0) + 1);
      expect([...sums.keys()]).toEqual(Array.from({ length: 24 }, (_, n) => n));
      expect([...new Set(sums.values())]).toEqual([128 << 10]);
    }
    expect(made).toBeLessThan(3 * 24);
  });

  test(`${protocol}: closing the server ends what is under way`, async () => {
    const it = await pair(protocol, async ({ signal }) => {
      const chunks = (async function* () {
        yield [Buffer.from('x')];
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      })();
      return { status: 200, headers: {}, body: { type: 'stream', chunks } };
    });
    const { body } = await it.client(ask('/'));
    if (body?.type !== 'stream') throw new Error('no stream');
    const reader = body.chunks[Symbol.asyncIterator]();
    await reader.next();
    await Promise.all([it.server.close(), reader.next().catch(() => {})]);
    await it[Symbol.asyncDispose]();
  });

  test(`${protocol}: an upgrade joins the two connections, first bytes included`, async () => {
    await using it = await pair(protocol, async (request) => {
      const [ours, theirs] = duplexPair();
      void echo(ours);
      return { status: 101, headers: { connection: 'Upgrade', upgrade: request.headers['upgrade'] }, body: { type: 'upgrade', connection: theirs } };
    });
    const upgrade = duplexPair()[0];
    const answer = await it.client(ask('/exec', { method: 'POST', headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' }, upgrade }));
    expect(answer).toMatchObject({ status: 101, headers: { upgrade: 'SPDY/3.1' } });
    if (answer.body?.type !== 'upgrade') throw new Error('no upgrade');
    const { connection } = answer.body;
    await connection.write(Buffer.from('hello'));
    const reader = connection.readable[Symbol.asyncIterator]();
    expect(Buffer.from((await reader.next()).value!).toString()).toBe('echo: hello');
    connection.destroy();
  });

  test(`${protocol}: a declined upgrade passes the answer on`, async () => {
    await using it = await pair(protocol, async () => ({ ...ok('no'), status: 403 }));
    const answer = await it.client(ask('/exec', { headers: { connection: 'Upgrade', upgrade: 'websocket' }, upgrade: duplexPair()[0] }));
    expect(answer.status).toBe(403);
    expect(text(answer.body)).toBe('no');
  });
}

test('h2: a hundred large answers at once on one connection all arrive, however slowly they are read', async () => {
  const large = Buffer.alloc(1 << 20, 'x');
  await using it = await pair('h2', async () => ({ status: 200, headers: {}, body: { type: 'stream', chunks: (async function* () { yield [large]; })() } }));
  const answers = await Promise.all(Array.from({ length: 100 }, () => it.client(ask('/'))));
  await new Promise((resolve) => setImmediate(resolve));
  const sizes = await Promise.all(answers.map(async ({ body }) => {
    let size = 0;
    if (body?.type === 'stream') for await (const batch of body.chunks) size += Buffer.concat(batch).byteLength;
    return size;
  }));
  expect(new Set(sizes)).toEqual(new Set([large.byteLength]));
});

test('h2: an answer that nobody reads does not hold up the others on its connection', async () => {
  const large = Buffer.alloc(20 << 20, 'x');
  await using it = await pair('h2', async ({ url }) =>
    url === '/small' ? ok('small') : { status: 200, headers: {}, body: { type: 'stream', chunks: (async function* () { yield [large]; })() } });
  for (let n = 0; n < 5; n++) await it.client(ask('/large'));
  expect(text((await it.client(ask('/small'))).body)).toBe('small');
});

test('h2: more watches than one connection may carry do not keep a short request waiting', async () => {
  await using it = await pair('h2', async ({ url, signal }) => {
    if (url === '/short') return ok('short');
    const chunks = (async function* () {
      yield [Buffer.from('begun')];
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    })();
    return { status: 200, headers: {}, body: { type: 'stream', chunks } };
  });
  const watches = await Promise.all(Array.from({ length: 600 }, () => it.client(ask('/watch'))));
  expect(watches.length).toBe(600);
  expect(text((await it.client(ask('/short'))).body)).toBe('short');
});

async function echo(connection: Duplex): Promise<void> {
  try {
    for await (const chunk of connection.readable) await connection.write(Buffer.from(`echo: ${Buffer.from(chunk).toString()}`));
    await connection.end();
  } catch {
    // the other side dropped it
  }
}

/** Who the server takes the caller for. */
async function peerSeen(more: Partial<ConnectOptions>): Promise<Peer> {
  const peers: Peer[] = [];
  await using it = await pair('h2', async ({ peer }) => {
    peers.push(peer);
    return ok('');
  }, more);
  await it.client(ask('/'));
  return peers[0]!;
}

test('a client certificate counts where the client CA signed it, with its groups', async () => {
  expect((await peerSeen(JANE)).certificate).toEqual({ commonName: 'jane', organizations: ['dev', 'ops'], expires: expect.any(Number) });
  expect(await peerSeen({})).toEqual({ address: '127.0.0.1' });
});

test('a client certificate of another CA, or an expired one, does not count, and why is told', async () => {
  expect(await peerSeen(STRANGER)).toEqual({ address: '127.0.0.1', certificateError: expect.any(String) });
  expect(await peerSeen(EXPIRED)).toEqual({ address: '127.0.0.1', certificateError: 'CERT_HAS_EXPIRED' });
});

test.each([false, true])('a certificate that the proxies\' CA signed makes a front proxy, whose lines stay apart, and never a client: over HTTP/1.1 %s', async (http1) => {
  const seen: ApiRequest[] = [];
  await using server = await serve(async (request) => {
    seen.push(request);
    return ok('');
  }, { ...base, tls: SERVER, clientCa: AUTHORITY, proxyCa: OTHER_AUTHORITY });
  for (const identity of [STRANGER, JANE, EXPIRED]) {
    await using client = connect({ url: `https://127.0.0.1:${server.port}`, ca: AUTHORITY, http1, ...identity });
    await client(ask('/', { headers: { 'x-remote-group': 'a, b\nc' } }));
  }
  expect(seen.map(({ peer }) => peer)).toEqual([
    { address: '127.0.0.1', proxy: { commonName: 'jane' } },
    { address: '127.0.0.1', certificate: { commonName: 'jane', organizations: ['dev', 'ops'], expires: expect.any(Number) } },
    { address: '127.0.0.1', certificateError: 'CERT_HAS_EXPIRED' },
  ]);
  expect(seen[0]!.headers['x-remote-group']).toBe('a, b\nc');
  server.setCertificate(OTHER_SERVER);
  await using again = connect({ url: `https://127.0.0.1:${server.port}`, ca: OTHER_AUTHORITY, http1, ...STRANGER });
  await again(ask('/'));
  expect(seen[3]!.peer.proxy).toEqual({ commonName: 'jane' });
});

test('a token, also one that changes, and a user agent go with every request', async () => {
  let n = 0;
  await using it = await pair('h2', async ({ headers }) => ok(`${headers['authorization']} ${headers['user-agent']}`), { token: () => `t${++n}`, userAgent: 'knarr' });
  expect(text((await it.client(ask('/'))).body)).toBe('Bearer t1 knarr');
  expect(text((await it.client(ask('/'))).body)).toBe('Bearer t2 knarr');
});

test('a client finds a server again that was restarted on its port', async () => {
  const first = await serve(async () => ok('first'), { ...base, tls: SERVER });
  const client = connect({ url: `https://127.0.0.1:${first.port}`, ca: AUTHORITY });
  expect(text((await client(ask('/'))).body)).toBe('first');
  await first.close();
  await expect(client(ask('/'))).rejects.toThrow();
  await using second = await serve(async () => ok('second'), { ...base, tls: SERVER, port: first.port });
  expect(text((await client(ask('/'))).body)).toBe('second');
  await client[Symbol.asyncDispose]();
  void second;
});

test('the certificate can be changed while the server runs', async () => {
  await using it = await pair('h2', async () => ok('x'));
  it.server.setCertificate(OTHER_SERVER);
  await using fresh = connect({ url: `https://127.0.0.1:${it.server.port}`, ca: OTHER_AUTHORITY });
  expect((await fresh(ask('/'))).status).toBe(200);
});

test('who connects after the certificate was changed is known by its own as before', async () => {
  const peers: Peer[] = [];
  await using it = await pair('h2', async ({ peer }) => (peers.push(peer), ok('x')), JANE);
  it.server.setCertificate(OTHER_SERVER);
  await using fresh = connect({ url: `https://127.0.0.1:${it.server.port}`, ca: OTHER_AUTHORITY, ...JANE });
  await fresh(ask('/'));
  expect(peers[0]?.certificate?.commonName).toBe('jane');
});

for (const http1 of [false, true]) {
  test(`a client shows another certificate from one request to the next, and what is under way stays, over ${http1 ? 'HTTP/1.1' : 'HTTP/2'}`, async () => {
    const peers: Peer[] = [];
    const open = gate();
    await using it = await pair('h2', async ({ url, peer }) => {
      peers.push(peer);
      if (url === '/slow') await open.promise;
      return ok(url);
    }, { http1 });
    await it.client(ask('/first'));
    const slow = it.client(ask('/slow'));
    await expect.poll(() => peers.length, { timeout: 60_000 }).toBe(2);
    it.client.setIdentity(JANE);
    expect(text((await it.client(ask('/next'))).body)).toBe('/next');
    open.resolve();
    expect(text((await slow).body)).toBe('/slow');
    expect(text((await it.client(ask('/last'))).body)).toBe('/last');
    expect(peers.map(({ certificate }) => certificate?.commonName)).toEqual([undefined, undefined, 'jane', 'jane']);
  });
}

test('requests made around a change of certificates all arrive', async () => {
  await using it = await pair('h2', async ({ url }) => ok(url));
  const before = Array.from({ length: 20 }, (_, at) => it.client(ask(`/${at}`)));
  it.client.setIdentity(JANE);
  const after = Array.from({ length: 20 }, (_, at) => it.client(ask(`/${at + 20}`)));
  expect((await Promise.all([...before, ...after])).map(({ body }) => text(body))).toEqual(Array.from({ length: 40 }, (_, at) => `/${at}`));
});

test('a client that is closed leaves no connection of a former certificate', async () => {
  const reached = gate();
  await using it = await pair('h2', ({ signal }) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    reached.resolve();
  }));
  const slow = expect(it.client(ask('/slow'))).rejects.toThrow();
  await reached.promise;
  it.client.setIdentity(JANE);
  await Promise.resolve(); // the connection is on its way out
  await it.client[Symbol.asyncDispose]();
  await slow;
});

test('a client that chooses HTTP/1.1 over TLS is served, several requests on one connection', async () => {
  await using it = await pair('h2', async ({ url }) => ok(url));
  const socket = connectTls({ host: '127.0.0.1', port: it.server.port, ca: AUTHORITY, ALPNProtocols: ['http/1.1'] });
  socket.write('GET /one HTTP/1.1\r\nhost: x\r\n\r\nGET /two HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  let got = '';
  for await (const chunk of socket) got += String(chunk);
  expect(got.match(/\r\n\r\n\/[a-z]+/g)).toEqual(['\r\n\r\n/one', '\r\n\r\n/two']);
});

test('what an eager client sends behind its upgrade request is not lost', async () => {
  await using it = await pair('h1', async () => {
    const [ours, theirs] = duplexPair();
    void echo(ours);
    return { status: 101, headers: { connection: 'Upgrade', upgrade: 'x' }, body: { type: 'upgrade', connection: theirs } };
  });
  const socket = connectTcp(it.server.port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\nearly');
  let got = '';
  for await (const chunk of socket) got += String(chunk);
  expect(got).toBe('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\necho: early');
});

test('the signal of an upgraded request aborts when its caller goes', async () => {
  const gone = gate();
  await using it = await pair('h1', async ({ signal }) => {
    signal.addEventListener('abort', () => gone.resolve());
    const [ours, theirs] = duplexPair();
    void echo(ours);
    return { status: 101, headers: { connection: 'Upgrade', upgrade: 'x' }, body: { type: 'upgrade', connection: theirs } };
  });
  const { body } = await it.client(ask('/', { headers: { connection: 'Upgrade', upgrade: 'x' }, upgrade: duplexPair()[0] }));
  if (body?.type === 'upgrade') body.connection.destroy();
  await gone.promise;
});

test('a port in use is an error when the server starts', async () => {
  await using it = await pair('h1', async () => ok(''));
  await expect(serve(async () => ok(''), { ...base, port: it.server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
