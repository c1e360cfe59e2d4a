/** What an HTTP/2 client sends, and how it reads what comes: for scripts, frame by frame, right or wrong. */
import { ManualClock } from '../../../base/clock.ts';
import { Http2Connection } from '../connection.ts';
import { DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, uint32At, WINDOW_UPDATE } from '../frame.ts';
import { ERROR_CODES } from '../failure.ts';
import { HpackDecoder } from '../hpack-decoder.ts';
import { HpackEncoder } from '../hpack-encoder.ts';
import { Outbox } from '../outbox.ts';
import type { Http2Stream } from '../stream.ts';

export const bytesOf = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
export const PREFACE = new TextEncoder().encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface SentFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

export function frame(type: number, { flags = 0, stream = 0, payload = new Uint8Array(0) }: Partial<Omit<SentFrame, 'type'>> = {}): Uint8Array {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function settings(values: readonly (readonly [number, number])[] = []): Uint8Array {
  const payload = Buffer.alloc(values.length * 6);
  values.forEach(([name, value], n) => {
    payload.writeUInt16BE(name, n * 6);
    payload.writeUInt32BE(value, n * 6 + 2);
  });
  return frame(SETTINGS, { payload });
}

export function number(type: number, stream: number, value: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frame(type, { stream, payload });
}

export const windowUpdate = (stream: number, increment: number): Uint8Array => number(WINDOW_UPDATE, stream, increment);
export const reset = (stream: number): Uint8Array => number(RST_STREAM, stream, ERROR_CODES.CANCEL);
export const data = (stream: number, payload: Uint8Array | string, end = false): Uint8Array =>
  frame(DATA, { stream, flags: end ? END_STREAM : 0, payload: typeof payload === 'string' ? Buffer.from(payload) : payload });

export const GET: readonly (readonly [string, string])[] = [[':method', 'GET'], [':scheme', 'https'], [':path', '/'], [':authority', 'x']];
export const POST: readonly (readonly [string, string])[] = [[':method', 'POST'], ...GET.slice(1)];

/** Encodes as clients do, with a table of its own. */
export class Headers {
  readonly #encoder = new HpackEncoder();

  block(fields: readonly (readonly [string, string])[]): Uint8Array {
    const out = new Outbox();
    this.#encoder.begin(out);
    for (const [name, value] of fields) this.#encoder.write(out, name, value);
    return (out.take() ?? new Uint8Array(0)).slice();
  }

  frame(stream: number, fields: readonly (readonly [string, string])[], end = true): Uint8Array {
    return frame(HEADERS, { stream, flags: END_HEADERS | (end ? END_STREAM : 0), payload: this.block(fields) });
  }
}

/** A connection and its client, in one hand. */
export class Script {
  readonly clock = new ManualClock();
  readonly headers = new Headers();
  readonly requests: Http2Stream[] = [];
  readonly connection: Http2Connection;
  readonly #decoder = new HpackDecoder({ listBytes: 1 << 20, fields: 1000 });
  #rest: Uint8Array = new Uint8Array(0);

  constructor(onRequest: (stream: Http2Stream) => void = () => {}) {
    this.connection = new Http2Connection({
      clock: this.clock,
      headers: { listBytes: 16_384, fields: 100 },
      onOutput: () => {},
      onRequest: (stream) => {
        this.requests.push(stream);
        onRequest(stream);
      },
    });
  }

  /** As `new`, with the greetings exchanged. */
  static begun(onRequest?: (stream: Http2Stream) => void): Script {
    const script = new Script(onRequest);
    script.send(PREFACE, settings());
    script.read();
    return script;
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.connection.receive(new Uint8Array(Buffer.concat(bytes)));
  }

  get(stream: number, more: readonly (readonly [string, string])[] = []): void {
    this.send(this.headers.frame(stream, [...GET, ...more]));
  }

  /** The frames sent since the last look: all that one write holds. */
  read(): SentFrame[] {
    const bytes = Buffer.concat([this.#rest, this.connection.sender.take() ?? new Uint8Array(0)]);
    this.connection.sender.sent();
    const frames: SentFrame[] = [];
    let at = 0;
    while (bytes.length - at >= 9 && bytes.length - at - 9 >= bytes.readUIntBE(at, 3)) {
      const to = at + 9 + bytes.readUIntBE(at, 3);
      frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, to) });
      at = to;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }

  /** Everything to be sent until nothing more is. */
  readAll(): SentFrame[] {
    const all: SentFrame[] = [];
    for (let some = this.read(); some.length > 0; some = this.read()) all.push(...some);
    return all;
  }

  /** In words: `HEADERS 1 :status=200 …`, `DATA 1 5 end`, `RST_STREAM 3 PROTOCOL_ERROR`, `GOAWAY 0 NO_ERROR last 5`. */
  told(): string[] {
    return this.read().map((one) => this.inWords(one));
  }

  inWords({ type, flags, stream, payload }: SentFrame): string {
    const end = flags & END_STREAM ? ' end' : '';
    const code = (at: number) => Object.entries(ERROR_CODES).find(([, value]) => value === uint32At(payload, at))?.[0];
    if (type === HEADERS) return `HEADERS ${stream} ${this.#decoder.decode(payload).fields.map(({ name, value }) => `${name}=${value}`).join(' ')}${end}`;
    if (type === DATA) return `DATA ${stream} ${payload.length}${end}`;
    if (type === RST_STREAM) return `RST_STREAM ${stream} ${code(0)}`;
    if (type === GOAWAY) return `GOAWAY ${code(4)} last ${uint32At(payload, 0)}`;
    if (type === WINDOW_UPDATE) return `WINDOW_UPDATE ${stream} ${uint32At(payload, 0)}`;
    if (type === SETTINGS) return `SETTINGS${flags & 1 ? ' ack' : ` ${payload.length / 6}`}`;
    return `frame ${type} ${flags}`;
  }
}
