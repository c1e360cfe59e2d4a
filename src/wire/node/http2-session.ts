import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';

/** How a client knows the server, and shows itself. PEM. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name in the server's certificate, where it is not the URL's. */
  readonly serverName?: string;
  /** Takes any certificate. */
  readonly insecure?: boolean;
}

/** client-go's defaults. A silent connection is asked this often, and given up without an answer in time. */
const PING_EVERY_MILLIS = 30_000;
const CONNECT_WITHIN_MILLIS = 30_000;
const PONG_WITHIN_MILLIS = 15_000;
/** Node's 10 would make it refuse answers that readers are slow to take. */
const SESSION_MEGABYTES = 1000;
/** Bytes on their way that nobody has read yet, for one answer and for the connection: no one slow reader blocks the others. */
const STREAM_WINDOW = 2 << 20;
const CONNECTION_WINDOW = 128 << 20;

/** Keeps one HTTP/2 connection; makes another when it is lost or on its way out. */
export class SessionKeeper {
  readonly #server: URL;
  readonly #identity: TlsIdentity;
  readonly #clock: Clock;
  #session: Promise<ClientHttp2Session | undefined> | undefined;
  #closed = false;

  constructor(server: URL, identity: TlsIdentity, clock: Clock) {
    this.#server = server;
    this.#identity = identity;
    this.#clock = clock;
  }

  /** The connection, or undefined where the server speaks HTTP/1.1 alone. @throws where it cannot be reached */
  async session(): Promise<ClientHttp2Session | undefined> {
    if (this.#closed) throw new Error('the transport is closed');
    const trying = (this.#session ??= this.#open());
    try {
      const session = await trying;
      if (session === undefined || !(session.closed || session.destroyed)) return session;
    } catch (error) {
      this.#forget(trying);
      throw error;
    }
    this.#forget(trying);
    return this.session();
  }

  /** Ends the connection and all requests on it. */
  close(): void {
    this.#closed = true;
    const last = this.#session;
    this.#session = undefined;
    last?.then((session) => session?.destroy()).catch(() => {});
  }

  #forget(session: Promise<unknown>): void {
    if (this.#session === session) this.#session = undefined;
  }

  async #open(): Promise<ClientHttp2Session | undefined> {
    const socket = await this.#dial();
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return undefined;
    }
    const settings = { initialWindowSize: STREAM_WINDOW, enablePush: false };
    const session = connect(this.#server, { createConnection: () => socket, maxSessionMemory: SESSION_MEGABYTES, settings });
    session.on('error', () => {}); // each request on it is told
    session.on('goaway', () => session.close());
    session.setLocalWindowSize(CONNECTION_WINDOW);
    this.#keepAlive(session);
    return session;
  }

  #dial(): Promise<TLSSocket> {
    const { hostname, port } = this.#server;
    const { ca, cert, key, serverName, insecure } = this.#identity;
    const host = hostname.replace(/^\[|\]$/g, '');
    const named = serverName ?? (/^[\d.]+$|:/.test(host) ? undefined : host);
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        host, port: Number(port || 443), ca, cert, key, ALPNProtocols: ['h2', 'http/1.1'], rejectUnauthorized: !insecure,
        ...(named === undefined ? {} : { servername: named }),
      });
      socket.setNoDelay(true);
      socket.setTimeout(CONNECT_WITHIN_MILLIS, () => socket.destroy(new Error(`dial tcp ${host}: i/o timeout`)));
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.setTimeout(0);
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  /** Finds out about a server that vanished without a word, which TCP alone would take a quarter of an hour to tell. */
  #keepAlive(session: ClientHttp2Session): void {
    let timer = this.#clock.after(PING_EVERY_MILLIS, () => ask());
    const ask = () => {
      timer = this.#clock.after(PONG_WITHIN_MILLIS, () => session.destroy(new Error('http2: client connection lost')));
      session.ping((error) => {
        timer[Symbol.dispose]();
        if (!error && !session.destroyed) timer = this.#clock.after(PING_EVERY_MILLIS, ask);
      });
    };
    session.once('close', () => timer[Symbol.dispose]());
  }
}
