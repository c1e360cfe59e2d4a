import type { Client } from '../../client/index.ts';
import { onAbort } from '../../base/abort.ts';
import type { CommandStatus } from '../../wire/remote-status.ts';
import { upgrade } from './upgrade.ts';
import { handshakeKey, WebSocketClient } from './web-socket.ts';

/** The first can half-close the input (KEP-4006); older servers know the second alone. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface CommandOptions {
  /** The pod's only one, or its default, unless said. */
  readonly container?: string;
  /** What the command reads. Without it its input is closed. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Where its output goes as it comes; a promise makes it wait. Without it the output is collected. */
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  /** Gives it a terminal; there is no stderr then. */
  readonly tty?: boolean;
  /** Sizes of that terminal, in columns and rows. */
  readonly sizes?: AsyncIterable<{ readonly width: number; readonly height: number }>;
  readonly signal?: AbortSignal;
}

export type Sink = (bytes: Uint8Array) => void | Promise<void>;

export interface Finished {
  /** Zero is success. */
  readonly code: number;
  /** What no sink took, as text. */
  readonly stdout: string;
  readonly stderr: string;
}

type Pod = { readonly name: string; readonly namespace: string };

export const exec = (client: Client, pod: Pod, options: CommandOptions & { readonly command: readonly string[] }): Promise<Finished> =>
  stream(client, { pod, subresource: 'exec' }, options);

export const attach = (client: Client, pod: Pod, options: CommandOptions): Promise<Finished> => stream(client, { pod, subresource: 'attach' }, options);

async function stream(
  client: Client, at: { readonly pod: Pod; readonly subresource: 'exec' | 'attach' }, options: CommandOptions & { readonly command?: readonly string[] },
): Promise<Finished> {
  const { command, container, stdin, tty = false, signal } = options;
  const { connection, response } = await upgrade(client, {
    ...at, method: 'GET', ...(signal ? { signal } : {}),
    query: { command, container, stdin: stdin !== undefined, stdout: true, stderr: !tty, tty },
    headers: { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': handshakeKey(), 'sec-websocket-protocol': PROTOCOLS.join(', ') },
  });
  using _given = signal && onAbort(signal, () => connection.destroy(signal.reason));
  const socket = new WebSocketClient(connection);
  const canHalfClose = response.headers['sec-websocket-protocol'] === PROTOCOLS[0];
  // The command may end without reading all that there is to read.
  void feed(socket, options, canHalfClose).catch(() => {});
  try {
    return await collect(socket, options);
  } finally {
    await socket.close();
  }
}

async function feed(socket: WebSocketClient, { stdin, sizes }: CommandOptions, canHalfClose: boolean): Promise<void> {
  const resizing = (async () => {
    for await (const { width, height } of sizes ?? []) await socket.send(message(CHANNELS.resize, encoder.encode(JSON.stringify({ Width: width, Height: height }))));
  })().catch(() => {});
  for await (const bytes of stdin ?? []) await socket.send(message(CHANNELS.stdin, bytes));
  if (stdin && canHalfClose) await socket.send(Uint8Array.of(CHANNELS.close, CHANNELS.stdin));
  await resizing;
}

/** Until the server says how the command ended. */
async function collect(socket: WebSocketClient, { stdout, stderr }: CommandOptions): Promise<Finished> {
  const [out, err, status] = [new TextSink(), new TextSink(), new TextSink()];
  const sinks = new Map<number, Sink>([
    [CHANNELS.stdout, stdout ?? out.take], [CHANNELS.stderr, stderr ?? err.take], [CHANNELS.error, status.take],
  ]);
  for await (const bytes of socket.messages()) if (bytes.length > 1) await sinks.get(bytes[0]!)?.(bytes.subarray(1));
  return { code: exitCode(status.text), stdout: out.text, stderr: err.text };
}

/** @throws with the server's message where the command did not run to an end of its own */
function exitCode(text: string): number {
  if (text === '') throw new Error('the connection was closed before the command ended');
  const status = JSON.parse(text) as CommandStatus;
  if (status.status === 'Success') return 0;
  const code = status.reason === 'NonZeroExitCode' ? status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message : undefined;
  if (code === undefined) throw new Error(status.message ?? text);
  return Number(code);
}

class TextSink {
  readonly #decoder = new TextDecoder();
  #text = '';

  readonly take = (bytes: Uint8Array): void => {
    this.#text += this.#decoder.decode(bytes, { stream: true });
  };

  get text(): string {
    return this.#text;
  }
}

const encoder = new TextEncoder();

function message(channel: number, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(1 + bytes.length);
  all[0] = channel;
  all.set(bytes, 1);
  return all;
}
