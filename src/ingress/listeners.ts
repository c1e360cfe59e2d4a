import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Millis } from '../base/clock.ts';
import type { Asker } from './action.ts';
import type { Request, Response } from './forward.ts';

export interface ListenOptions {
  readonly host: string;
  readonly ports: { readonly http: number; readonly https: number };
  /** Which ports clients believe they ask. */
  readonly shown: { readonly http: number; readonly https: number };
  /** For hosts of which nobody has a certificate. */
  readonly fallback: { readonly cert: string; readonly key: string };
  readonly contextFor: (host: string) => SecureContext | undefined;
  readonly onRequest: (request: Request, response: Response, asker: Asker) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, asker: Asker) => void;
}

/** Who dribbles headers keeps a connection no longer. */
const HEADERS: Millis = 30_000;
const IDLE: Millis = 75_000;
/** How long requests under way may take when the listeners close. */
const FAREWELL: Millis = 3_000;

/** Both ports, until disposed: requests under way are finished first. */
export interface Listeners extends AsyncDisposable {
  readonly ports: { readonly http: number; readonly https: number };
}

/** @throws where a port is taken */
export async function listen(options: ListenOptions): Promise<Listeners> {
  const plain = createServer({ headersTimeout: HEADERS, requestTimeout: 0, keepAliveTimeout: IDLE });
  const fallback = createSecureContext(options.fallback);
  const secure = createSecureServer({
    allowHTTP1: true, ...options.fallback, minVersion: 'TLSv1.2',
    SNICallback: (host, done) => done(null, options.contextFor(host) ?? fallback),
  });
  secure.setTimeout(IDLE);
  // A client that breaks TLS, or goes, concerns nobody else.
  secure.on('tlsClientError', () => {}).on('sessionError', () => {});
  for (const [server, proto] of [[plain, 'http'], [secure, 'https']] as const) {
    const asker = (request: Request): Asker => ({ address: addressOf(request), proto, port: options.shown[proto] });
    // The two kinds of server share these events but no type.
    const events = server as Server;
    events.on('request', (request, response) => options.onRequest(request, response, asker(request)));
    events.on('upgrade', (request, socket, head) => options.onUpgrade(request, socket, head, asker(request)));
    events.on('clientError', (_, socket) => socket.writable ? socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n') : socket.destroy());
    server.listen(options.ports[proto], options.host);
    await once(server, 'listening');
  }
  const portOf = (server: Server | Http2SecureServer) => (server.address() as AddressInfo).port;
  return {
    ports: { http: portOf(plain), https: portOf(secure) },
    [Symbol.asyncDispose]: async () => void (await Promise.all([close(plain), close(secure)])),
  };
}

function close(server: Server | Http2SecureServer): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, FAREWELL);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
}

const addressOf = ({ socket }: { readonly socket: Pick<TLSSocket, 'remoteAddress'> }): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
