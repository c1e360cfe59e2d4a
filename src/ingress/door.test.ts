import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { Action } from './action.ts';
import { doorTo, httpBackend, RawClient, rawBackend, webRef } from './testing/door.ts';

async function http2Backend() {
  const server = createHttp2Server((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk))).on('end', () => response.end(`<${request.method} ${request.url} ${request.authority} ${body}>`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

test('a client of HTTP/1.1 is led to a backend that speaks HTTP/2 alone, and to others over the same connection', async () => {
  await using grpc = await http2Backend();
  await using web = await httpBackend((request, response) => void response.end(`<web ${request.url} ${request.headers['x-forwarded-for']}>`));
  await using door = await doorTo({
    decide: ({ path }) => ({ act: 'forward', to: [{ ref: { ...webRef, service: path.startsWith('/grpc') ? 'grpc' : 'web' }, weight: 1 }] }),
    backendOf: ({ service }) => service === 'grpc' ? { speech: 'h2c', endpoints: [grpc.endpoint] } : { speech: 'http', endpoints: [web.endpoint] },
  });
  using client = new RawClient(door.port);
  client.say('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.heard('>')).toContain('<web /a 127.0.0.1>');
  client.say('POST /grpc/b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe').say('llo');
  expect(await client.heard('>')).toContain('<POST /grpc/b a hello>');
  await client.heard('0\r\n\r\n');
  client.say('GET /c HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.heard('>')).toContain('<web /c 127.0.0.1>');
});

test('a mirror gets a copy, body and all, and nobody waits for it', async () => {
  const copies: string[] = [];
  await using mirror = await httpBackend((request) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk))).on('end', () => copies.push(`${request.method} ${request.url} ${body}`)); // and says nothing
  });
  await using web = await httpBackend((request, response) => void request.resume().on('end', () => response.end('<web>')));
  await using door = await doorTo({
    decide: () => ({ act: 'forward', to: [{ ref: webRef, weight: 1 }], path: { prefix: '/', by: '/x' }, mirrors: [{ ref: { ...webRef, service: 'mirror' }, share: 1 }, { ref: webRef, share: 0 }] }),
    backendOf: ({ service }) => ({ speech: 'http', endpoints: [service === 'mirror' ? mirror.endpoint : web.endpoint] }),
  });
  using client = new RawClient(door.port);
  client.say('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  await client.heard('<web>');
  client.say('GET /b HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.heard('<web>');
  while (copies.length < 2) await systemClock.sleep(5);
  expect(copies.toSorted()).toEqual(['GET /x/b ', 'POST /x/a hello']);
});

test('what rules say holds for HTTP/2 too', async () => {
  await using web = await httpBackend((request, response) => {
    response.writeHead(200, { server: 'b', 'x-old': 'a' });
    response.end(`${request.url} ${request.headers.host} ${request.headers['x-many']} ${request.headers['x-forwarded-host']}`);
  });
  await using silent = await rawBackend(() => {});
  const actions: Readonly<Record<string, Action>> = {
    '/shop/a': {
      act: 'forward', hostname: 'inside', path: { prefix: '/shop', by: '' }, to: [{ ref: webRef, weight: 1 }],
      request: { add: [['x-many', '2']] }, response: { remove: ['server'], set: [['x-old', 'new']] },
    },
    '/to': { act: 'redirect', status: 302, hostname: 'b' },
    '/no': { act: 'answer', status: 404, text: 'nothing' },
    '/slow': { act: 'forward', to: [{ ref: { ...webRef, service: 'silent' }, weight: 1 }], timeout: 50 },
    '/none': { act: 'forward', to: [{ ref: webRef, weight: 0 }] },
    '/missing': { act: 'forward', to: [{ ref: { ...webRef, service: 'missing' }, weight: 1, missing: 500 }] },
  };
  await using door = await doorTo({
    proto: 'https', decide: ({ path }) => actions[path]!,
    backendOf: ({ service }) => service === 'missing' ? undefined : { speech: 'http', endpoints: [service === 'silent' ? silent.endpoint : web.endpoint] },
  });
  const client = connectHttp2(`https://127.0.0.1:${door.port}`, { rejectUnauthorized: false });
  const ask = async (path: string) => {
    const stream = client.request({ ':path': path, ':authority': 'a.example', 'x-many': '1' });
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return { text, headers };
  };
  const shop = await ask('/shop/a?b');
  expect(shop).toMatchObject({ text: '/a?b inside 1, 2 a.example', headers: { 'x-old': 'new' } });
  expect(shop.headers).not.toHaveProperty('server');
  expect((await ask('/to?c')).headers).toMatchObject({ ':status': 302, location: 'https://b/to?c' });
  expect(await ask('/no')).toMatchObject({ text: 'nothing\n', headers: { ':status': 404 } });
  for (const [path, status] of [['/slow', 504], ['/none', 500], ['/missing', 500]] as const) expect((await ask(path)).headers[':status']).toBe(status);
  client.destroy();
});

test('a door that closes lets requests under way finish, and takes no more', async () => {
  const held: (() => void)[] = [];
  await using web = await httpBackend((_, response) => void held.push(() => response.end('<late>')));
  await using door = await doorTo({ endpoints: [web.endpoint] });
  using busy = new RawClient(door.port);
  using idle = new RawClient(door.port);
  busy.say('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  idle.say('');
  while (held.length === 0) await systemClock.sleep(5);
  const closed = door.door[Symbol.asyncDispose]();
  expect(await idle.rest()).toBe('');
  held[0]!();
  expect(await busy.rest()).toMatch(/connection: close\r\n\r\n.*<late>/s);
  for (const { socket } of [busy, idle]) socket.destroy();
  await closed;
});
