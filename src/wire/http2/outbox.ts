/** Bytes on their way out: frames are written one behind the other, and leave together. */

const SMALLEST_BITS = 14;
const LARGEST_BITS = 20;
const SPARE = 16;

/** Buffers handed back, by size: a tick's output takes one, so that few are ever needed. */
const spare: Uint8Array[][] = Array.from({ length: LARGEST_BITS + 1 }, () => []);

function takeBuffer(size: number): Uint8Array {
  const bits = Math.max(SMALLEST_BITS, 32 - Math.clz32(size - 1));
  return spare[bits]?.pop() ?? new Uint8Array(2 ** bits);
}

function returnBuffer(buffer: Uint8Array): void {
  const kept = spare[31 - Math.clz32(buffer.length)];
  if (kept !== undefined && kept.length < SPARE) kept.push(buffer);
}

export class Outbox {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  /** Taken and not yet sent. */
  #leaving: Uint8Array | undefined;
  /** What the next tick will probably need. */
  #expected = 0;

  get length(): number {
    return this.#length;
  }

  /** The buffer with room for `size` more bytes behind `length`. It may be another after each call. */
  makeRoom(size: number): Uint8Array {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return this.#bytes;
    const larger = takeBuffer(Math.max(needed, this.#expected));
    larger.set(this.#bytes.subarray(0, this.#length));
    if (this.#bytes.length > 0) returnBuffer(this.#bytes);
    return (this.#bytes = larger);
  }

  /** The bytes up to `length` are now there. */
  advance(length: number): void {
    this.#length = length;
  }

  /** What is there, to be sent; `sent` tells that it was. Nothing while something is on its way. */
  take(): Uint8Array | undefined {
    if (this.#length === 0 || this.#leaving) return undefined;
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#leaving = this.#bytes;
    this.#expected = this.#length;
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return bytes;
  }

  sent(): void {
    if (this.#leaving) returnBuffer(this.#leaving);
    this.#leaving = undefined;
  }

  /** Forgets all: nobody will take it. What is on its way is left to whoever has it. */
  drop(): void {
    this.#length = 0;
    this.#bytes = new Uint8Array(0);
    this.#leaving = undefined;
  }
}
