/** The far end of a SPDY connection in tests: notes what is opened and said, says what it is told to. */
import { inflateRawSync, constants } from 'node:zlib';
import type { ApiRequest, ApiResponse, Duplex } from '../api.ts';
import { duplexPair } from '../duplex.ts';
import { encodeData, SpdyDecoder } from '../spdy.ts';

export interface SpdyServer {
  readonly asked: ApiRequest[];
  /** Answers upgrades, with this protocol. */
  dial(request: ApiRequest): Promise<ApiResponse>;
  /** Each stream's headers as they were opened, in order. */
  readonly opened: Record<string, string>[];
  /** What was said on a stream of this type. */
  heard(type: string): string;
  /** Whether the client has half-closed it. */
  isEnded(type: string): boolean;
  say(type: string, text: string | Uint8Array, fin?: boolean): Promise<void>;
  /** Resolves when this holds; asked at everything heard. */
  until(holds: () => boolean): Promise<void>;
  connection(): Duplex;
}

export function fakeSpdyServer(protocol = 'v4.channel.k8s.io'): SpdyServer {
  const asked: ApiRequest[] = [];
  const opened: Record<string, string>[] = [];
  const said = new Map<number, { text: string; ended: boolean }>();
  const waiting = new Set<() => void>();
  const tell = () => waiting.forEach((look) => look());
  let ours: Duplex | undefined;
  const idOf = (type: string) => 1 + 2 * opened.findIndex(({ streamtype }) => streamtype === type);

  const listen = async (connection: Duplex) => {
    const decoder = new SpdyDecoder();
    const opens = new OpenedStreams();
    try {
      for await (const bytes of connection.readable) {
        for (const headers of opens.push(bytes)) opened.push(headers);
        for (const event of decoder.push(bytes)) {
          if (event.type !== 'data') continue;
          const stream = said.get(event.stream) ?? { text: '', ended: false };
          said.set(event.stream, { text: stream.text + new TextDecoder().decode(event.bytes), ended: event.fin });
        }
        tell();
      }
    } catch {
      // dropped by the client
    }
  };

  return {
    asked, opened,
    async dial(request) {
      asked.push(request);
      const [near, far] = duplexPair();
      ours = far;
      void listen(far);
      return { status: 101, headers: { upgrade: 'SPDY/3.1', connection: 'Upgrade', 'x-stream-protocol-version': protocol }, body: { type: 'upgrade', connection: near } };
    },
    heard: (type) => said.get(idOf(type))?.text ?? '',
    isEnded: (type) => said.get(idOf(type))?.ended ?? false,
    async say(type, text, fin = false) {
      for (const frame of encodeData(idOf(type), typeof text === 'string' ? new TextEncoder().encode(text) : text, fin)) await ours!.write(frame);
    },
    until: (holds) => new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    }),
    connection: () => ours!,
  };
}

const SYN_STREAM = 1;

/** Reads the headers of opened streams, which the product's own decoder skips. Takes whole frames. */
class OpenedStreams {
  #zipped = Buffer.alloc(0);
  #read = 0;

  push(bytes: Uint8Array): readonly Record<string, string>[] {
    const frame = Buffer.from(bytes);
    if (frame[0]! < 0x80 || frame.readUInt16BE(2) !== SYN_STREAM) return [];
    const block = frame.subarray(18);
    this.#zipped = Buffer.concat([this.#zipped, this.#zipped.length === 0 ? block.subarray(6) : block]);
    const plain = inflateRawSync(this.#zipped, { finishFlush: constants.Z_SYNC_FLUSH });
    const words = wordsOf(plain.subarray(this.#read));
    this.#read = plain.length;
    return [Object.fromEntries(words)];
  }
}

function wordsOf(block: Buffer): readonly (readonly [string, string])[] {
  let at = 4;
  const word = () => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    return block.toString('utf8', at - length, at);
  };
  return Array.from({ length: block.readUInt32BE(0) }, () => [word(), word()] as const);
}
