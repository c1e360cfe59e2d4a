import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect as connectHttp2, constants, createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { issueCa, issueLeaf } from '../wire/node/issue.ts';
import { startIngress } from './ingress.ts';
import { ingress, service, slice, to } from './testing/objects.ts';

const random = seededRandom(1);
const ca = issueCa('test', Date.now(), random);
const certificate = (name: string) => issueLeaf({ commonName: name, organizations: [], use: 'server', dnsNames: [name], addresses: [] }, ca, { now: Date.now(), random });
const portOf = (server: Server | Http2Server): number => (server.address() as AddressInfo).port;

/** A backend on this machine that answers by `handle`. */
async function backend(handle: Parameters<typeof createServer>[1]) {
  const server = createServer(handle as never);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: portOf(server), [Symbol.asyncDispose]: async () => void (server.closeAllConnections(), server.close()) };
}

/** An ingress on this machine, with the class `knarr` and one Ingress that leads everything to the Service `web`. */
async function world(ports: readonly number[], more: { readonly appProtocol?: string; readonly spec?: object } = {}) {
  const api = new FakeApi();
  api.put('/apis/networking.k8s.io/v1/ingressclasses/knarr', { kind: 'IngressClass', metadata: { name: 'knarr' }, spec: { controller: 'knarr.dev/ingress' } });
  api.put('/apis/networking.k8s.io/v1/namespaces/ns/ingresses/a', ingress('a', { defaultBackend: to('web'), ...more.spec }));
  api.put('/api/v1/namespaces/ns/services/web', service('web', { ports: [{ name: 'http', port: 80, ...(more.appProtocol ? { appProtocol: more.appProtocol } : {}) }] }));
  const lead = (now: readonly number[]) => {
    for (const path of [...api.objects.keys()].filter((one) => one.includes('endpointslices'))) api.remove(path);
    for (const port of now) api.put(`/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/web-${port}`, slice('web', port, [{ addresses: ['127.0.0.1'] }]));
  };
  lead(ports);
  const around = { clock: systemClock, log: silent };
  const informers = createInformers(createClient(api.transport), { ...around, random });
  const told: boolean[] = [];
  const running = startIngress({ ...around, informers, host: '127.0.0.1', ports: { http: 0, https: 0 }, shown: { http: 80, https: 443 }, fallback: () => certificate('fallback'), announce: async (at) => void told.push(at.size > 0) });
  const until = async (check: () => unknown) => {
    while (!check()) await systemClock.sleep(5);
  };
  await until(() => running.ports && told.length > 0);
  const close = async () => {
    await running[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
  };
  return { api, lead, told, running, until, http: running.ports!.http, https: running.ports!.https, [Symbol.asyncDispose]: close };
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask(port: number, { path = '/', method = 'GET', headers = {}, body }: Asked = {}): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode!, text, headers: answer.headers };
}

test('a request reaches the backend whole, with who asked, and its answer comes back', async () => {
  await using echo = await backend((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(201, { 'x-own': 'yes', connection: 'x-hop', 'x-hop': 'no' });
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }));
    });
  });
  await using w = await world([echo.port]);
  const answer = await ask(w.http, { method: 'PUT', path: '/a%20b?c=d', body: 'hello', headers: { host: 'shop.example', 'x-forwarded-for': '6.6.6.6', connection: 'x-private', 'x-private': '1' } });
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({ 'x-own': 'yes' });
  expect(answer.headers).not.toHaveProperty('x-hop');
  const seen = JSON.parse(answer.text) as { headers: Record<string, string> };
  expect(seen).toMatchObject({ method: 'PUT', url: '/a%20b?c=d', body: 'hello' });
  expect(seen.headers).toMatchObject({ host: 'shop.example', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'shop.example', 'x-forwarded-port': '80' });
  expect(seen.headers).not.toHaveProperty('x-private');
});

test('a dead endpoint is passed over, whatever the method, before anything of the body is lost', async () => {
  await using live = await backend((request, response) => void request.on('data', (chunk: Buffer) => response.write(chunk)).on('end', () => response.end()));
  const dead = await backend(() => {});
  await dead[Symbol.asyncDispose]();
  await using w = await world([dead.port, live.port]);
  for (let round = 0; round < 6; round++) expect(await ask(w.http, { method: 'POST', body: `body ${round}` })).toMatchObject({ status: 200, text: `body ${round}` });
});

test('while one backend goes and another comes no request is lost', async () => {
  const answer = (name: string): Parameters<typeof createServer>[1] => (_request, response) => void response.end(name);
  const first = await backend(answer('first'));
  await using second = await backend(answer('second'));
  await using w = await world([first.port]);
  let stop = false;
  const said = new Set<string>();
  const clients = Array.from({ length: 8 }, async () => {
    while (!stop) {
      const { status, text } = await ask(w.http);
      expect(status).toBe(200);
      said.add(text);
    }
  });
  await w.until(() => said.has('first'));
  w.lead([first.port, second.port]);
  await w.until(() => said.has('second'));
  // As a pod ends: it stops listening and finishes what it has, while the slice still names it.
  first.server.close();
  first.server.closeIdleConnections();
  await systemClock.sleep(100);
  w.lead([second.port]);
  said.clear();
  await w.until(() => said.has('second'));
  stop = true;
  await Promise.all(clients);
});

