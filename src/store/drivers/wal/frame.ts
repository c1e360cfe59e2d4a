import { crc32 } from 'node:zlib';
import type { OpenFile } from './files.ts';

/**
 * A frame is one write that is whole or was never there:
 *
 *     mark u32 | length u32 | crc u32 | payload          little-endian; the CRC covers length and payload
 *
 * Each file has its own random `seed`, from which its CRCs start: bytes of another file, or a frame that someone stored as
 * a value, never pass for a frame of this one.
 */
const MARK = 0x314c574b;
const MARK_BYTES = Buffer.from('KWL1');
const HEADER = 12;
/** No frame is larger; a length above it is damage. */
const MAX_PAYLOAD = 1 << 28;
const WINDOW = 1 << 20;
const ZEROS = Buffer.alloc(WINDOW);

/** Grows a frame in place; one writer serves a file for its whole life, since each frame is written before the next. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafe(1 << 16);
  #length = HEADER;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  uint64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length);
  }

  /** With its length in bytes before it. */
  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const size = this.#buffer.write(value, this.#length + 4);
    this.#buffer.writeUInt32LE(size, this.#length);
    this.#length += 4 + size;
  }

  /** With its length before it. */
  bytes(value: Uint8Array): void {
    this.uint32(value.byteLength);
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  /** The whole frame, valid until the next call of anything here; the writer is empty again. */
  finish(): Buffer {
    const frame = this.#buffer.subarray(0, this.#length);
    this.#length = HEADER;
    const payload = frame.byteLength - HEADER;
    if (payload > MAX_PAYLOAD) throw new RangeError(`store: ${payload} bytes in one commit, at most ${MAX_PAYLOAD} fit`);
    frame.writeUInt32LE(MARK, 0);
    frame.writeUInt32LE(payload, 4);
    frame.writeUInt32LE(checksum(frame, this.#seed), 8);
    return frame;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.byteLength) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + more, this.#buffer.byteLength * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** Reads what FrameWriter wrote, in the same order. */
export class PayloadReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get done(): boolean {
    return this.#at === this.#buffer.byteLength;
  }

  byte(): number {
    return this.#buffer.readUInt8(this.#at++);
  }

  uint32(): number {
    this.#at += 4;
    return this.#buffer.readUInt32LE(this.#at - 4);
  }

  uint64(): bigint {
    this.#at += 8;
    return this.#buffer.readBigUInt64LE(this.#at - 8);
  }

  text(): string {
    const size = this.uint32();
    this.#at += size;
    return this.#buffer.toString('utf8', this.#at - size, this.#at);
  }

  /** A copy of its own, so that one value does not keep a whole window of the file in memory. */
  bytes(): Buffer {
    const size = this.uint32();
    const copy = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(copy, 0, this.#at, this.#at + size);
    this.#at += size;
    return copy;
  }
}

/** Walks a file's frames from `offset` on, a window at a time. */
export class FrameReader {
  readonly #file: OpenFile;
  readonly #seed: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt: number;
  #offset: number;

  constructor(file: OpenFile, seed: number, offset: number) {
    this.#file = file;
    this.#seed = seed;
    this.#offset = offset;
    this.#windowAt = offset;
  }

  /** Where the last good frame ended. */
  get offset(): number {
    return this.#offset;
  }

  /** The next payload, valid until the next call; undefined at the first place that holds no good frame. */
  async next(): Promise<Buffer | undefined> {
    const header = await this.#peek(HEADER);
    const length = payloadLength(header);
    if (length === undefined) return undefined;
    const frame = await this.#peek(HEADER + length);
    if (!isWhole(frame, length, this.#seed)) return undefined;
    this.#offset += HEADER + length;
    return frame.subarray(HEADER);
  }

  /**
   * What follows the last good frame: nothing (or the zeros of space taken in advance), the remains of one torn write, or
   * a good frame further on, at `whole`, which means that something in the middle was damaged after it had been written.
   */
  async rest(): Promise<{ readonly type: 'nothing' | 'torn' } | { readonly type: 'damaged'; readonly whole: number }> {
    let torn = false;
    for (let at = this.#offset; ; ) {
      const chunk = await this.#file.read(at, WINDOW);
      torn ||= !chunk.equals(ZEROS.subarray(0, chunk.byteLength));
      for (let found = chunk.indexOf(MARK_BYTES); found >= 0; found = chunk.indexOf(MARK_BYTES, found + 1)) {
        if (await this.#wholeAt(at + found)) return { type: 'damaged', whole: at + found };
      }
      if (chunk.byteLength < WINDOW) return { type: torn ? 'torn' : 'nothing' };
      at += WINDOW - MARK_BYTES.byteLength; // a mark may straddle two windows
    }
  }

  async #wholeAt(at: number): Promise<boolean> {
    const length = payloadLength(await this.#file.read(at, HEADER));
    return length !== undefined && isWhole(await this.#file.read(at, HEADER + length), length, this.#seed);
  }

  async #peek(length: number): Promise<Buffer> {
    const start = this.#offset - this.#windowAt;
    if (this.#window.byteLength - start >= length) return this.#window.subarray(start, start + length);
    this.#window = await this.#file.read(this.#offset, Math.max(length, WINDOW));
    this.#windowAt = this.#offset;
    return this.#window.subarray(0, length);
  }
}

function payloadLength(header: Buffer): number | undefined {
  if (header.byteLength < HEADER || header.readUInt32LE(0) !== MARK) return undefined;
  const length = header.readUInt32LE(4);
  return length <= MAX_PAYLOAD ? length : undefined;
}

function isWhole(frame: Buffer, length: number, seed: number): boolean {
  return frame.byteLength >= HEADER + length && checksum(frame.subarray(0, HEADER + length), seed) === frame.readUInt32LE(8);
}

/** CRC-32 of length and payload, starting from `seed`. */
function checksum(frame: Buffer, seed: number): number {
  return crc32(frame.subarray(HEADER), crc32(frame.subarray(4, 8), seed));
}
