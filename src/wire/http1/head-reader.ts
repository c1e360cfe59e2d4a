import { Http1Failure } from './failure.ts';
import { type Head, MAX_FIELDS } from './head.ts';
import { CR, LF } from './octets.ts';

/**
 * Reads heads as they come, cut anywhere. One that comes in one piece is read in place. Else its pieces are gathered, and
 * read again from the beginning with each line that ends: what comes out is the same however the bytes were cut.
 */
export class HeadReader {
  readonly #head: Head;
  readonly #limit: number;
  /** The pieces so far; undefined before the first. */
  #held: Uint8Array | undefined;
  #length = 0;

  /** @param head what is read into, shared by those that are read in turn @param limit of one head's bytes */
  constructor(head: Head, limit: number) {
    this.#head = head;
    this.#limit = limit;
  }

  /** Some of a head has come, and some has not. */
  get isBetween(): boolean {
    return this.#held !== undefined;
  }

  /** What is behind the head, or -1 where more of it must come. @throws Http1Failure */
  push(bytes: Uint8Array, from: number, to: number): number {
    const held = this.#held;
    if (held === undefined) {
      const end = this.#read(bytes, from, to);
      if (end < 0 && to > from) this.#hold(bytes, from, to);
      return end;
    }
    const had = this.#length;
    const whole = this.#append(held, bytes.subarray(from, to));
    if (this.#length < this.#limit && !hasLineEnd(bytes, from, to)) return -1;
    const end = this.#read(whole, 0, this.#length);
    if (end < 0) return -1;
    this.#held = undefined;
    return from + end - had;
  }

  #read(bytes: Uint8Array, base: number, to: number): number {
    const head = this.#head;
    head.begin(bytes, base);
    let hasFirst = false;
    for (let [line, at] = [base, base]; ; line = ++at) {
      while (at < to && bytes[at] !== LF) at++;
      if (at - base >= this.#limit) throw new Http1Failure(431, 'the head is too large');
      if (at === to) return -1;
      if (at === line || bytes[at - 1] !== CR) throw new Http1Failure(400, 'a line ends without a carriage return');
      const end = at - 1;
      if (end > line && hasFirst) {
        if (head.count === MAX_FIELDS) throw new Http1Failure(431, 'too many fields');
        head.field(line, end);
      } else if (end > line) {
        head.firstLine(line, end);
        hasFirst = true;
      } else if (hasFirst) {
        head.finish(at + 1);
        return at + 1;
      } // Empty lines before the first are nothing (RFC 9112, 2.2).
    }
  }

  #hold(bytes: Uint8Array, from: number, to: number): void {
    this.#length = to - from;
    this.#held = new Uint8Array(Math.max(1024, 2 * this.#length));
    this.#held.set(bytes.subarray(from, to));
  }

  #append(held: Uint8Array, more: Uint8Array): Uint8Array {
    let room = held;
    if (this.#length + more.length > room.length) {
      room = new Uint8Array(2 * (this.#length + more.length));
      room.set(held.subarray(0, this.#length));
    }
    room.set(more, this.#length);
    this.#length += more.length;
    return (this.#held = room);
  }
}

function hasLineEnd(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === LF) return true;
  return false;
}
