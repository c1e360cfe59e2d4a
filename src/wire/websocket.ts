/** Frames of RFC 6455, both ways, without a socket. */
import { joinBytes } from '../base/join-bytes.ts';

const CONTINUATION = 0;
const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export type FrameType = keyof typeof OPCODES;

/** What may be said in a control frame (5.5). */
const MAX_CONTROL_BYTES = 125;
const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface FrameOptions {
  /** More frames of the same message follow. */
  readonly more?: boolean;
  /** Continues the message begun before. */
  readonly continued?: boolean;
  /** Four bytes: clients mask what they send, servers must not (5.1). */
  readonly mask?: Uint8Array;
}

export function encodeFrame(type: FrameType, payload: Uint8Array, { more, continued, mask }: FrameOptions = {}): Uint8Array {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extended + (mask ? 4 : 0);
  const frame = new Uint8Array(start + length);
  const view = new DataView(frame.buffer);
  frame[0] = (more ? 0 : 0x80) | (continued ? CONTINUATION : OPCODES[type]);
  frame[1] = (mask ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  if (mask) frame.set(mask, 2 + extended);
  frame.set(payload, start);
  if (mask) for (let at = 0; at < length; at++) frame[start + at]! ^= mask[at % 4]!;
  return frame;
}

/** @param reason at most 123 bytes of it are sent */
export function encodeClose(code: number, reason = '', mask?: Uint8Array): Uint8Array {
  const text = new Uint8Array(MAX_CONTROL_BYTES - 2);
  const { written } = encoder.encodeInto(reason, text);
  return encodeFrame('close', Uint8Array.of(code >> 8, code & 0xff, ...text.subarray(0, written)), mask ? { mask } : {});
}

export type WebSocketEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'binary' | 'ping' | 'pong'; readonly bytes: Uint8Array }
  /** Code 1005 where none was given. Nothing comes after it. */
  | { readonly type: 'close'; readonly code: number; readonly reason: string };

/** The other side broke the protocol or a limit; `code` is what to close the connection with (7.4.1). */
export class WebSocketFailure extends Error {
  readonly code: 1002 | 1007 | 1009;

  constructor(code: 1002 | 1007 | 1009, message: string) {
    super(message);
    this.code = code;
  }
}

export interface DecoderOptions {
  /** Who is heard: clients must mask, servers must not. */
  readonly from: 'client' | 'server';
  /** Of one message, all its frames together. */
  readonly maxMessageBytes: number;
}

interface OpenFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly mask: Uint8Array | undefined;
  readonly payload: Uint8Array;
  filled: number;
}

interface OpenMessage {
  readonly text: boolean;
  readonly parts: Uint8Array[];
  size: number;
}

/** Bytes in, whole messages and control frames out, however the bytes are cut. */
export class WebSocketDecoder {
  readonly #masked: boolean;
  readonly #max: number;
  #header: number[] = [];
  #frame: OpenFrame | undefined;
  #message: OpenMessage | undefined;
  #closed = false;

  constructor({ from, maxMessageBytes }: DecoderOptions) {
    this.#masked = from === 'client';
    this.#max = maxMessageBytes;
  }

  /** @throws WebSocketFailure after which the decoder must not be used */
  push(bytes: Uint8Array): readonly WebSocketEvent[] {
    const events: WebSocketEvent[] = [];
    for (let at = 0; at < bytes.length && !this.#closed;) {
      if (!this.#frame) {
        this.#header.push(bytes[at++]!);
        this.#frame = this.#open();
      } else {
        at += fill(this.#frame, bytes.subarray(at));
      }
      if (!this.#frame || this.#frame.filled < this.#frame.payload.length) continue;
      const event = this.#finish(this.#frame);
      this.#frame = undefined;
      if (event) events.push(event);
    }
    return events;
  }

  /** The frame that the header gathered so far announces, once the header is whole. */
  #open(): OpenFrame | undefined {
    const [first, second] = this.#header;
    if (first === undefined || second === undefined) return undefined;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const masked = second >= 0x80;
    if (this.#header.length === 2) this.#check(first, { short, masked });
    if (this.#header.length < 2 + extended + (masked ? 4 : 0)) return undefined;
    const length = extended === 0 ? short : this.#header.slice(2, 2 + extended).reduce((sum, byte) => sum * 256 + byte, 0);
    if (extended !== 0 && length < (extended === 2 ? 126 : 65_536)) throw new WebSocketFailure(1002, 'a length is not written in its shortest form');
    if (length + (this.#message?.size ?? 0) > this.#max && first % 16 < 8) throw new WebSocketFailure(1009, `a message is larger than ${this.#max} bytes`);
    const mask = masked ? Uint8Array.from(this.#header.slice(2 + extended)) : undefined;
    this.#header = [];
    return { opcode: first & 0x0f, fin: first >= 0x80, mask, payload: new Uint8Array(length), filled: 0 };
  }

  #check(first: number, { short, masked }: { readonly short: number; readonly masked: boolean }): void {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) throw new WebSocketFailure(1002, 'a reserved bit is set');
    if (masked !== this.#masked) throw new WebSocketFailure(1002, this.#masked ? 'a client must mask its frames' : 'a server must not mask its frames');
    if (opcode > 10 || (opcode > 2 && opcode < 8)) throw new WebSocketFailure(1002, `unknown opcode ${opcode}`);
    if (opcode >= 8 && (first < 0x80 || short > MAX_CONTROL_BYTES)) throw new WebSocketFailure(1002, 'a control frame is fragmented or too long');
    if (opcode < 8 && (opcode === CONTINUATION) !== (this.#message !== undefined)) {
      throw new WebSocketFailure(1002, opcode === CONTINUATION ? 'nothing to continue' : 'a message begins within another');
    }
  }

  #finish({ opcode, fin, payload }: OpenFrame): WebSocketEvent | undefined {
    if (opcode === OPCODES.ping) return { type: 'ping', bytes: payload };
    if (opcode === OPCODES.pong) return { type: 'pong', bytes: payload };
    if (opcode === OPCODES.close) {
      this.#closed = true;
      return closeOf(payload);
    }
    const message = (this.#message ??= { text: opcode === OPCODES.text, parts: [], size: 0 });
    message.parts.push(payload);
    message.size += payload.length;
    if (!fin) return undefined;
    this.#message = undefined;
    const bytes = message.parts.length === 1 ? message.parts[0]! : joinBytes(message.parts);
    return message.text ? { type: 'text', text: textOf(bytes) } : { type: 'binary', bytes };
  }
}

/** Copies what belongs to the frame, unmasked; says how many bytes that were. */
function fill(frame: OpenFrame, bytes: Uint8Array): number {
  const { payload, mask, filled } = frame;
  const count = Math.min(payload.length - filled, bytes.length);
  payload.set(bytes.subarray(0, count), filled);
  if (mask) for (let at = filled; at < filled + count; at++) payload[at]! ^= mask[at % 4]!;
  frame.filled += count;
  return count;
}

function closeOf(payload: Uint8Array): WebSocketEvent {
  if (payload.length === 0) return { type: 'close', code: 1005, reason: '' };
  const code = payload[0]! * 256 + (payload[1] ?? 0);
  const known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
  if (payload.length === 1 || !known) throw new WebSocketFailure(1002, 'a close frame without a valid code');
  return { type: 'close', code, reason: textOf(payload.subarray(2)) };
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new WebSocketFailure(1007, 'text is not valid UTF-8');
  }
}
