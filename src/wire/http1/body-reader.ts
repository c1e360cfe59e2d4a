import { ChunkReader } from './chunks.ts';
import type { Framing } from './head.ts';

/** Finds where a body ends, whichever way it says so. Holds nothing of it. */
export class BodyReader {
  #framing: Framing = 'none';
  #left = 0;
  #chunks: ChunkReader | undefined;

  begin(framing: Framing, length: number): void {
    this.#framing = framing;
    this.#left = length;
    if (framing === 'chunked') (this.#chunks ??= new ChunkReader()).begin();
  }

  get isOver(): boolean {
    if (this.#framing === 'length') return this.#left === 0;
    if (this.#framing === 'chunked') return this.#chunks!.isOver;
    return this.#framing === 'none';
  }

  /** Nothing but the end of the connection says that it is over. */
  get endsWithConnection(): boolean {
    return this.#framing === 'close';
  }

  /** In chunks, behind the last of them: what comes are trailers. */
  get isBehindData(): boolean {
    return this.#framing === 'chunked' && this.#chunks!.isBehindData;
  }

  /**
   * Where the body ends in these octets, or `to`; stops before trailers too, for who treats them otherwise.
   * @param onData is told what belongs to the content @throws Http1Failure
   */
  read(bytes: Uint8Array, from: number, to: number, onData?: (from: number, to: number) => void): number {
    if (this.#framing === 'chunked') return this.#chunks!.read(bytes, from, to, onData);
    const end = this.#framing === 'length' ? Math.min(to, from + this.#left) : this.#framing === 'close' ? to : from;
    this.#left -= end - from;
    if (end > from) onData?.(from, end);
    return end;
  }
}
