import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Clock, Millis } from '../base/clock.ts';
import { changedPath, destinationAt, locationOf, nextDraw, type Asked, type Asker, type Forward, type HeaderChanges, type Router } from './action.ts';
import type { Backend } from './endpoints.ts';
import { changed, requestHeaders, responseHeaders } from './headers.ts';
import { mirrorTo, type Mirror } from './mirror.ts';
import { SAID } from './own-answer.ts';
import type { Upstreams } from './upstreams.ts';

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** How long an endpoint may be silent before it has answered, or between two pieces of its answer. */
const SILENCE: Millis = 60_000;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export interface Means {
  readonly asker: Asker;
  readonly router: Router;
  readonly upstreams: Upstreams;
  readonly clock: Clock;
}

/** One request on its way. */
interface Forwarding {
  readonly request: Request;
  readonly response: Response;
  readonly backend: Backend;
  readonly upstreams: Upstreams;
  /** What the endpoint is asked for, and with which headers. */
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly answerChanges: readonly (HeaderChanges | undefined)[];
  /** Called when the body begins to be read: others get a copy. */
  readonly onBody: readonly (() => void)[];
  /** Time is over. */
  readonly signal: AbortSignal;
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

/** Does with a request what the rules say. For what HTTP/1.1 alone on both sides cannot do; the rest takes the lane of bytes. Never rejects. */
export async function answer(request: Request, response: Response, means: Means): Promise<void> {
  response.on('error', () => {});
  try {
    await carryOut(request, response, means);
  } catch {
    refuse(response, 500);
  }
}

async function carryOut(request: Request, response: Response, means: Means): Promise<void> {
  const { asker } = means;
  const asked = askedOf(request, asker);
  const { action } = means.router.decide(asked);
  if (action.act === 'redirect') return refuse(response, action.status, { location: locationOf(action, asked), changes: action.response });
  if (action.act === 'answer') return refuse(response, action.status, { text: action.text, changes: action.response });
  const destination = destinationAt(action, nextDraw());
  const backend = destination && means.router.backendOf(destination.ref);
  if (!destination || !backend) return refuse(response, destination ? (destination.missing ?? 503) : 500);
  const headers = changed(requestHeaders(request.headers, asker), [action.request, destination.request]);
  if (action.hostname !== undefined) headers['host'] = action.hostname;
  const over = new AbortController();
  const timer = action.timeout === undefined ? undefined : means.clock.after(action.timeout, () => over.abort());
  const target = `${changedPath(asked.path, action.path)}${asked.query}`;
  const mirrors = backend.endpoints.length > 0 ? mirrorsOf(action, means) : [];
  await forward({
    request, response, backend, headers, target, upstreams: means.upstreams, answerChanges: [destination.response, action.response],
    onBody: mirrors.map((mirror) => mirrorTo(mirror, { request, target, headers, hasBody: hasBody(request) })), signal: over.signal,
  });
  timer?.[Symbol.dispose]();
}

export function askedOf({ headers, method = 'GET', url = '/' }: Request, asker: Asker): Asked {
  const mark = url.indexOf('?');
  const [path, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark)];
  const valueOf = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  };
  return { asker, method, path, query, host: headers.host ?? valueOf(':authority') ?? '', header: valueOf };
}

function mirrorsOf({ mirrors = [] }: Forward, { router, upstreams }: Means): readonly Mirror[] {
  return mirrors.filter(({ share }) => nextDraw() < share).flatMap(({ ref }) => {
    const backend = router.backendOf(ref);
    const [endpoint] = inTurn(backend?.endpoints ?? []);
    return backend && endpoint !== undefined ? [{ endpoint, speech: backend.speech, upstreams }] : [];
  });
}

/** Passes a request on and its answer back. An endpoint that does not take it is passed over for the next. */
async function forward(forwarding: Forwarding): Promise<void> {
  const { backend, response, request, signal } = forwarding;
  for (const endpoint of inTurn(backend.endpoints)) {
    if (request.destroyed && !request.complete) return;
    try {
      return await (backend.speech === 'h2c' ? overHttp2(forwarding, endpoint) : overHttp1(forwarding, endpoint));
    } catch (error) {
      if (signal.aborted) return refuse(response, 504);
      if (!(error instanceof NotTaken)) return refuse(response, 502);
    }
  }
  refuse(response, backend.endpoints.length === 0 ? 503 : 502);
}

interface Refusal {
  readonly text?: string | undefined;
  readonly location?: string;
  readonly changes?: HeaderChanges | undefined;
}

/** Answers in place of a backend; where its answer has begun, the connection can only be cut. */
function refuse(response: Response, status: number, { text, location, changes }: Refusal = {}): void {
  if (response.headersSent) return void response.destroy();
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...(location === undefined ? {} : { location }) };
  response.writeHead(status, changed(headers, [changes]));
  response.end(`${text ?? SAID[status] ?? status}\n`);
}

function overHttp1({ request, response, backend, upstreams, target, headers, answerChanges, onBody, signal }: Forwarding, endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = upstreams.open(endpoint, backend.speech === 'https', { method: request.method ?? 'GET', path: target, headers, signal });
    let begun = false;
    const fail = (error: Error): void => {
      const again = !begun || (SAFE.has(request.method ?? '') && !hasBody(request));
      reject(again && !response.headersSent ? new NotTaken(error.message) : error);
    };
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(new Error('silent for too long')));
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, changed(responseHeaders(answer.headers), answerChanges));
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
      if (!hasBody(request)) return;
      request.pipe(outgoing);
      for (const copy of onBody) copy();
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

function addTrailers(response: Response, trailers: NodeJS.Dict<string>): void {
  if (Object.keys(trailers).length > 0) response.addTrailers(trailers as Record<string, string>);
}

/** For backends that speak HTTP/2 alone, gRPC's above all. */
function overHttp2({ request, response, upstreams, target, headers: all, answerChanges, onBody, signal }: Forwarding, endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host, ...headers } = all;
    const session = upstreams.session(endpoint);
    const connected = !session.connecting;
    const refused = (error: Error): void => reject(new NotTaken(error.message));
    if (!connected) session.once('error', refused);
    const stream = session.request({ ...headers, ':method': request.method ?? 'GET', ':path': target, ':authority': String(host) }, { signal });
    let begun = connected;
    session.once('connect', () => (begun = true));
    stream.on('error', (error) => (begun && !response.headersSent ? reject(error) : response.headersSent ? response.destroy() : refused(error)));
    stream.on('response', (answer, flags) => {
      const [status, said] = [Number(answer[':status'] ?? 502), changed(responseHeaders(answer), answerChanges)];
      // gRPC tells a call that failed at once by headers that end the answer, and believes no others (its "Trailers-Only").
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0 && 'stream' in response) return response.stream.respond({ ...said, ':status': status }, { endStream: true });
      response.writeHead(status, said);
      stream.on('trailers', (trailers) => addTrailers(response, trailers as NodeJS.Dict<string>));
      stream.pipe(response);
    });
    stream.on('close', () => resolve());
    response.on('close', () => stream.close());
    request.pipe(stream);
    for (const copy of onBody) copy();
  });
}
