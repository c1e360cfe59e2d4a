import { following, orAborted } from '../../base/abort.ts';
import type { Clock, Millis } from '../../base/clock.ts';
import type { ApiRequest, ApiResponse, Duplex, ResponseBody } from '../../wire/api.ts';
import { duplexPair } from '../../wire/duplex.ts';
import { isWebSocketRequest, shakeHands } from '../../wire/websocket-handshake.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, WebSocketFailure } from '../../wire/websocket.ts';
import type { ResourceRequest } from '../resource-request.ts';
import { answerText } from '../respond.ts';
import type { VerbHandler } from '../verbs.ts';

/** What the caller says is read and thrown away. */
const MAX_HEARD_BYTES = 1 << 20;
/** How long the caller has to close its side after ours. */
const GRACE: Millis = 10_000;
const NORMAL = 1000;
const GOING_WRONG = 1011;

/** How an answer's chunks become messages. */
export interface Form {
  offers(protocol: string): boolean;
  /** An empty message goes first, to say that the stream is there. */
  readonly greets: boolean;
  frame(chunk: Uint8Array, protocol: string, contentType: string): Uint8Array;
}

const BASE64 = 'base64.binary.k8s.io';

/** One stream of bytes, to be read: a log. */
export const READER: Form = {
  offers: (protocol) => ['', 'binary.k8s.io', BASE64].includes(protocol),
  greets: true,
  frame: (chunk, protocol) => (protocol === BASE64 ? encodeFrame('text', encoder.encode(base64(chunk))) : encodeFrame('binary', chunk)),
};

const BEARER = 'base64url.bearer.authorization.k8s.io.';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** A watch, each chunk of which is one event: as text, or as bytes without the length that goes before them elsewhere. */
export const EVENTS: Form = {
  offers: (protocol) => !protocol.startsWith(BEARER),
  greets: false,
  frame: (chunk, _protocol, type) => (type.startsWith(PROTOBUF) ? encodeFrame('binary', chunk.subarray(4)) : encodeFrame('text', chunk)),
};

const encoder = new TextEncoder();

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** The handler itself, and its answer as WebSocket messages for those who ask for that. */
export function orOverWebSocket(form: Form, handle: VerbHandler): VerbHandler {
  return (at) => (at.exchange.request.upgrade && isWebSocketRequest(at.exchange.request) ? overWebSocket(at, form, handle) : handle(at));
}

async function overWebSocket(at: ResourceRequest, form: Form, handle: VerbHandler): Promise<ApiResponse> {
  const { core, exchange } = at;
  const hands = await shakeHands(exchange.request, form.offers);
  if (!hands.agreed) {
    const refusal = answerText(hands.status, hands.message);
    return { ...refusal, headers: { ...refusal.headers, ...hands.headers } };
  }
  const stop = following(exchange.request.signal);
  try {
    const response = await handle({ ...at, exchange: { ...exchange, request: plain(exchange.request, stop.signal) } });
    const { status, headers, body } = response;
    if (status !== 200 || !body || (body.type !== 'bytes' && body.type !== 'stream')) return response;
    const [ours, theirs] = duplexPair();
    const frame = (chunk: Uint8Array) => form.frame(chunk, hands.protocol, headers['content-type'] ?? '');
    const socket = new ServedSocket(ours, core.clock, stop);
    void socket.serve(messages(body, { frame, greets: form.greets }));
    return { status: 101, headers: hands.headers, body: { type: 'upgrade', connection: theirs } };
  } catch (error) {
    stop[Symbol.dispose]();
    throw error;
  }
}

const OF_THE_UPGRADE = new Set(['upgrade', 'connection']);

/** The request as it would have been without the upgrade. */
function plain(request: ApiRequest, signal: AbortSignal): ApiRequest {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !OF_THE_UPGRADE.has(name) && !name.startsWith('sec-websocket-')));
  const { upgrade: _, ...rest } = request;
  return { ...rest, headers, signal };
}

type Chunks = Extract<ResponseBody, { type: 'bytes' | 'stream' }>;

async function* messages(body: Chunks, { frame, greets }: { frame(chunk: Uint8Array): Uint8Array; readonly greets: boolean }): AsyncGenerator<Uint8Array> {
  if (greets) yield frame(new Uint8Array());
  if (body.type === 'bytes') yield* body.chunks.filter(({ length }) => length > 0).map(frame);
  else for await (const batch of body.chunks) yield* batch.filter(({ length }) => length > 0).map(frame);
}

/** The server's end of a WebSocket that only speaks: it listens for pings and for the end. */
class ServedSocket {
  readonly #connection: Duplex;
  readonly #clock: Clock;
  readonly #stop: ReturnType<typeof following>;
  #grace: Disposable | undefined;
  #ended = false;

  constructor(connection: Duplex, clock: Clock, stop: ReturnType<typeof following>) {
    this.#connection = connection;
    this.#clock = clock;
    this.#stop = stop;
  }

  /** Until both sides have ended; never rejects. */
  async serve(frames: AsyncGenerator<Uint8Array>): Promise<void> {
    await Promise.all([this.#speak(frames), this.#listen()]);
    this.#grace?.[Symbol.dispose]();
    this.#stop[Symbol.dispose]();
  }

  async #speak(frames: AsyncGenerator<Uint8Array>): Promise<void> {
    let code = NORMAL;
    try {
      for (;;) {
        const { value, done } = await orAborted(frames.next(), this.#stop.signal);
        if (done) break;
        await this.#connection.write(value);
      }
    } catch {
      if (!this.#stop.signal.aborted) code = GOING_WRONG;
    }
    this.#stop.abort();
    void frames.return(undefined).catch(() => {}); // after a read under way, which the abort ends
    await this.#end(code);
  }

  async #listen(): Promise<void> {
    const decoder = new WebSocketDecoder({ from: 'client', maxMessageBytes: MAX_HEARD_BYTES });
    let failed = false;
    try {
      for await (const bytes of this.#connection.readable) if (!failed) failed = !(await this.#hear(decoder, bytes));
    } catch {
      // the connection was dropped
    }
    this.#stop.abort();
    await this.#end(NORMAL);
  }

  /** False once the protocol was broken: what follows means nothing. */
  async #hear(decoder: WebSocketDecoder, bytes: Uint8Array): Promise<boolean> {
    try {
      for (const event of decoder.push(bytes)) {
        if (event.type === 'ping' && !this.#ended) await this.#connection.write(encodeFrame('pong', event.bytes));
        if (event.type === 'close') await this.#end(event.code === 1005 ? NORMAL : event.code);
      }
      return true;
    } catch (error) {
      if (!(error instanceof WebSocketFailure)) throw error;
      await this.#end(error.code, error.message);
      return false;
    }
  }

  async #end(code: number, reason = ''): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#grace = this.#clock.after(GRACE, () => this.#connection.destroy(new Error('the caller did not close its side')));
    try {
      await this.#connection.write(encodeClose(code, reason));
      await this.#connection.end();
    } catch {
      this.#connection.destroy();
    }
    this.#stop.abort();
  }
}
