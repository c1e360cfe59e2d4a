import { Http2Failure } from './failure.ts';
import { CONTINUATION, DATA, END_HEADERS, END_STREAM, FIRST_WINDOW, FRAME_BYTES, HEAD_BYTES, HEADERS, LARGEST_WINDOW, writeFrame, writeHead } from './frame.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { Outbox } from './outbox.ts';
import { CONNECTION_HEADERS } from './request-head.ts';

/** Bodies wait with their streams while this much waits for the socket. */
const FULL_BYTES = 256 << 10;

/** One stream as the sender sees it. */
export interface SendingStream {
  readonly id: number;
  /** Bytes the other side takes of it; below zero when that was made smaller. */
  window: number;
  /** Sends a frame of what waits, by {@link Sender.data}. Whether there is more that might go now. */
  sendNext(): boolean;
}

export interface HeadersToSend {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Header `content-length`, in place of any in `headers`. */
  readonly length?: string | undefined;
  /** Header `date`, where `headers` have none. */
  readonly date?: string | undefined;
  readonly end: boolean;
}

/** What a connection sends: frames in the order of their making, bodies as far as the windows allow and fairly. */
export class Sender {
  readonly out = new Outbox();
  readonly encoder = new HpackEncoder();
  readonly #onOutput: () => void;
  #isTold = false;
  #window = FIRST_WINDOW;
  /** In the order of their turns; each has window of its own. */
  readonly #waiting = new Set<SendingStream>();

  /** @param onOutput called once when there is something to take, and again after each `take` */
  constructor(onOutput: () => void) {
    this.#onOutput = onOutput;
  }

  /** After every change that `take` would show. */
  tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#onOutput();
  }

  /** The bytes to send now; one write at a time. */
  take(): Uint8Array | undefined {
    this.#isTold = false;
    return this.out.take();
  }

  /** What was taken has left. */
  sent(): void {
    this.out.sent();
    this.pump();
  }

  get isFull(): boolean {
    return this.out.length >= FULL_BYTES;
  }

  headers(stream: number, { status, headers, length, date, end }: HeadersToSend): void {
    const { out, encoder } = this;
    const at = out.length;
    out.makeRoom(HEAD_BYTES);
    out.advance(at + HEAD_BYTES);
    encoder.begin(out);
    encoder.write(out, ':status', String(status));
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined || CONNECTION_HEADERS.has(name) || (length !== undefined && name === 'content-length')) continue;
      // Each cookie is a header of its own (RFC 6265, 3).
      if (name === 'set-cookie') for (const cookie of value.split('\n')) encoder.write(out, name, cookie);
      else encoder.write(out, name, value);
    }
    if (date !== undefined && headers['date'] === undefined) encoder.write(out, 'date', date);
    if (length !== undefined) encoder.write(out, 'content-length', length);
    this.#frameBlock(at, stream, end);
    this.tell();
  }

  /** Puts heads before the block that was written behind `at`: one, or more where it is long. */
  #frameBlock(at: number, stream: number, end: boolean): void {
    const { out } = this;
    const from = at + HEAD_BYTES;
    const length = out.length - from;
    const flags = end ? END_STREAM : 0;
    if (length <= FRAME_BYTES) return writeHead(out.makeRoom(0), at, { length, type: HEADERS, flags: flags | END_HEADERS, stream });
    const block = out.makeRoom(0).slice(from, out.length);
    out.advance(at);
    for (let sent = 0; sent < block.length; sent += FRAME_BYTES) {
      const last = sent + FRAME_BYTES >= block.length ? END_HEADERS : 0;
      const head = sent === 0 ? { type: HEADERS, flags: flags | last, stream } : { type: CONTINUATION, flags: last, stream };
      writeFrame(out, head, block.subarray(sent, sent + FRAME_BYTES));
    }
  }

  /** Sends of `bytes` from `from` on what may go, at most `most` bytes; where it got to. With the last of them goes the end, if this is one. */
  data(stream: SendingStream, bytes: Uint8Array, { from = 0, end, most = FULL_BYTES }: { readonly from?: number; readonly end: boolean; readonly most?: number }): number {
    const { out } = this;
    let at = from;
    const allowed = Math.min(bytes.length - at, most, this.#window, stream.window, FULL_BYTES - out.length);
    // The end alone takes no window.
    if (allowed <= 0 && (bytes.length > at || !end)) return at;
    const upTo = at + Math.max(0, allowed);
    do {
      const length = Math.min(upTo - at, FRAME_BYTES);
      const buffer = out.makeRoom(HEAD_BYTES + length);
      const head = out.length;
      writeHead(buffer, head, { length, type: DATA, flags: end && at + length === bytes.length ? END_STREAM : 0, stream: stream.id });
      buffer.set(length === bytes.length ? bytes : bytes.subarray(at, at + length), head + HEAD_BYTES);
      out.advance(head + HEAD_BYTES + length);
      at += length;
    } while (at < upTo);
    this.#window -= at - from;
    stream.window -= at - from;
    this.tell();
    return at;
  }

  /** The stream has more to send. */
  wait(stream: SendingStream): void {
    if (stream.window > 0) this.#waiting.add(stream);
  }

  /** The stream has nothing to send any more. */
  forget(stream: SendingStream): void {
    this.#waiting.delete(stream);
  }

  /** @throws Http2Failure */
  widen(increment: number): void {
    this.#window += increment;
    if (this.#window > LARGEST_WINDOW) throw new Http2Failure('FLOW_CONTROL_ERROR', 'the connection\'s window is too large');
    this.pump();
  }

  /** Lets those who wait go on, a frame each in turn. */
  pump(): void {
    for (const stream of this.#waiting) {
      if (this.#window <= 0 || this.isFull) return;
      this.#waiting.delete(stream);
      if (stream.sendNext()) this.wait(stream);
    }
  }
}
