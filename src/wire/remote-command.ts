/**
 * Exec and attach for a caller that speaks v5.channel.k8s.io (WebSocket messages whose first byte is the channel; a CLOSE
 * signal half-closes one) with a streaming server that speaks SPDY/3.1: KEP-4006. Nothing is kept but what is on its way,
 * and who is slow makes the other side wait.
 */
import { onAbort } from '../base/abort.ts';
import type { Clock, Millis } from '../base/clock.ts';
import { messageOf } from '../base/message-of.ts';
import type { ApiRequest, ApiResponse, Duplex, Headers } from './api.ts';
import { duplexPair } from './duplex.ts';
import { textOf } from './response-text.ts';
import { internalError, statusFrom, type CommandStatus } from './remote-status.ts';
import { CLOSE_CODES, ServerWebSocket } from './server-websocket.ts';
import { SpdyClient } from './spdy-client.ts';
import { listOf, refusal, shakeHands } from './websocket-handshake.ts';
import { encodeFrame } from './websocket.ts';

const V5 = 'v5.channel.k8s.io';
/** Those of streaming servers, the newest first. */
const SPDY_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

const MAX_MESSAGE_BYTES = 32 << 20;
const MAX_STATUS_BYTES = 64 << 10;
const IDLE: Millis = 4 * 3_600_000;
/** How long a caller that reads slowly has for the output on its way when the command has ended. */
const FINISH: Millis = 15 * 60_000;

export interface CommandStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface TranslateOptions {
  readonly streams: CommandStreams;
  readonly clock: Clock;
  /** Takes an upgrade to SPDY/3.1 to the streaming server. */
  readonly dial: (request: ApiRequest) => Promise<ApiResponse>;
}

export const wantsV5 = ({ headers }: ApiRequest): boolean => listOf(headers['sec-websocket-protocol']).includes(V5);

/** The caller is answered at once; that the streaming server cannot be reached or refuses is told on the error channel. */
export async function translateCommand(request: ApiRequest, options: TranslateOptions): Promise<ApiResponse> {
  const hands = await shakeHands(request, (protocol) => protocol === V5);
  if (!hands.agreed) return refusal(hands);
  const [ours, theirs] = duplexPair();
  const socket = new ServerWebSocket(ours, { clock: options.clock, maxMessageBytes: MAX_MESSAGE_BYTES, grace: FINISH, idle: IDLE });
  void new Translation(socket, options.streams).run(() => options.dial(spdyRequest(request, SPDY_PROTOCOLS)));
  return { status: 101, headers: hands.headers, body: { type: 'upgrade', connection: theirs } };
}

/** The same request as an upgrade to SPDY. */
export function spdyRequest(request: ApiRequest, protocols: readonly string[]): ApiRequest {
  const kept = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith('sec-websocket-')));
  const { body: _, ...rest } = request;
  const headers: Headers = { ...kept, connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocols.join(', ') };
  return { ...rest, method: 'POST', headers };
}

interface Opened {
  readonly spdy: SpdyClient;
  /** Streams that the caller feeds, by channel. */
  readonly inputs: ReadonlyMap<number, number>;
  /** Channels by the streams that feed the caller. */
  readonly outputs: ReadonlyMap<number, number>;
  readonly version: string;
}

class Translation {
  readonly #socket: ServerWebSocket;
  readonly #streams: CommandStreams;

  constructor(socket: ServerWebSocket, streams: CommandStreams) {
    this.#socket = socket;
    this.#streams = streams;
  }

