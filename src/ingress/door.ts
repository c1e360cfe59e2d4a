import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Millis } from '../base/clock.ts';
import type { Asker } from './action.ts';
import type { Request, Response } from './forward.ts';

/** What every door of a node has. */
export interface DoorOptions {
  readonly host: string;
  /** For hosts of which nobody has a certificate. */
  readonly fallback: () => { readonly cert: string; readonly key: string };
  /** The certificate for a name, at the port that the client believes it asks. */
  readonly contextFor: (host: string, shown: number) => SecureContext | undefined;
  readonly onRequest: (request: Request, response: Response, asker: Asker) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, asker: Asker) => void;
}

export interface DoorPlace {
  readonly port: number;
  readonly proto: 'http' | 'https';
  /** Which port clients believe they ask. */
  readonly shown: number;
}

/** One port, until disposed: requests under way are finished first. */
export interface Door extends AsyncDisposable {
  readonly port: number;
}

/** Who dribbles headers keeps a connection no longer. */
const HEADERS: Millis = 30_000;
const IDLE: Millis = 75_000;
/** How long requests under way may take when a door closes. */
const FAREWELL: Millis = 3_000;

/** @throws where the port is taken */
export async function openDoor({ host, port, proto, shown, ...options }: DoorOptions & DoorPlace): Promise<Door> {
  const server = proto === 'http' ? createServer({ headersTimeout: HEADERS, requestTimeout: 0, keepAliveTimeout: IDLE }) : secureServer(shown, options);
  const asker = (request: Request): Asker => ({ address: addressOf(request), proto, port: shown });
  // The two kinds of server share these events but no type.
  const events = server as Server;
  events.on('request', (request, response) => options.onRequest(request, response, asker(request)));
  events.on('upgrade', (request, socket, head) => options.onUpgrade(request, socket, head, asker(request)));
  events.on('clientError', (_, socket) => socket.writable ? socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n') : socket.destroy());
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: () => close(server) };
}

function secureServer(shown: number, { fallback, contextFor }: Pick<DoorOptions, 'fallback' | 'contextFor'>): Http2SecureServer {
  const own = fallback();
  const context = createSecureContext(own);
  const server = createSecureServer({
    allowHTTP1: true, ...own, minVersion: 'TLSv1.2',
    SNICallback: (host, done) => done(null, contextFor(host, shown) ?? context),
  });
  server.setTimeout(IDLE);
  // A client that breaks TLS, or goes, concerns nobody else.
  return server.on('tlsClientError', () => {}).on('sessionError', () => {});
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
