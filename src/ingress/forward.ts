import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse, OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Millis } from '../base/clock.ts';
import type { Asker } from './action.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import type { Backend } from './endpoints.ts';
import type { Upstreams } from './upstreams.ts';

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** How long an endpoint may be silent before it has answered, or between two pieces of its answer. */
const SILENCE: Millis = 60_000;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export interface Forwarding {
  readonly request: Request;
  readonly response: Response;
  readonly backend: Backend;
  readonly asker: Asker;
  readonly upstreams: Upstreams;
}

/** An endpoint did not take the request: nothing of it was done there. */
class NotTaken extends Error {}

let turn = 0;

/** The endpoints, the next in turn first. */
function inTurn(endpoints: readonly string[]): readonly string[] {
  turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
  const first = turn % endpoints.length;
  return [...endpoints.slice(first), ...endpoints.slice(0, first)];
}

/** Passes a request on and its answer back. An endpoint that does not take it is passed over for the next. */
export async function forward(forwarding: Forwarding): Promise<void> {
  const { backend, response, request } = forwarding;
  for (const endpoint of inTurn(backend.endpoints)) {
    if (request.destroyed) return;
    try {
      return await (backend.speech === 'h2c' ? overHttp2(forwarding, endpoint) : overHttp1(forwarding, endpoint));
    } catch (error) {
      if (!(error instanceof NotTaken)) return refuse(response, 502);
    }
  }
  refuse(response, backend.endpoints.length === 0 ? 503 : 502);
}

const SAID: Readonly<Record<number, string>> = { 404: 'default backend - 404', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' };

/** Answers in place of a backend; where its answer has begun, the connection can only be cut. */
export function refuse(response: Response, status: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${SAID[status]}\n`);
}

function overHttp1({ request, response, backend, asker, upstreams }: Forwarding, endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = requestHeaders(request.headers, asker);
    const outgoing = upstreams.open(endpoint, backend.speech === 'https', { method: request.method ?? 'GET', path: request.url ?? '/', headers });
    let begun = false;
    const fail = (error: Error): void => {
      const again = !begun || (SAFE.has(request.method ?? '') && !hasBody(request));
      reject(again && !response.headersSent ? new NotTaken(error.message) : error);
    };
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(new Error('silent for too long')));
    outgoing.on('response', (answer) => {
      answerFrom(answer, answer.statusCode ?? 502, response);
      // HTTP/2 says it before the body ends, HTTP/1.1 after it.
      answer.on('end', () => addTrailers(response, answer.trailers));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
      answer.on('aborted', () => response.destroy());
      response.on('close', () => resolve(void outgoing.destroy()));
    });
    // Nothing of the body is taken from the client before there is somebody to give it to.
    onceConnected(outgoing, () => {
      begun = true;
      outgoing.setTimeout(SILENCE);
      if (hasBody(request)) request.pipe(outgoing);
    });
    request.on('aborted', () => outgoing.destroy());
    if (!hasBody(request)) outgoing.end();
  });
}

function onceConnected(outgoing: ClientRequest, then: () => void): void {
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', then);
    else then();
  });
}

const hasBody = ({ headers, method }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0') || (headers[':method'] !== undefined && !SAFE.has(method ?? ''));

function answerFrom({ headers }: { readonly headers: IncomingHttpHeaders }, status: number, response: Response): void {
  response.writeHead(status, responseHeaders(headers) as OutgoingHttpHeaders);
}

function addTrailers(response: Response, trailers: NodeJS.Dict<string>): void {
  if (Object.keys(trailers).length > 0) response.addTrailers(trailers as Record<string, string>);
}

/** For backends that speak HTTP/2 alone, gRPC's above all. */
function overHttp2({ request, response, asker, upstreams }: Forwarding, endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host, ...headers } = requestHeaders(request.headers, asker);
    const session = upstreams.session(endpoint);
    const connected = !session.connecting;
    const refused = (error: Error): void => reject(new NotTaken(error.message));
    if (!connected) session.once('error', refused);
    const stream = session.request({ ...headers, ':method': request.method ?? 'GET', ':path': request.url ?? '/', ':authority': String(host) });
    let begun = connected;
    session.once('connect', () => (begun = true));
    stream.on('error', (error) => (begun && !response.headersSent ? reject(error) : response.headersSent ? response.destroy() : refused(error)));
    stream.on('response', (answer) => {
      answerFrom({ headers: answer }, Number(answer[':status'] ?? 502), response);
      stream.on('trailers', (trailers) => addTrailers(response, trailers as NodeJS.Dict<string>));
      stream.pipe(response);
    });
    stream.on('close', () => resolve());
    response.on('close', () => stream.close());
    request.pipe(stream);
  });
}

/** A connection that the client asked to turn into another protocol: a WebSocket. Passed on as it is, both ways. */
export function forwardUpgrade({ request, socket, head, backend, asker, upstreams }: Omit<Forwarding, 'response' | 'request'> & { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }): void {
  const [endpoint, ...others] = inTurn(backend.endpoints);
  socket.on('error', () => socket.destroy());
  if (endpoint === undefined) return void socket.end(`HTTP/1.1 503 ${SAID[503]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  const headers = { ...requestHeaders(request.headers, asker), connection: 'Upgrade', upgrade: request.headers.upgrade };
  const outgoing = upstreams.open(endpoint, backend.speech === 'https', { method: 'GET', path: request.url ?? '/', headers });
  outgoing.on('upgrade', (answer, other, rest) => {
    other.setTimeout(0);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(answer)}\r\n\r\n`);
    if (rest.length > 0) socket.write(rest);
    if (head.length > 0) other.write(head);
    // Either end that stops ends both.
    other.on('error', () => socket.destroy()).on('end', () => other.end()).on('close', () => socket.destroy());
    socket.on('end', () => socket.end()).on('close', () => other.destroy());
    other.pipe(socket);
    socket.pipe(other);
  });
  // It would rather not: its answer ends the matter.
  outgoing.on('response', (answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${rawHeaders(answer)}\r\n\r\n`);
    answer.pipe(socket);
  });
  outgoing.on('error', () => forwardUpgrade({ request, socket, head, backend: { ...backend, endpoints: others }, asker, upstreams }));
  outgoing.end();
}

function rawHeaders({ rawHeaders: raw }: IncomingMessage): string {
  return Array.from({ length: raw.length / 2 }, (_, at) => `${raw[2 * at]}: ${raw[2 * at + 1]}`).filter((line) => !/^(transfer-encoding|keep-alive):/i.test(line)).join('\r\n');
}
