import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type Http2Session } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, type SecureContext, type Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Clock, Millis } from '../base/clock.ts';
import type { Asker } from './action.ts';
import type { Request, Response } from './forward.ts';
import type { Lane } from './http1/lane.ts';

/** What every door of a node has. */
export interface DoorOptions {
  readonly host: string;
  /** For hosts of which nobody has a certificate. */
  readonly fallback: () => { readonly cert: string; readonly key: string };
  /** The certificate for a name, at the port that the client believes it asks. */
  readonly contextFor: (host: string, shown: number) => SecureContext | undefined;
  /** For HTTP/1.1. */
  readonly lane: Lane;
  /** For HTTP/2, and what the lane leaves. */
  readonly onRequest: (request: Request, response: Response, asker: Asker) => void;
  readonly clock: Clock;
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

/** Who dribbles a handshake or headers keeps a connection no longer. */
const HEADERS: Millis = 30_000;
const IDLE: Millis = 75_000;
/** How long requests under way may take when a door closes. */
const FAREWELL: Millis = 3_000;

/** @throws where the port is taken */
export async function openDoor(options: DoorOptions & DoorPlace): Promise<Door> {
  const door = new OpenDoor(options);
  await door.listen();
  return door;
}

class OpenDoor implements Door {
  readonly #options: DoorOptions & DoorPlace;
  readonly #server: Server | TlsServer;
  /** What is given connections, and listens nowhere. */
  readonly #slow: HttpServer;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<Http2Session>();

  constructor(options: DoorOptions & DoorPlace) {
    this.#options = options;
    const answer = (request: Request, response: Response): void => options.onRequest(request, response, this.#askerAt(request.socket));
    this.#slow = createHttpServer({ headersTimeout: HEADERS, requestTimeout: 0, keepAliveTimeout: IDLE }, answer);
    this.#slow.setTimeout(IDLE);
    this.#slow.on('clientError', (_, socket) => socket.writable ? socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n') : socket.destroy());
    this.#http2 = createHttp2Server(answer).on('sessionError', () => {});
    this.#http2.setTimeout(IDLE);
    this.#http2.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
    this.#server = options.proto === 'http' ? createServer({ noDelay: true }, (socket) => this.#accept(socket)) : this.#createTls();
  }

  #createTls(): TlsServer {
    const { fallback, contextFor, shown } = this.#options;
    const own = fallback();
    const context = createSecureContext(own);
    const server = createTlsServer({
      ...own, minVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'], noDelay: true, handshakeTimeout: HEADERS,
      SNICallback: (host, done) => done(null, contextFor(host, shown) ?? context),
    }, (socket) => this.#accept(socket));
    // A client that breaks TLS, or goes, concerns nobody else.
    server.on('tlsClientError', () => {});
    // Before it is secure it can be closed, too.
    return server.on('connection', (socket: Socket) => this.#watch(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, 'listening');
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #accept(socket: Socket & Partial<Pick<TLSSocket, 'alpnProtocol'>>): void {
    this.#watch(socket);
    if (socket.alpnProtocol === 'h2') return void this.#http2.emit('connection', socket);
    this.#options.lane.serve(socket, this.#askerAt(socket), (first) => {
      socket.unshift(first);
      this.#slow.emit('connection', socket);
      socket.resume();
    });
  }

  #askerAt({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): Asker {
    const { proto, shown } = this.#options;
    return { address: remoteAddress.replace(/^::ffff:/, ''), proto, port: shown };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#sockets) this.#options.lane.retire(socket);
    this.#slow.closeIdleConnections();
    for (const session of this.#sessions) session.close();
    const late = this.#options.clock.after(FAREWELL, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await closed;
    late[Symbol.dispose]();
    this.#slow.close();
  }
}
