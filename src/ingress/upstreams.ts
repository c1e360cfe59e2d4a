import { Agent, request as httpRequest, type ClientRequest, type RequestOptions } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Millis } from '../base/clock.ts';

/** How long an endpoint may take to accept a connection. */
const CONNECT: Millis = 5_000;
const IDLE_CONNECTIONS = 64;

/** Connections to endpoints, kept for the next request. */
export class Upstreams implements Disposable {
  readonly #plain = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, scheduling: 'lifo' });
  // Whom a certificate is for says nothing here: the address came from the API server.
  readonly #tls = new TlsAgent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, rejectUnauthorized: false });
  readonly #sessions = new Map<string, ClientHttp2Session>();

  /** A request that is not sent yet. `endpoint`: `host:port`. */
  open(endpoint: string, tls: boolean, options: RequestOptions): ClientRequest {
    const { hostname, port } = new URL(`http://${endpoint}`);
    const to = { ...options, hostname: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port), setHost: false, timeout: CONNECT };
    return tls ? httpsRequest({ ...to, agent: this.#tls }) : httpRequest({ ...to, agent: this.#plain });
  }

  /** An HTTP/2 connection without TLS, which requests share. */
  session(endpoint: string): ClientHttp2Session {
    const known = this.#sessions.get(endpoint);
    if (known && !known.closed && !known.destroyed) return known;
    const session = connect(`http://${endpoint}`);
    this.#sessions.set(endpoint, session);
    const forget = () => this.#sessions.get(endpoint) === session && this.#sessions.delete(endpoint);
    session.on('close', forget).on('goaway', forget).on('error', forget).unref();
    return session;
  }

  /** Idle connections to endpoints that are gone are closed before another request meets their end; requests under way go on. */
  retire(gone: ReadonlySet<string>): void {
    for (const agent of [this.#plain, this.#tls]) {
      for (const [key, sockets] of Object.entries(agent.freeSockets)) {
        if ([...gone].some((endpoint) => key.startsWith(`${endpoint}:`))) for (const socket of sockets ?? []) socket.destroy();
      }
    }
    for (const [endpoint, session] of this.#sessions) if (gone.has(endpoint)) session.close();
  }

  [Symbol.dispose](): void {
    this.#plain.destroy();
    this.#tls.destroy();
    for (const session of this.#sessions.values()) session.destroy();
  }
}
