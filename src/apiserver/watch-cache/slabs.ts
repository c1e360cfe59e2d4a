/** What leaves at a time: large enough to be cheap, small enough that nobody notices. */
export const SLAB_BYTES = 256 << 10;
/** Kept for later. */
const SPARE = 32;

/** Slabs handed out and not seen again yet: only they can come back. */
const out = new WeakSet<ArrayBufferLike>();
const spare: ArrayBuffer[] = [];

/** A slab with room for `bytes`. Making each anew would have the collector run several times for one long list. */
export function takeSlab(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes > SLAB_BYTES) return new Uint8Array(bytes);
  const buffer = spare.pop() ?? new ArrayBuffer(SLAB_BYTES);
  out.add(buffer);
  return new Uint8Array(buffer);
}

/** Takes back the slab that `chunk` is part of, if it is one. */
export function returnSlab({ buffer }: Uint8Array): void {
  if (out.delete(buffer) && spare.length < SPARE) spare.push(buffer as ArrayBuffer);
}
