import { setMaxListeners } from 'node:events';
import { request as requestPlain } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import type { Duplex as NodeDuplex } from 'node:stream';
import { systemClock } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import type { ApiRequest, ApiResponse, Headers, Transport } from '../api.ts';
import { SessionKeeper } from './http2-session.ts';
import type { TlsIdentity } from './http2-session.ts';
import { batches, bodyOf, sendBody } from './http-body.ts';
import { exchangeHttp2 } from './http2-client.ts';
import { headersFrom, requestHeaders } from './headers.ts';
import { duplexOf } from './socket.ts';

export interface ConnectOptions extends TlsIdentity {
  /** `https://host:port`, or `http://…` for loopback helpers. A path is put before every request's. */
  readonly url: string;
  /** A bearer token, asked for at each request where it changes. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  readonly userAgent?: string;
  readonly clock?: Clock;
  /** Never HTTP/2: many connections find many backends behind one name. */
  readonly http1?: boolean;
  /** Hands out every body as a stream, so that the caller decides how much is too much. */
  readonly streamsAnswers?: boolean;
}

export type HttpTransport = Transport & AsyncDisposable & {
  /** Shows another certificate on every connection from now on; what is under way ends on the one it has. */
  setIdentity(pair: Pick<TlsIdentity, 'cert' | 'key'>): void;
};

/**
 * A transport to another process. One HTTP/2 connection carries everything and is made again when it is lost; a server
 * that does not speak it, an upgrade, or plain http is met with HTTP/1.1. Connects with the first request.
 */
export function connect(options: ConnectOptions): HttpTransport {
  const client = new HttpClient(options);
  const transport: Transport = (request) => client.exchange(request);
  return Object.assign(transport, { setIdentity: (pair: Pick<TlsIdentity, 'cert' | 'key'>) => client.setIdentity(pair), [Symbol.asyncDispose]: () => client.close() });
}

class HttpClient {
  readonly #options: ConnectOptions;
  readonly #base: URL;
  readonly #agent: PlainAgent | SecureAgent;
  readonly #sessions: SessionKeeper | undefined;
  #identity: TlsIdentity;

  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#base = new URL(options.url);
    this.#identity = options;
    const secure = this.#base.protocol === 'https:';
    this.#agent = secure ? new SecureAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true });
    this.#sessions = secure && !options.http1 ? new SessionKeeper(this.#base, options, options.clock ?? systemClock) : undefined;
  }

  async exchange(request: ApiRequest): Promise<ApiResponse> {
    request.signal.throwIfAborted();
    setMaxListeners(0, request.signal); // one signal may stand for very many requests
    const path = this.#base.pathname.replace(/\/$/, '') + request.url;
    const headers = await this.#headers(request);
    if (request.upgrade) return this.#upgrade(request, { path, headers });
    while (this.#sessions) {
      const session = await orAborted(this.#sessions.session(), request.signal);
      if (!session) break;
      // Of many who waited for one connection, the last may find it full.
      if (!session.isFull) return exchangeHttp2(session, request, { path, headers });
    }
    return this.#http1(request, { path, headers });
  }

  setIdentity({ cert, key }: Pick<TlsIdentity, 'cert' | 'key'>): void {
    this.#identity = { ...this.#identity, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
    this.#sessions?.setIdentity(this.#identity);
    // Node's agent tells connections apart by their certificates: those that wait would only wait on.
    for (const waiting of Object.values(this.#agent.freeSockets)) for (const socket of waiting ?? []) socket.destroy();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#sessions?.close();
  }

  async #headers({ headers }: ApiRequest): Promise<Headers> {
    const { token, userAgent } = this.#options;
    const bearer = typeof token === 'function' ? await token() : token;
    return {
      ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      host: this.#base.host,
      ...headers,
    };
  }

  #http1(request: ApiRequest, to: Target): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(request, to, this.#agent);
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a connection that was kept, just as this request took it: it never saw it.
        const unseen = outgoing.reusedSocket && error.code === 'ECONNRESET' && request.body?.type !== 'stream' && !request.signal.aborted;
        if (unseen) this.#http1(request, to).then(resolve, reject);
        else reject(error);
      });
      outgoing.on('response', (incoming) => resolve(this.#response(incoming)));
      sendBody(outgoing, request.body);
    });
  }

  async #response(incoming: IncomingMessage): Promise<ApiResponse> {
    if (!this.#options.streamsAnswers) return responseOf(incoming);
    return { status: incoming.statusCode ?? 0, headers: headersFrom(incoming.headers), body: { type: 'stream', chunks: batches(incoming) } };
  }

  /** The connection of an upgrade is the caller's alone; where the server declines, its answer is passed on. */
  #upgrade(request: ApiRequest, to: Target): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(request, to, undefined);
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => resolve(responseOf(incoming)));
      outgoing.on('upgrade', (incoming: IncomingMessage, socket: NodeDuplex, head: Buffer) => {
        resolve({ status: 101, headers: headersFrom(incoming.headers), body: { type: 'upgrade', connection: duplexOf(socket, head) } });
      });
      sendBody(outgoing, request.body);
    });
  }

  #request({ method, signal }: ApiRequest, { path, headers }: Target, agent: PlainAgent | SecureAgent | undefined): ClientRequest {
    const { hostname, port, protocol } = this.#base;
    const options: RequestOptions = { method, path, headers: requestHeaders(headers), signal, host: hostname.replace(/^\[|\]$/g, ''), port: port || undefined, agent: agent ?? false };
    if (protocol === 'http:') return requestPlain(options);
    return requestSecure({ ...options, ...tlsOptions(this.#identity) });
  }
}

/** Whoever is named as an authority is one, be it a server's own certificate, as in Go. */
function tlsOptions({ ca, cert, key, serverName, insecure }: TlsIdentity) {
  return { ca, cert, key, servername: serverName, rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { allowPartialTrustChain: true }) };
}

/** The promise, or the signal's reason as soon as it aborts: others may still wait for the same connection. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

interface Target {
  readonly path: string;
  readonly headers: Headers;
}

async function responseOf(incoming: IncomingMessage): Promise<ApiResponse> {
  const headers = headersFrom(incoming.headers);
  const body = await bodyOf(incoming, headers);
  return { status: incoming.statusCode ?? 0, headers, ...(body ? { body } : {}) };
}
