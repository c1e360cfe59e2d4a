import { joinBytes } from '../../base/join-bytes.ts';
import { Http2Failure } from './failure.ts';

/** Compressed bytes of one block. */
const MOST_BYTES = 1 << 20;
/** Frames of one block: full ones reach the limit above before. */
const MOST_FRAMES = 128;

interface Opening {
  readonly stream: number;
  readonly end: boolean;
}

/** A header block that comes in several frames (RFC 9113, 6.10). */
export class HeaderBlock {
  #opening: Opening | undefined;
  #pieces: Uint8Array[] = [];
  #length = 0;

  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  get stream(): number | undefined {
    return this.#opening?.stream;
  }

  open(opening: Opening, piece: Uint8Array): void {
    this.#opening = opening;
    this.#pieces = [piece];
    this.#length = piece.length;
  }

  /** @throws Http2Failure where it is longer than anybody needs */
  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length > MOST_BYTES || this.#pieces.length > MOST_FRAMES) throw new Http2Failure('ENHANCE_YOUR_CALM', 'a header block without an end');
  }

  close(): Opening & { readonly block: Uint8Array } {
    const block = joinBytes(this.#pieces);
    const opening = this.#opening ?? { stream: 0, end: false };
    this.#opening = undefined;
    this.#pieces = [];
    return { ...opening, block };
  }
}
