import { following, onAbort, orAborted } from '../../base/abort.ts';
import type { ApiRequest, ApiResponse, ResponseBody } from '../../wire/api.ts';
import { duplexPair } from '../../wire/duplex.ts';
import { CLOSE_CODES, ServerWebSocket } from '../../wire/server-websocket.ts';
import { isWebSocketRequest, refusal, shakeHands } from '../../wire/websocket-handshake.ts';
import { encodeFrame } from '../../wire/websocket.ts';
import type { ResourceRequest } from '../resource-request.ts';
import type { VerbHandler } from '../verbs.ts';

/** What the caller says is read and thrown away. */
const MAX_HEARD_BYTES = 1 << 20;

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
  if (!hands.agreed) return refusal(hands);
  const stop = following(exchange.request.signal);
  try {
    const response = await handle({ ...at, exchange: { ...exchange, request: plain(exchange.request, stop.signal) } });
    const { status, headers, body } = response;
    if (status !== 200 || !body || (body.type !== 'bytes' && body.type !== 'stream')) return response;
    const [ours, theirs] = duplexPair();
    const frame = (chunk: Uint8Array) => form.frame(chunk, hands.protocol, headers['content-type'] ?? '');
    const socket = new ServerWebSocket(ours, { clock: core.clock, maxMessageBytes: MAX_HEARD_BYTES });
    void speak(socket, messages(body, { frame, greets: form.greets }), stop);
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

/** Says it all, whatever the caller says meanwhile, until both sides have ended; never rejects. */
async function speak(socket: ServerWebSocket, frames: AsyncGenerator<Uint8Array>, stop: ReturnType<typeof following>): Promise<void> {
  const heard = (async () => {
    for await (const _ of socket.messages()); // read and thrown away
  })();
  using _closing = onAbort(socket.closed, () => stop.abort());
  let code: number = CLOSE_CODES.normal;
  try {
    for (;;) {
      const { value, done } = await orAborted(frames.next(), stop.signal);
      if (done) break;
      await socket.send(value);
    }
  } catch {
    if (!stop.signal.aborted) code = CLOSE_CODES.goingWrong;
  }
  stop.abort();
  void frames.return(undefined).catch(() => {}); // after a read under way, which the abort ends
  await socket.close(code);
  await heard;
  stop[Symbol.dispose]();
}
