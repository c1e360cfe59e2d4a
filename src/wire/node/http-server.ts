import { createServer as createPlain } from 'node:http';
import type { Server as PlainServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { ApiHandler } from '../api.ts';
import { Exchange } from './exchange.ts';
import { answerHttp1, answerUpgrade } from './http1.ts';
import { Http2Socket } from './http2-socket.ts';
import { peerOf, signersOf } from './peer.ts';

/** PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
  /** OpenSSL's names with colons between; Node's choice unless said. */
  readonly ciphers?: string;
  /** TLS 1.2 unless said. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any. */
  readonly port: number;
  /** Absent: plain HTTP/1.1, for tests and loopback helpers. */
  readonly tls?: ServingCertificate;
  /** PEM. Client certificates are asked for, and count where this CA signed them. */
  readonly clientCa?: string;
  /** PEM. Who shows a certificate that this CA signed is a front proxy, and no client. */
  readonly proxyCa?: string;
  /** Upstream's limit by default. */
  readonly maxBodyBytes?: number;
  /** Which URLs take bodies as a stream, without limit: proxied paths. */
  readonly streamsBody?: (url: string) => boolean;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface HttpServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Serves with another certificate from now on; connections stay. */
  setCertificate(tls: ServingCertificate, clientCa?: string): void;
  /** Aborts what is under way, waits a moment, closes every connection. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const BODY_IDLE_MILLIS = 60_000;
/** Go's default for the whole of a request's headers. */
const MAX_HEADER_BYTES = 1 << 20;
/** How long requests under way have to end themselves on close. */
const GRACE_MILLIS = 2000;

/** Serves `handler` over HTTPS: HTTP/2 and HTTP/1.1 by ALPN; or over plain HTTP/1.1 without a certificate. */
export async function serve(handler: ApiHandler, options: ServeOptions): Promise<HttpServer> {
  const limits = { maxBytes: options.maxBodyBytes ?? MAX_BODY_BYTES, idleMillis: BODY_IDLE_MILLIS };
  const exchange = new Exchange(handler, limits, options.streamsBody ?? (() => false));
  const listener = new Listener(exchange, options);
  await listener.listen(options);
  return listener;
}

class Listener implements HttpServer {
  readonly #exchange: Exchange;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #server: PlainServer | SecureServer;
  readonly #secure: SecureServer | undefined;
  readonly #clientCa: string | undefined;
  /** What stays when the certificate changes. */
  readonly #accepted: Pick<ServingCertificate, 'ciphers' | 'minVersion'>;
  readonly #proxyCa: string | undefined;
  readonly #sessions = new Set<Http2Socket>();
  readonly #sockets = new Set<Socket>();
  /** As it was bound; stays readable after close. */
  #bound: Pick<AddressInfo, 'address' | 'port'> = { address: '', port: 0 };
  #closing: Promise<void> | undefined;

  constructor(exchange: Exchange, { tls, clientCa, proxyCa, log, clock = systemClock }: ServeOptions) {
    this.#exchange = exchange;
    this.#log = log;
    this.#clock = clock;
    this.#clientCa = clientCa;
    this.#accepted = { minVersion: tls?.minVersion ?? 'TLSv1.2', ...(tls?.ciphers === undefined ? {} : { ciphers: tls.ciphers }) };
    this.#proxyCa = proxyCa;
    exchange.signers = signersOf(clientCa, proxyCa);
    this.#secure = tls && secureServer(tls, authorities(clientCa, proxyCa), (socket) => this.#speakHttp2(socket));
    this.#server = this.#secure ?? createPlain({ maxHeaderSize: MAX_HEADER_BYTES });
    this.#server.on('request', (message, response) => this.#watch(answerHttp1(exchange, message, response)));
    this.#server.on('upgrade', (message, socket, head) => this.#watch(answerUpgrade(exchange, message, { socket, head })));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket.setNoDelay(true));
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', (error: Error) => log.debug('wire: no TLS connection', { error: error.message }));
  }

  get address(): string {
    return this.#bound.address;
  }

  get port(): number {
    return this.#bound.port;
  }

  /** @throws the system's error: EADDRINUSE, EACCES */
  listen({ host, port }: { host: string; port: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        const bound = this.#server.address();
        if (bound !== null && typeof bound !== 'string') this.#bound = bound;
        resolve();
      });
    });
  }

  setCertificate(tls: ServingCertificate, clientCa = this.#clientCa): void {
    const ca = authorities(clientCa, this.#proxyCa);
    this.#exchange.signers = signersOf(clientCa, this.#proxyCa);
    this.#secure?.setSecureContext({ ...this.#accepted, ...tls, ...(ca.length === 0 ? {} : { ca: [...ca] }) });
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#exchange.abortAll(new Error('the server is shutting down'));
    for (const session of this.#sessions) session.shutDown();
    this.#server.closeIdleConnections();
    const grace = new AbortController();
    await Promise.race([closed, this.#clock.sleep(GRACE_MILLIS, grace.signal).catch(() => {})]);
    grace.abort();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #speakHttp2(socket: TLSSocket): void {
    const caller = { exchange: this.#exchange, peer: peerOf(socket, this.#exchange.signers), clock: this.#clock };
    const session = new Http2Socket(socket, { caller, log: this.#log, maxHeaderBytes: MAX_HEADER_BYTES });
    this.#sessions.add(session);
    socket.once('close', () => this.#sessions.delete(session));
  }

  /** A failure here is a bug of ours; one request dies of it, not the server. */
  #watch(answered: Promise<void>): void {
    answered
      .catch((error: unknown) => {
        this.#log.error('wire: a response could not be sent', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      })
      .finally(() => {
        if (this.#closing) setImmediate(() => this.#server.closeIdleConnections());
      });
  }
}

const authorities = (...pems: readonly (string | undefined)[]): readonly string[] => pems.filter((pem) => pem !== undefined);

/** Node's HTTPS server, with the connections that chose `h2` taken out of its hands. */
function secureServer(tls: ServingCertificate, ca: readonly string[], onHttp2: (socket: TLSSocket) => void): SecureServer {
  const verify = ca.length === 0 ? {} : { ca: [...ca], requestCert: true, rejectUnauthorized: false };
  const server = createSecure({ minVersion: 'TLSv1.2', ...tls, ...verify, ALPNProtocols: ['h2', 'http/1.1'], maxHeaderSize: MAX_HEADER_BYTES });
  const [onHttp1] = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') onHttp2(socket);
    else onHttp1?.call(server, socket);
  });
  return server;
}
