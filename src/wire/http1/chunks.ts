import { Http1Failure } from './failure.ts';
import { COLON, CR, HEX, LF, SEMICOLON, TOKEN, VALUE } from './octets.ts';

/** Hexadecimal digits of one chunk's size: 4 GB. */
const MAX_DIGITS = 8;
const MAX_EXTENSION = 1024;
const MAX_TRAILERS = 8192;

type Place = 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-name' | 'trailer-value' | 'trailer-lf' | 'last-lf' | 'over';

/** Finds the end of a body in chunks, and refuses what is not just so (RFC 9112, 7.1). */
export class ChunkReader {
  #place: Place = 'size';
  #left = 0;
  #digits = 0;
  /** Octets of an extension, or of all trailers. */
  #more = 0;

  begin(): void {
    this.#place = 'size';
    this.#left = this.#digits = this.#more = 0;
  }

  get isOver(): boolean {
    return this.#place === 'over';
  }

  /** The last chunk has been: the rest are trailers. */
  get isBehindData(): boolean {
    return this.#place === 'over' || this.#place === 'last-lf' || this.#place.startsWith('trailer');
  }

  /**
   * Where the body ends, or what has come of it; stops once behind the last chunk, before any trailer.
   * @param onData is told what the chunks hold @throws Http1Failure
   */
  read(bytes: Uint8Array, from: number, to: number, onData?: (from: number, to: number) => void): number {
    for (let at = from; at < to;) {
      if (this.#place === 'data') {
        const end = Math.min(to, at + this.#left);
        onData?.(at, end);
        this.#left -= end - at;
        if (this.#left === 0) this.#place = 'data-cr';
        at = end;
        continue;
      }
      const before = this.#place;
      this.#place = this.#next(bytes[at++]!);
      if (this.#place === 'over' || (this.#place === 'trailer' && before === 'size-end')) return at;
    }
    return to;
  }

  #next(octet: number): Place {
    switch (this.#place) {
      case 'size': return this.#size(octet);
      case 'extension': return octet === CR ? 'size-end' : this.#counted(octet, MAX_EXTENSION, 'extension');
      case 'size-end': return this.#sizeEnd(octet);
      case 'data-cr': return expected(octet === CR, 'data-lf');
      case 'data-lf': return expected(octet === LF, 'size');
      case 'trailer': return octet === CR ? 'last-lf' : this.#name(octet);
      case 'trailer-name': return octet === COLON ? this.#counted(octet, MAX_TRAILERS, 'trailer-value') : this.#name(octet);
      case 'trailer-value': return octet === CR ? 'trailer-lf' : this.#counted(octet, MAX_TRAILERS, 'trailer-value');
      case 'trailer-lf': return expected(octet === LF, 'trailer');
      case 'last-lf': return expected(octet === LF, 'over');
      default: throw new Error(`no octet belongs to ${this.#place}`);
    }
  }

  #size(octet: number): Place {
    const digit = HEX[octet]!;
    if (digit < 16) {
      if (++this.#digits > MAX_DIGITS) throw new Http1Failure(400, 'a chunk is too large');
      this.#left = 16 * this.#left + digit;
      return 'size';
    }
    if (this.#digits === 0 || (octet !== CR && octet !== SEMICOLON)) throw new Http1Failure(400, 'a chunk has no size');
    this.#digits = 0;
    return octet === CR ? 'size-end' : 'extension';
  }

  #sizeEnd(octet: number): Place {
    this.#more = 0;
    return expected(octet === LF, this.#left > 0 ? 'data' : 'trailer');
  }

  #name(octet: number): Place {
    return this.#counted(TOKEN[octet] === 1 ? octet : 0, MAX_TRAILERS, 'trailer-name');
  }

  #counted(octet: number, limit: number, place: Place): Place {
    if (++this.#more > limit) throw new Http1Failure(431, 'what is between chunks is too large');
    return expected(VALUE[octet] === 1, place);
  }
}

function expected(is: boolean, place: Place): Place {
  if (!is) throw new Http1Failure(400, 'chunks are not cut as they should be');
  return place;
}
