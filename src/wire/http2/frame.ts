import { ERROR_CODES, type ErrorCode } from './failure.ts';
import type { Outbox } from './outbox.ts';

/** RFC 9113, 6. */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Flags; ACK is END_STREAM's bit. */
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const WITH_PRIORITY = 32;

export const HEAD_BYTES = 9;
/** The payload every peer must take, and all that we take. */
export const FRAME_BYTES = 16_384;
/** The window both directions begin with (RFC 9113, 6.9.2). */
export const FIRST_WINDOW = 65_535;
export const LARGEST_WINDOW = 2 ** 31 - 1;

/** Names of settings (RFC 9113, 6.5.2). */
export const HEADER_TABLE_SIZE = 1;
export const ENABLE_PUSH = 2;
export const MAX_CONCURRENT_STREAMS = 3;
export const INITIAL_WINDOW_SIZE = 4;
export const MAX_FRAME_SIZE = 5;
export const MAX_HEADER_LIST_SIZE = 6;

/** A frame as it was read; the reader uses the same one for all. The payload is `bytes` from `from` up to `to`. */
export interface Frame {
  type: number;
  flags: number;
  stream: number;
  bytes: Uint8Array;
  from: number;
  to: number;
}

interface Head {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

export function writeHead(bytes: Uint8Array, at: number, { length, type, flags, stream }: Head & { readonly length: number }): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  writeUint32(bytes, at + 5, stream);
}

export function writeFrame(out: Outbox, head: Head, payload: Uint8Array): void {
  const bytes = out.makeRoom(HEAD_BYTES + payload.length);
  writeHead(bytes, out.length, { ...head, length: payload.length });
  bytes.set(payload, out.length + HEAD_BYTES);
  out.advance(out.length + HEAD_BYTES + payload.length);
}

export function writeSettings(out: Outbox, settings: readonly (readonly [name: number, value: number])[]): void {
  const payload = new Uint8Array(settings.length * 6);
  settings.forEach(([name, value], n) => {
    payload[n * 6 + 1] = name;
    writeUint32(payload, n * 6 + 2, value);
  });
  writeFrame(out, { type: SETTINGS, flags: 0, stream: 0 }, payload);
}

export const writeReset = (out: Outbox, stream: number, code: ErrorCode): void => writeNumber(out, { type: RST_STREAM, stream }, ERROR_CODES[code]);

export const writeWindowUpdate = (out: Outbox, stream: number, increment: number): void => writeNumber(out, { type: WINDOW_UPDATE, stream }, increment);

export function writeGoAway(out: Outbox, lastStream: number, { code, text = '' }: { readonly code: ErrorCode; readonly text?: string }): void {
  const payload = new Uint8Array(8 + text.length);
  writeUint32(payload, 0, lastStream);
  writeUint32(payload, 4, ERROR_CODES[code]);
  for (let at = 0; at < text.length; at++) payload[8 + at] = text.charCodeAt(at);
  writeFrame(out, { type: GOAWAY, flags: 0, stream: 0 }, payload);
}

function writeNumber(out: Outbox, { type, stream }: Pick<Head, 'type' | 'stream'>, value: number): void {
  const bytes = out.makeRoom(HEAD_BYTES + 4);
  writeHead(bytes, out.length, { length: 4, type, flags: 0, stream });
  writeUint32(bytes, out.length + HEAD_BYTES, value);
  out.advance(out.length + HEAD_BYTES + 4);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export const uint32At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/** Without the bit that means nothing. */
export const uint31At = (bytes: Uint8Array, at: number): number => uint32At(bytes, at) & 0x7fff_ffff;
