import type { Socket } from 'node:net';

const SLAB = 256 * 1024;
/** Up to here a loop is quicker than a call. */
const FEW = 96;

/**
 * One message being put together, and the memory it is put together in, which all connections share: what the kernel takes at
 * once leaves its place to the next message; what has to wait keeps it.
 */
export class Outgoing {
  #slab = Buffer.allocUnsafeSlow(SLAB);
  #from = 0;
  #to = 0;

  get isEmpty(): boolean {
    return this.#from === this.#to;
  }

  add(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const count = to - from;
    if (this.#to + count > this.#slab.length) this.#move(count);
    if (count > FEW) this.#slab.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), this.#to);
    else for (let n = 0; n < count; n++) this.#slab[this.#to + n] = bytes[from + n]!;
    this.#to += count;
  }

  addText(text: string): void {
    if (this.#to + text.length > this.#slab.length) this.#move(text.length);
    this.#to += this.#slab.write(text, this.#to, 'latin1');
  }

  /** The message; another one begins. */
  send(socket: Socket): void {
    const { writableLength: before } = socket;
    socket.write(this.#slab.subarray(this.#from, this.#to));
    if (before > 0 || socket.writableLength > 0) this.#from = this.#to;
    else this.#to = this.#from;
  }

  /** A copy of the message; another one begins. */
  take(): Buffer {
    const copy = Buffer.from(this.#slab.subarray(this.#from, this.#to));
    this.#to = this.#from;
    return copy;
  }

  /** Nobody gets the message; another one begins. */
  discard(): void {
    this.#to = this.#from;
  }

  #move(more: number): void {
    const begun = this.#slab.subarray(this.#from, this.#to);
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB, 2 * (begun.length + more)));
    this.#slab.set(begun);
    this.#from = 0;
    this.#to = begun.length;
  }
}
