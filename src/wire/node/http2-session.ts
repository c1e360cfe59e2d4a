import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, ClientSessionRequestOptions, OutgoingHttpHeaders, Settings } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { soon } from '../../base/clock.ts';
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

/** A connection, and how many requests are on it. */
export class CountedSession {
  readonly session: ClientHttp2Session;
  /** The server's limit. More would wait for others to end, behind watches that never do. */
  readonly #most: number;
  #open = 0;

  constructor(session: ClientHttp2Session, { maxConcurrentStreams = Infinity }: Settings) {
    this.session = session;
    this.#most = maxConcurrentStreams;
  }

  get isUsable(): boolean {
    return !(this.session.closed || this.session.destroyed);
  }

  get isFull(): boolean {
    return this.#open >= this.#most;
  }

  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.session.request(headers, options);
    this.#open++;
    stream.once('close', () => this.#open--);
    return stream;
  }
}

/** Keeps an HTTP/2 connection; makes another when it is lost, on its way out or full. */
export class SessionKeeper {
  readonly #server: URL;
  #identity: TlsIdentity;
  readonly #clock: Clock;
  /** The one in use, or on its way. */
  #current: Promise<CountedSession | undefined> | undefined;
  /** Full ones, which are in use again when requests have ended. */
  readonly #full = new Set<CountedSession>();
  /** Of an identity before: they end with their last request. */
  readonly #leaving = new Set<ClientHttp2Session>();
  #closed = false;

  constructor(server: URL, identity: TlsIdentity, clock: Clock) {
    this.#server = server;
    this.#identity = identity;
    this.#clock = clock;
  }

  /** A connection with room for a request, if that is made at once; undefined where the server speaks HTTP/1.1 alone. @throws where it cannot be reached */
  async session(): Promise<CountedSession | undefined> {
    if (this.#closed) throw new Error('the transport is closed');
    const trying = (this.#current ??= this.#open());
    try {
      const session = await trying;
      if (session === undefined || (session.isUsable && !session.isFull)) return session;
      if (this.#current === trying) this.#replace(session);
    } catch (error) {
      if (this.#current === trying) this.#current = undefined;
      throw error;
    }
    return this.session();
  }

  /** Later connections show this; those there are take no more requests. */
  setIdentity(identity: TlsIdentity): void {
    this.#identity = identity;
    const last = this.#current;
    this.#current = undefined;
    last?.then((one) => one && this.#retire(one)).catch(() => {}); // who waits for it is told
    for (const one of this.#full) this.#retire(one);
    this.#full.clear();
  }

  #retire({ session }: CountedSession): void {
    if (this.#closed) return session.destroy();
    this.#leaving.add(session);
    session.once('close', () => this.#leaving.delete(session));
    soon(() => session.close()); // who was just given it makes its request first
  }

  #replace(session: CountedSession): void {
    if (session.isUsable) this.#full.add(session);
    this.#current = undefined;
    for (const one of this.#full) {
      if (one.isUsable && one.isFull) continue;
      this.#full.delete(one);
      if (one.isUsable) return void (this.#current = Promise.resolve(one));
    }
  }

  /** Ends the connection and all requests on it. */
  close(): void {
    this.#closed = true;
    const last = this.#current;
    this.#current = undefined;
    last?.then((one) => one?.session.destroy()).catch(() => {});
    for (const one of this.#full) one.session.destroy();
    this.#full.clear();
    for (const session of this.#leaving) session.destroy();
  }

  async #open(): Promise<CountedSession | undefined> {
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
    return new CountedSession(session, await settingsOf(session));
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

/** The server's settings, which are the first that it says. */
function settingsOf(session: ClientHttp2Session): Promise<Settings> {
  return new Promise((resolve, reject) => {
    session.once('remoteSettings', resolve);
    session.once('close', () => reject(new Error('the connection was closed before the server said anything')));
    session.setTimeout(CONNECT_WITHIN_MILLIS, () => session.destroy());
    session.once('remoteSettings', () => session.setTimeout(0));
  });
}