  /** Until both sides have ended; never rejects. */
  async run(dial: () => Promise<ApiResponse>): Promise<void> {
    let spdy: SpdyClient | undefined;
    let input: Promise<void> | undefined;
    try {
      await this.#send(this.#streams.stdout ? CHANNELS.stdout : this.#streams.stderr ? CHANNELS.stderr : CHANNELS.error, new Uint8Array());
      const opened = await this.#open(await dial());
      ({ spdy } = opened);
      using _gone = onAbort(this.#socket.closed, () => opened.spdy.destroy(new Error('the WebSocket is closed')));
      input = this.#input(opened);
      await this.#finish(await this.#output(opened));
    } catch (error) {
      spdy?.destroy(error);
      await this.#finish(internalError(messageOf(error)));
    }
    await (input ?? drain(this.#socket.messages()));
  }

  async #open(response: ApiResponse): Promise<Opened> {
    const spdy = new SpdyClient(await upgraded(response));
    const { stdin, stdout, stderr, tty } = this.#streams;
    const version = response.headers['x-stream-protocol-version'] ?? '';
    const inputs = new Map<number, number>();
    const outputs = new Map<number, number>();
    const open = (streamtype: string) => spdy.open({ streamtype });
    const error = await open('error');
    outputs.set(error, CHANNELS.error);
    await spdy.end(error);
    if (stdin) inputs.set(CHANNELS.stdin, await open('stdin'));
    if (stdout) outputs.set(await open('stdout'), CHANNELS.stdout);
    if (stderr && !tty) outputs.set(await open('stderr'), CHANNELS.stderr);
    if (tty && /^v[34]\./.test(version)) inputs.set(CHANNELS.resize, await open('resize'));
    return { spdy, inputs, outputs, version };
  }

  /** From the caller, until it has gone. */
  async #input({ spdy, inputs }: Opened): Promise<void> {
    const open = new Map(inputs);
    for await (const message of this.#socket.messages()) {
      try {
        await forward(message, open, spdy);
      } catch {
        open.clear(); // the command has ended: what comes now is thrown away
      }
    }
  }

  /** From the command, until all its streams have ended. */
  async #output({ spdy, outputs, version }: Opened): Promise<CommandStatus> {
    const open = new Map(outputs);
    const decoder = new TextDecoder();
    let status = '';
    for await (const event of spdy.events()) {
      const channel = open.get(event.stream);
      if (channel === undefined) continue;
      if (event.type === 'data' && channel === CHANNELS.error) status = (status + decoder.decode(event.bytes, { stream: true })).slice(0, MAX_STATUS_BYTES);
      else if (event.type === 'data' && event.bytes.length > 0) await this.#send(channel, event.bytes);
      if (event.fin) open.delete(event.stream);
      if (open.size === 0) return statusFrom(status, version);
    }
    return status === '' ? internalError('error reading from error stream: unexpected EOF') : statusFrom(status, version);
  }

  #send(channel: number, bytes: Uint8Array): Promise<void> {
    const payload = new Uint8Array(1 + bytes.length);
    payload[0] = channel;
    payload.set(bytes, 1);
    return this.#socket.send(encodeFrame('binary', payload));
  }

  async #finish(status: CommandStatus): Promise<void> {
    await this.#send(CHANNELS.error, new TextEncoder().encode(JSON.stringify(status))).catch(() => {});
    await this.#socket.close(CLOSE_CODES.normal);
  }
}

/** @throws in the words of client-go where the answer is no upgrade */
async function upgraded(response: ApiResponse): Promise<Duplex> {
  if (response.body?.type === 'upgrade') return response.body.connection;
  const text = await textOf(response.body);
  throw new Error(`unable to upgrade connection: ${statusMessageOf(text)}`);
}

function statusMessageOf(text: string): string {
  try {
    const status = JSON.parse(text) as { readonly kind?: unknown; readonly message?: unknown } | null;
    return status?.kind === 'Status' && typeof status.message === 'string' ? status.message : text;
  } catch {
    return text;
  }
}

async function forward(bytes: Uint8Array, open: Map<number, number>, spdy: SpdyClient): Promise<void> {
  const [channel, target] = bytes;
  if (channel === undefined) return;
  if (channel !== CHANNELS.close) {
    const stream = open.get(channel);
    if (stream !== undefined) await spdy.write(stream, bytes.subarray(1));
    return;
  }
  const stream = bytes.length === 2 ? open.get(target!) : undefined;
  if (stream === undefined) return;
  open.delete(target!);
  await spdy.end(stream);
}

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}
