/**
 * Frames of SPDY/3.1, as far as exec, attach and port-forward use them: this side opens streams and names them by headers,
 * then bytes go both ways. Headers of the other side mean nothing there and are skipped, so nothing is ever inflated.
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
import { joinBytes } from '../base/join-bytes.ts';

const VERSION = 3;
const TYPES = { stream: 1, reply: 2, reset: 3, ping: 6, headers: 8 } as const;
const FIN = 0x01;
const HEAD = 8;
/** Of a control frame: headers of a stream have two words. */
const MAX_CONTROL_BYTES = 64 << 10;
/** So that one large message does not hold up the others' frames. */
const MAX_DATA_BYTES = 1 << 20;

const encoder = new TextEncoder();

/** The other side broke the protocol. The connection is of no use any more. */
export class SpdyFailure extends Error {}

/**
 * Header blocks of a connection are one zlib stream over SPDY's dictionary (2.6.10.1), named here by its checksum. Blocks are
 * stored, not deflated: then the dictionary itself is not needed, and a few words gain nothing from it.
 */
const ZLIB_HEAD = Uint8Array.of(0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2);
/** An empty block tells the reader to hand out what it has. */
const FLUSH = Uint8Array.of(0, 0, 0, 0xff, 0xff);

/** What opens streams. It has a state, as the compressed headers of one connection belong together. */
export class SpdyEncoder {
  #begun = false;

  openStream(stream: number, headers: Readonly<Record<string, string>>): Uint8Array {
    const block = headerBlock(headers);
    const stored = joinBytes([this.#begun ? new Uint8Array() : ZLIB_HEAD, Uint8Array.of(0, block.length & 0xff, block.length >> 8, ~block.length & 0xff, (~block.length >> 8) & 0xff), block, FLUSH]);
    this.#begun = true;
    const frame = controlFrame(TYPES.stream, 10 + stored.length);
    new DataView(frame.buffer).setUint32(HEAD, stream);
    frame.set(stored, HEAD + 10); // after the stream it belongs to (none), its priority and slot
    return frame;
  }
}

/** The frames of some bytes on a stream; `fin` half-closes it. */
export function encodeData(stream: number, bytes: Uint8Array, fin = false): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length || (at === 0 && fin); at += MAX_DATA_BYTES) {
    const part = bytes.subarray(at, at + MAX_DATA_BYTES);
    const frame = new Uint8Array(HEAD + part.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, stream);
    view.setUint32(4, part.length);
    if (fin && at + part.length >= bytes.length) frame[4] = FIN;
    frame.set(part, HEAD);
    frames.push(frame);
    if (part.length === 0) break;
  }
  return frames;
}

export function encodePing(id: number): Uint8Array {
  const frame = controlFrame(TYPES.ping, 4);
  new DataView(frame.buffer).setUint32(HEAD, id);
  return frame;
}

function controlFrame(type: number, length: number): Uint8Array {
  const frame = new Uint8Array(HEAD + length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, 0x8000 | VERSION);
  view.setUint16(2, type);
  view.setUint32(4, length);
  return frame;
}

/** Count, then name and value each after its length (2.6.10). Names are lower case. */
function headerBlock(headers: Readonly<Record<string, string>>): Uint8Array {
  const words = Object.entries(headers).flatMap(([name, value]) => [encoder.encode(name.toLowerCase()), encoder.encode(value)]);
  return joinBytes([uint32(words.length / 2), ...words.flatMap((word) => [uint32(word.length), word])]);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export type SpdyEvent =
  /** Some bytes of a stream as they come, whatever frames they are in. `fin`: the last; there may be none of them. */
  | { readonly type: 'data'; readonly stream: number; readonly bytes: Uint8Array; readonly fin: boolean }
  | { readonly type: 'reply' | 'reset'; readonly stream: number; readonly fin: boolean }
  | { readonly type: 'ping'; readonly id: number };

interface DataFrame {
  readonly stream: number;
  readonly fin: boolean;
  left: number;
}

const NONE = new Uint8Array();

/** Bytes in, events out, however the bytes are cut. It keeps no more than one control frame. */
export class SpdyDecoder {
  readonly #head = new Uint8Array(HEAD);
  #filled = 0;
  #data: DataFrame | undefined;
  #control: { readonly payload: Uint8Array; filled: number } | undefined;

  /** @throws SpdyFailure after which the decoder must not be used */
  push(bytes: Uint8Array): readonly SpdyEvent[] {
    const events: SpdyEvent[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#data) at += this.#take(this.#data, bytes.subarray(at), events);
      else if (this.#control) at += this.#gather(this.#control, bytes.subarray(at), events);
      else {
        this.#head[this.#filled++] = bytes[at++]!;
        if (this.#filled === HEAD) this.#begin(events);
      }
    }
    return events;
  }

  #begin(events: SpdyEvent[]): void {
    this.#filled = 0;
    const view = new DataView(this.#head.buffer);
    const length = view.getUint32(4) & 0xffffff;
    if (this.#head[0]! < 0x80) {
      this.#data = { stream: view.getUint32(0), fin: (this.#head[4]! & FIN) !== 0, left: length };
      if (length === 0) this.#take(this.#data, NONE, events);
      return;
    }
    const version = view.getUint16(0) & 0x7fff;
    if (version !== VERSION) throw new SpdyFailure(`SPDY version ${version} is not known`);
    if (length > MAX_CONTROL_BYTES) throw new SpdyFailure(`a control frame is larger than ${MAX_CONTROL_BYTES} bytes`);
    this.#control = { payload: new Uint8Array(length), filled: 0 };
    if (length === 0) this.#gather(this.#control, NONE, events);
  }

  #take(frame: DataFrame, bytes: Uint8Array, events: SpdyEvent[]): number {
    const part = bytes.subarray(0, frame.left);
    frame.left -= part.length;
    const over = frame.left === 0;
    if (over) this.#data = undefined;
    events.push({ type: 'data', stream: frame.stream, bytes: part, fin: over && frame.fin });
    return part.length;
  }

  #gather(frame: { readonly payload: Uint8Array; filled: number }, bytes: Uint8Array, events: SpdyEvent[]): number {
    const part = bytes.subarray(0, frame.payload.length - frame.filled);
    frame.payload.set(part, frame.filled);
    frame.filled += part.length;
    if (frame.filled === frame.payload.length) {
      this.#control = undefined;
      const event = this.#finish(frame.payload);
      if (event) events.push(event);
    }
    return part.length;
  }

  #finish(payload: Uint8Array): SpdyEvent | undefined {
    const type = this.#head[2]! * 256 + this.#head[3]!;
    const fin = (this.#head[4]! & FIN) !== 0;
    const first = () => {
      if (payload.length < 4) throw new SpdyFailure('a control frame is too short');
      return new DataView(payload.buffer).getUint32(0);
    };
    if (type === TYPES.reply || type === TYPES.headers) return { type: 'reply', stream: first() & 0x7fffffff, fin };
    if (type === TYPES.reset) return { type: 'reset', stream: first() & 0x7fffffff, fin: true };
    if (type === TYPES.ping) return { type: 'ping', id: first() };
    // Settings and windows: the streaming servers of runtimes have none. The end of the connection is seen by itself.
    return undefined;
  }
}
