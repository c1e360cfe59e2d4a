import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../base/clock.ts';
import type { Action } from '../action.ts';
import { doorTo, httpBackend, RawClient, rawBackend, webRef } from '../testing/door.ts';

/** The end of what `echo` says. */
const WHOLE = /"body":"[^"]*"\}/;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const echo = () => httpBackend((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += String(chunk))).on('end', () => response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, trailers: request.trailers, body })));
});
const seenIn = (text: string) => JSON.parse(text.slice(text.indexOf('{'))) as { url: string; body: string; headers: Record<string, string>; trailers: object };

test('requests that come at once are answered in turn, over one connection', async () => {
  await using backend = await httpBackend((request, response) => void request.resume().on('end', () => response.end(`<${request.url}>`)));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  const requests = Array.from({ length: 20 }, (_, n) => (n % 3 === 0 ? `POST /${n} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello` : `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`));
  client.say(requests.join(''));
  for (let n = 0; n < 20; n++) expect(await client.heard('>')).toContain(`</${n}>`);
  client.say(GET);
  expect(await client.heard('>')).toContain('</>');
});

test('the same host and path are decided once, until rules change', async () => {
  await using backend = await echo();
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  for (const target of ['/a?1', '/a?2', '/b', '/b']) {
    client.say(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(seenIn(await client.heard(WHOLE)).url).toBe(target);
  }
  expect(door.asked.map(({ path }) => path)).toEqual(['/a', '/b']);
});

test('a body comes through in whichever way it says its end, without trailers', async () => {
  await using backend = await echo();
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  client.say('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhel');
  client.say('lo\r\n1;x=y\r\n!\r\n0\r\n').say('X-Forwarded-For: 6.6.6.6\r\n').say('\r\n');
  const seen = seenIn(await client.heard(WHOLE));
  expect(seen).toMatchObject({ body: 'hello!', trailers: {} });
  expect(seen.headers).not.toHaveProperty('trailer');
});

test('who speaks HTTP/1.0 gets content without chunks, and the connection ends', async () => {
  await using backend = await httpBackend((_, response) => void (response.write('one '), response.end('two')));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  const text = await client.say('GET / HTTP/1.0\r\n\r\n').rest();
  expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(text).toMatch(/connection: close\r\n\r\none two$/);
  expect(text).not.toMatch(/transfer-encoding/i);
});

test('an answer that ends with the connection does so for the client', async () => {
  await using backend = await rawBackend((socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  expect(await client.say(GET).rest()).toBe('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end');
});

test('an answer that breaks off is not made to look whole', async () => {
  await using backend = await rawBackend((socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  expect(await client.say(GET).rest()).toMatch(/Content-Length: 100\r\n\r\nhalf$/);
});

test('the answer to HEAD has a length and no body', async () => {
  await using backend = await httpBackend((_, response) => void response.writeHead(200, { 'content-length': '5' }).end());
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  for (let n = 0; n < 2; n++) expect(await client.say('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').heard('\r\n\r\n')).toContain('content-length: 5');
});

test('who waits to be told to send the body is told', async () => {
  await using backend = await echo();
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  expect(await client.heard('\r\n\r\n')).toMatch(/^HTTP\/1.1 100 Continue\r\n/);
  client.say('hello');
  expect(seenIn(await client.heard(WHOLE)).body).toBe('hello');
});

test('an answer that comes before the end of the request is told, and the connection ends', async () => {
  await using backend = await rawBackend((socket) => void socket.once('data', () => socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nstop')));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome');
  expect(await client.rest()).toMatch(/^HTTP\/1.1 413 .*stop$/s);
});

test.each([
  ['a length and chunks', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['a line that goes on', 'GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n', 400],
  ['a head that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
  ['a chunk without a size', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /smuggled HTTP/1.1\r\n\r\n', 400],
  ['another HTTP', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505],
])('%s is refused, and the connection ends', async (_, text, status) => {
  await using backend = await echo();
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  const answer = await client.say(text + GET).rest();
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z].*connection: close`, 's'));
  expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
});

test.each([
  ['no HTTP', 'SSH-2.0-x\r\n\r\n'], ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'], ['another protocol that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'], ['nothing', ''],
])('a backend that says %s is a bad gateway', async (_, text) => {
  await using backend = await rawBackend((socket) => void socket.once('data', () => socket.end(text)));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  expect(await client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n').rest()).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n.*Bad Gateway\n$/s);
});

test('octets behind an answer belong to nobody: the connection they came by is not used again', async () => {
  let connections = 0;
  await using backend = await rawBackend((socket) => {
    connections++;
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong'));
  });
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  for (let n = 0; n < 3; n++) expect(await client.say(GET).heard('\r\n\r\nok')).not.toContain('wrong');
  expect(connections).toBe(3);
});

test('a connection that ended while it was idle costs no request that may be asked twice', async () => {
  let connections = 0;
  // Each answers once, and goes when it is asked again: as a backend whose patience ends just then.
  await using backend = await rawBackend((socket) => {
    connections++;
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      socket.once('data', () => socket.destroy());
    });
  });
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  for (let n = 0; n < 5; n++) await client.say(GET).heard('\r\n\r\nok');
  expect(connections).toBe(5);
  // What may have been done is not done again.
  expect(await client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx').heard('Bad Gateway\n')).toMatch(/^HTTP\/1.1 502/);
});

test('a backend that says how long it waits is not asked at the end of that', async () => {
  let connections = 0;
  await using backend = await rawBackend((socket) => {
    connections++;
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'));
  });
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  for (let n = 0; n < 3; n++) expect(await client.say(GET).heard('\r\n\r\nok')).not.toContain('Keep-Alive');
  expect(connections).toBe(3);
});

test('much goes both ways at the pace of the slower, and nothing is lost', async () => {
  const bytes = Buffer.alloc(24 << 20, 'knarr runs containers ');
  await using backend = await httpBackend((request, response) => void request.pipe(response));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  const asked = httpRequest({ port: door.port, host: '127.0.0.1', method: 'POST', agent: false });
  const hash = createHash('sha256');
  asked.end(bytes);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let pauses = 0;
  for await (const chunk of answer) {
    hash.update(chunk as Buffer);
    if (++pauses % 100 === 0) await systemClock.sleep(1);
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('who does not read is not read for', async () => {
  let [written, isStuck] = [0, false];
  await using backend = await httpBackend((_, response) => {
    const more = (): void => {
      while (response.write(Buffer.alloc(1 << 16))) written += 1 << 16;
      isStuck = true;
      response.once('drain', more);
    };
    more();
  });
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  client.socket.pause();
  client.say(GET);
  let before = -1;
  while (!isStuck || before !== written) {
    before = written;
    await systemClock.sleep(100);
  }
  // Buffers of two connections in the kernel, and a piece here.
  expect(written).toBeLessThan(64 << 20);
});

test('what rules change on the way is changed', async () => {
  await using backend = await httpBackend((request, response) => {
    response.writeHead(200, { 'x-old': 'a', server: 'b' });
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  const action: Action = {
    act: 'forward', hostname: 'inside.example', path: { prefix: '/shop', by: '/' },
    request: { set: [['x-team', 'blue\r\nX-Evil: 1']], add: [['x-many', '2']], remove: ['cookie', 'content-length'] }, response: { set: [['x-old', 'new']], remove: ['server'] },
    to: [{ ref: webRef, weight: 1, request: { set: [['x-to', 'web']] }, response: { add: [['x-via', 'k']] } }],
  };
  await using door = await doorTo({ endpoints: [backend.endpoint], decide: () => action });
  using client = new RawClient(door.port);
  client.say('GET /shop/a?b HTTP/1.1\r\nHost: a.example\r\nX-Team: red\r\nX-Many: 1\r\nCookie: c\r\n\r\n');
  const text = await client.heard('}}');
  expect(text).toMatch(/x-old: new\r\n/);
  expect(text).toMatch(/x-via: k\r\n/);
  expect(text).not.toMatch(/^server:/im);
  const { url, headers } = JSON.parse(text.slice(text.indexOf('{'))) as { url: string; headers: Record<string, string> };
  expect(url).toBe('/a?b');
  expect(headers).toMatchObject({ host: 'inside.example', 'x-forwarded-host': 'a.example', 'x-team': 'blue  X-Evil: 1', 'x-many': '1, 2', 'x-to': 'web' });
  expect(headers).not.toHaveProperty('cookie');
});

test('what we answer ourselves leaves the connection to the next request', async () => {
  await using backend = await echo();
  await using door = await doorTo({ endpoints: [backend.endpoint], decide: ({ path }) => path === '/to' ? { act: 'redirect', status: 301, scheme: 'https' } : path === '/no' ? { act: 'answer', status: 404, text: 'nothing' } : { act: 'forward', to: [{ ref: webRef, weight: 1 }] } });
  using client = new RawClient(door.port);
  client.say('GET /to?a HTTP/1.1\r\nHost: a:80\r\n\r\nPOST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcHEAD /no HTTP/1.1\r\nHost: a\r\n\r\nGET /yes HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.heard('Permanently\n')).toMatch(/^HTTP\/1.1 301 Moved Permanently\r\n.*location: https:\/\/a\/to\?a\r\n/s);
  expect(await client.heard('nothing\n')).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
  expect(await client.heard('\r\n\r\n')).toMatch(/^HTTP\/1.1 404 Not Found\r\n.*content-length: 8\r\n/s);
  expect(await client.heard(WHOLE)).toContain('"/yes"');
});

test('what a client names in Connection does not reach the backend, but what a request needs does', async () => {
  await using backend = await echo();
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Own: 1\r\nConnection: x-own, content-length, host, keep-alive\r\nForwarded: for=6.6.6.6\r\n\r\nhello');
  const { body, headers } = seenIn(await client.heard(WHOLE));
  expect(body).toBe('hello');
  expect(headers).toMatchObject({ host: 'a', 'content-length': '5', 'x-forwarded-for': '127.0.0.1' });
  expect(headers).not.toHaveProperty('x-own');
  expect(headers).not.toHaveProperty('forwarded');
});

test('a client that leaves takes its request along', async () => {
  let isGone = false;
  await using backend = await rawBackend((socket) => void socket.once('data', () => client.socket.destroy()).on('close', () => (isGone = true)));
  await using door = await doorTo({ endpoints: [backend.endpoint] });
  using client = new RawClient(door.port);
  client.say(GET);
  while (!isGone) await systemClock.sleep(5);
});

test('rules that fail cost a connection, not the node', async () => {
  await using door = await doorTo({ decide: () => {
    throw new Error('a rule of no sense');
  } });
  for (let n = 0; n < 2; n++) {
    using client = new RawClient(door.port);
    expect(await client.say(GET).rest()).toBe('');
  }
});

/** Moves time until the connection has ended. */
async function untilEnded(client: RawClient, clock: ManualClock): Promise<string> {
  while (!client.isEnded) {
    await clock.advance(1000);
    await systemClock.sleep(1);
  }
  return client.text;
}

const NOT_FOUND = /^HTTP\/1.1 404 .*?\nNot Found\n/s;

test.each([
  ['who says nothing is left', '', /^$/],
  ['who says nothing more is left', GET, /^HTTP\/1.1 404 .*\nNot Found\n$/s],
  ['who dribbles a head is told so', `${GET}GET / HTTP/1.1\r\nHost`, /Not Found\nHTTP\/1.1 408 Request Timeout/],
])('%s after a while', async (_, text, expected) => {
  const clock = new ManualClock();
  await using door = await doorTo({ clock, decide: () => ({ act: 'answer', status: 404 }) });
  using client = new RawClient(door.port);
  client.say(text);
  const heard = text === '' ? '' : await client.heard(NOT_FOUND);
  expect(heard + (await untilEnded(client, clock))).toMatch(expected);
});

test.each([
  ['a client that dribbles a body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome', /^HTTP\/1.1 408 Request Timeout/, 70_000],
  ['a backend that says nothing', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 504 Gateway Timeout/, 70_000],
  ['a backend that says nothing in the time that rules give it', 'GET /soon HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 504 Gateway Timeout/, 10_000],
])('%s is not waited for any longer', async (_, text, expected, most) => {
  const clock = new ManualClock();
  let isAsked = false;
  await using backend = await rawBackend((socket) => void socket.on('data', () => (isAsked = true)));
  await using door = await doorTo({ clock, endpoints: [backend.endpoint], decide: ({ path }) => ({ act: 'forward', to: [{ ref: webRef, weight: 1 }], ...(path === '/soon' ? { timeout: 500 } : {}) }) });
  using client = new RawClient(door.port);
  client.say(text);
  while (!isAsked) await systemClock.sleep(1);
  const began = clock.monotonic();
  while (client.text === '') {
    await clock.advance(1000);
    await systemClock.sleep(5);
    expect(clock.monotonic() - began).toBeLessThan(3 * most);
  }
  expect(client.text).toMatch(expected);
});