test('no rule is 404, no Service or endpoint is 503, nobody who answers is 502', async () => {
  const dead = await backend(() => {});
  await dead[Symbol.asyncDispose]();
  await using w = await world([dead.port], { spec: { defaultBackend: undefined, rules: [{ host: 'a', http: { paths: [{ path: '/gone', pathType: 'Exact', backend: to('nobody') }, { path: '/', pathType: 'Prefix', backend: to('web') }] } }] } });
  expect(await ask(w.http, { headers: { host: 'b' } })).toMatchObject({ status: 404, text: 'default backend - 404\n' });
  expect((await ask(w.http, { headers: { host: 'a' }, path: '/gone' })).status).toBe(503);
  expect((await ask(w.http, { headers: { host: 'a' } })).status).toBe(502);
  w.lead([]);
  await w.until(async () => true);
  while ((await ask(w.http, { headers: { host: 'a' } })).status !== 503) await systemClock.sleep(5);
});

test('a WebSocket, or any protocol that is asked for, passes both ways', async () => {
  await using upgraded = await backend(() => {});
  upgraded.server.on('upgrade', (request, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: ${request.headers.upgrade}\r\nconnection: Upgrade\r\n\r\n`);
    socket.on('data', (chunk) => socket.write(`echo ${String(chunk)}`));
  });
  await using w = await world([upgraded.port]);
  const request = httpRequest({ host: '127.0.0.1', port: w.http, headers: { connection: 'Upgrade', upgrade: 'websocket' } });
  request.end();
  const [answer, socket] = (await once(request, 'upgrade')) as [IncomingMessage, import('node:stream').Duplex];
  expect(answer.headers.upgrade).toBe('websocket');
  socket.write('hi');
  expect(String((await once(socket, 'data'))[0])).toBe('echo hi');
  socket.destroy();
});

const secret = (name: string) => {
  const { cert, key } = certificate(name);
  return { kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: `${name}-tls`, namespace: 'ns' }, data: { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') } };
};

/** Whose certificate answers for a name. */
function subject(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('TLS answers with the certificate for the name asked, and follows its Secret', async () => {
  await using echo = await backend((request, response) => void response.end(String(request.headers['x-forwarded-proto'])));
  await using w = await world([echo.port], { spec: { tls: [{ hosts: ['a.example'], secretName: 'a.example-tls' }] } });
  expect(await subject(w.https, 'a.example')).toBe('fallback');
  w.api.put('/api/v1/namespaces/ns/secrets/a.example-tls', secret('a.example'));
  while ((await subject(w.https, 'a.example')) !== 'a.example') await systemClock.sleep(10);
  expect(await subject(w.https, 'b.example')).toBe('fallback');
  expect(w.api.requests.some((request) => request.includes('/secrets?') && !request.includes('fieldSelector=metadata.name%3Da.example-tls'))).toBe(false);
  const request = httpsRequest({ host: '127.0.0.1', port: w.https, servername: 'a.example', ca: ca.cert, agent: false });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  expect(text).toBe('https');
});

test('HTTP/2 comes in over TLS, and goes out to backends that speak nothing else, trailers and all', async () => {
  const grpc = createHttp2Server((request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc' });
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      response.write(`got ${body} te ${request.headers.te}`);
      response.addTrailers({ 'grpc-status': '0' });
      response.end();
    });
  });
  grpc.listen(0, '127.0.0.1');
  await once(grpc, 'listening');
  await using w = await world([portOf(grpc)], { appProtocol: 'kubernetes.io/h2c' });
  const client = connectHttp2(`https://127.0.0.1:${w.https}`, { rejectUnauthorized: false });
  const stream = client.request({ ':method': 'POST', ':path': '/Service/Call', te: 'trailers', 'content-type': 'application/grpc' });
  stream.end('ping');
  const trailers = once(stream, 'trailers');
  const [headers] = (await once(stream, 'response')) as [Record<string, string>];
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  expect(headers[':status']).toBe(200);
  expect(text).toBe('got ping te trailers');
  expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
  client.destroy();
  grpc.close();
});

test('an HTTP/2 answer of headers alone stays one: gRPC believes no other that a call failed at once', async () => {
  const grpc = createHttp2Server();
  grpc.on('stream', (stream) => stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true }));
  grpc.listen(0, '127.0.0.1');
  await once(grpc, 'listening');
  await using w = await world([portOf(grpc)], { appProtocol: 'grpc' });
  const client = connectHttp2(`https://127.0.0.1:${w.https}`, { rejectUnauthorized: false });
  const stream = client.request({ ':method': 'POST', ':path': '/Service/Call', te: 'trailers' });
  stream.end('ping');
  const [headers, flags] = (await once(stream, 'response')) as [Record<string, string>, number];
  expect([headers[':status'], headers['grpc-status'], flags & constants.NGHTTP2_FLAG_END_STREAM]).toEqual([200, '5', 1]);
  client.destroy();
  grpc.close();
});

test('it listens while there is an Ingress for it and says so', async () => {
  await using w = await world([]);
  expect(w.told).toContain(true);
  w.api.put('/apis/networking.k8s.io/v1/namespaces/ns/ingresses/a', ingress('a', { ingressClassName: 'other', defaultBackend: to('web') }));
  await w.until(() => w.running.ports === undefined && w.told.at(-1) === false);
  await expect(ask(w.http)).rejects.toThrow('ECONNREFUSED');
});
