import { Http2Failure } from './failure.ts';
import { type Frame, FRAME_BYTES, HEAD_BYTES, uint31At } from './frame.ts';

/** What a client says first (RFC 9113, 3.4). */
const PREFACE = new TextEncoder().encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Cuts what a client sends into frames. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #frame: Frame = { type: 0, flags: 0, stream: 0, bytes: new Uint8Array(0), from: 0, to: 0 };
  #prefaceLeft = PREFACE.length;
  /** A frame of which some is missing. */
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headHas = 0;
  #payload: Uint8Array | undefined;
  #payloadHas = 0;

  /** @param onFrame may keep parts of the payload, but not the frame */
  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  get hasPreface(): boolean {
    return this.#prefaceLeft === 0;
  }

  /** @throws Http2Failure */
  push(bytes: Uint8Array): void {
    let at = this.#prefaceLeft > 0 ? this.#readPreface(bytes) : 0;
    while (at < bytes.length) {
      if (this.#headHas > 0 || bytes.length - at < HEAD_BYTES) {
        at = this.#continue(bytes, at);
        continue;
      }
      const from = at + HEAD_BYTES;
      const to = from + lengthAt(bytes, at);
      if (to > bytes.length) at = this.#continue(bytes, at);
      else {
        this.#tell({ bytes, at }, { bytes, from, to });
        at = to;
      }
    }
  }

  #readPreface(bytes: Uint8Array): number {
    let at = 0;
    for (; at < bytes.length && this.#prefaceLeft > 0; at++, this.#prefaceLeft--) {
      if (bytes[at] !== PREFACE[PREFACE.length - this.#prefaceLeft]) throw new Http2Failure('PROTOCOL_ERROR', 'not the preface of HTTP/2');
    }
    return at;
  }

  /** Adds to the frame that has begun; where it goes on behind. */
  #continue(bytes: Uint8Array, start: number): number {
    let at = start;
    while (this.#headHas < HEAD_BYTES && at < bytes.length) this.#head[this.#headHas++] = bytes[at++]!;
    if (this.#headHas < HEAD_BYTES) return at;
    const payload = (this.#payload ??= new Uint8Array(lengthAt(this.#head, 0)));
    const some = bytes.subarray(at, at + payload.length - this.#payloadHas);
    payload.set(some, this.#payloadHas);
    this.#payloadHas += some.length;
    if (this.#payloadHas === payload.length) {
      this.#headHas = 0;
      this.#payloadHas = 0;
      this.#payload = undefined;
      this.#tell({ bytes: this.#head, at: 0 }, { bytes: payload, from: 0, to: payload.length });
    }
    return at + some.length;
  }

  #tell({ bytes: head, at }: { readonly bytes: Uint8Array; readonly at: number }, payload: Pick<Frame, 'bytes' | 'from' | 'to'>): void {
    const frame = this.#frame;
    frame.type = head[at + 3]!;
    frame.flags = head[at + 4]!;
    frame.stream = uint31At(head, at + 5);
    frame.bytes = payload.bytes;
    frame.from = payload.from;
    frame.to = payload.to;
    this.#onFrame(frame);
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  if (length > FRAME_BYTES) throw new Http2Failure('FRAME_SIZE_ERROR', `a frame of ${length} bytes`);
  return length;
}
