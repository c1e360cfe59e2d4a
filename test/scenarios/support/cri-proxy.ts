/**
 * Stands between a kubelet and its container runtime, and does to calls what a bad day does: answers with an error, loses
 * the answer, cuts the connection, lets nothing through until told. Knows nothing of CRI but the names of its methods.
 */
import { createConnection } from 'node:net';
import { connect, createServer, type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';

/**
 * `refused`: the runtime never hears of it. `lost`: the runtime does it, and its answer is an error on the way back.
 * `cut`: the connection ends, and what else is under way on it; the runtime has heard of the call.
 */
export type Fault = 'refused' | 'lost' | 'cut';

export interface CriProxy extends AsyncDisposable {
  /** Where the kubelet finds its runtime. */
  readonly socket: string;
  /** The next call of this method, `RunPodSandbox`, meets with this. */
  next(method: string, fault: Fault): void;
  /** Resolves when a call of this method has come, before the runtime hears of it or after it has answered; it waits until released. */
  hold(method: string, when: 'before' | 'after'): Promise<{ release(): void }>;
  /** How many faults have not happened yet. */
  readonly pending: number;
}

interface Hold {
  readonly when: 'before' | 'after';
  readonly reached: (held: { release(): void }) => void;
}

const UNAVAILABLE = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '14', 'grpc-message': 'a fault was wanted' };

export async function startCriProxy(socket: string, runtimeSocket: string): Promise<CriProxy> {
  const proxy = new Proxy(runtimeSocket);
  const server = createServer();
  server.on('session', (session) => proxy.add(session));
  server.on('stream', (stream, headers) => void proxy.carry(stream, headers));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    next: (method, fault) => proxy.faults.push({ method, fault }),
    hold: (method, when) => new Promise((reached) => proxy.holds.set(method, { when, reached })),
    get pending() {
      return proxy.faults.length;
    },
    async [Symbol.asyncDispose]() {
      proxy.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Proxy {
  readonly faults: { readonly method: string; readonly fault: Fault }[] = [];
  readonly holds = new Map<string, Hold>();
  readonly #runtimeSocket: string;
  readonly #kubelets = new Set<ServerHttp2Session>();
  #runtime: ClientHttp2Session | undefined;

  constructor(runtimeSocket: string) {
    this.#runtimeSocket = runtimeSocket;
  }

  add(session: ServerHttp2Session): void {
    this.#kubelets.add(session);
    session.on('error', () => {});
    session.on('close', () => this.#kubelets.delete(session));
  }

  end(): void {
    for (const session of this.#kubelets) session.destroy();
    this.#runtime?.destroy();
  }

  async carry(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => {}); // the kubelet may give up
    const method = (headers[':path'] ?? '').split('/').at(-1)!;
    const body: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    await new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
    await this.#held(method, 'before');
    const fault = this.#faultOf(method);
    if (fault === 'refused') return refuse(stream);
    const asked = this.#ask(headers, Buffer.concat(body), stream);
    if (fault === 'cut') return void setTimeout(() => stream.session?.destroy(), 20); // long enough for the runtime to hear of it
    if (fault === undefined && !this.holds.has(method)) return asked.pass();
    const answer = await asked.whole();
    await this.#held(method, 'after');
    if (fault === 'lost' || !answer) refuse(stream);
    else answer();
  }

  #faultOf(method: string): Fault | undefined {
    const at = this.faults.findIndex((one) => one.method === method);
    return at < 0 ? undefined : this.faults.splice(at, 1)[0]!.fault;
  }

  async #held(method: string, when: Hold['when']): Promise<void> {
    const hold = this.holds.get(method);
    if (hold?.when !== when) return;
    this.holds.delete(method);
    await new Promise<void>((release) => hold.reached({ release }));
  }

  #session(): ClientHttp2Session {
    if (this.#runtime && !this.#runtime.closed && !this.#runtime.destroyed) return this.#runtime;
    const path = this.#runtimeSocket;
    const session = connect('http://localhost', { createConnection: () => createConnection(path) });
    session.on('error', () => {});
    this.#runtime = session;
    return session;
  }

  #ask(headers: IncomingHttpHeaders, body: Buffer, stream: ServerHttp2Stream) {
    const { ':path': path, ':method': verb } = headers;
    const timeout = headers['grpc-timeout'];
    const upstream = this.#session().request({ ':path': path, ':method': verb, te: 'trailers', 'content-type': 'application/grpc', ...(timeout ? { 'grpc-timeout': timeout } : {}) });
    upstream.on('error', () => refuse(stream));
    upstream.end(body);
    stream.on('close', () => upstream.close(8)); // CANCEL: as the runtime would be told
    let first: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    upstream.on('response', (answered) => (first = answered));
    upstream.on('trailers', (last) => (trailers = last));
    const respond = (chunks?: readonly Buffer[]): void => {
      if (stream.destroyed || stream.headersSent) return;
      // An answer of trailers alone says all in its first headers.
      if (first['grpc-status'] !== undefined) return stream.respond(first, { endStream: true });
      stream.respond(first, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': trailers['grpc-status'] ?? '2', ...(trailers['grpc-message'] === undefined ? {} : { 'grpc-message': trailers['grpc-message'] }) }));
      if (chunks) stream.end(Buffer.concat(chunks));
    };
    return {
      pass: () => {
        upstream.once('response', () => {
          respond();
          if (first['grpc-status'] === undefined) upstream.pipe(stream);
        });
      },
      whole: () => new Promise<(() => void) | undefined>((resolve) => {
        const chunks: Buffer[] = [];
        upstream.on('data', (chunk: Buffer) => chunks.push(chunk));
        upstream.once('end', () => resolve(() => respond(chunks)));
        upstream.once('error', () => resolve(undefined));
      }),
    };
  }
}

function refuse(stream: ServerHttp2Stream): void {
  if (!stream.destroyed && !stream.headersSent) stream.respond(UNAVAILABLE, { endStream: true });
}
