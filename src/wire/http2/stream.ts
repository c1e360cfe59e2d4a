import { BodyQueue } from './body-queue.ts';
import type { ErrorCode } from './failure.ts';
import { FRAME_BYTES, LARGEST_WINDOW } from './frame.ts';
import type { RequestHead } from './request-head.ts';
import type { HeadersToSend, Sender, SendingStream } from './sender.ts';

/** Bytes of a request's body that may come before any was taken. */
export const STREAM_WINDOW = 1 << 20;

/** The connection, as its streams see it. */
export interface StreamOwner {
  readonly sender: Sender;
  /** Sends a reset; the stream has closed itself. */
  reset(stream: Http2Stream, code: ErrorCode): void;
  /** Neither side has anything to say any more. */
  closed(stream: Http2Stream): void;
  /** Body bytes were taken, or will never be; `stream` names one that may send more for it. */
  credit(bytes: number, stream?: Http2Stream): void;
}

const ignore = (): void => {};

/**
 * One request and its answer.
 *
 *     open ── END_STREAM received ──> half-closed ── END_STREAM sent ──> closed
 *       └──────────── reset by either, connection lost ──────────────────> closed ("gone" for who still answers)
 */
export class Http2Stream implements SendingStream {
  readonly id: number;
  readonly head: RequestHead;
  /** Bytes the other side takes. */
  window: number;
  /** Called when the stream is lost before its answer was sent. */
  onGone: (reason: Error) => void = ignore;
  /** Called when more of the body has come, its end has, or never will. */
  onBody: () => void = ignore;
  /** The body has come whole. */
  hasEnded = false;
  /** Why the stream was lost. */
  gone: Error | undefined;

  readonly #owner: StreamOwner;
  readonly #body = new BodyQueue();
  #ignoresBody = false;
  /** The sender may go on though nothing was taken yet. */
  #creditsAtOnce = false;
  /** Of the body, so far. */
  #received = 0;
  /** What the client may still send, and what was taken since it was last told. */
  #receiveWindow = STREAM_WINDOW;
  #owed = 0;

  #queue: Uint8Array[] = [];
  /** Of the first in the queue, what has been sent. */
  #sentOfFirst = 0;
  /** The end was asked for; it goes with the last of the queue. */
  #isEnding = false;
  #saidEnd = false;
  #waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(owner: StreamOwner, { id, head, window }: { readonly id: number; readonly head: RequestHead; readonly window: number }) {
    this.#owner = owner;
    this.id = id;
    this.head = head;
    this.window = window;
  }

  /** Nothing can be sent any more. */
  get isGone(): boolean {
    return this.gone !== undefined || this.#saidEnd;
  }

  // What comes.

  /** Some of the body, `flow` bytes with its padding. What is wrong with it, if anything. */
  receive(bytes: Uint8Array, { flow, end }: { readonly flow: number; readonly end: boolean }): ErrorCode | undefined {
    if (this.hasEnded) return this.#refuse(flow, 'STREAM_CLOSED');
    this.#receiveWindow -= flow;
    this.#received += bytes.length;
    if (this.#receiveWindow < 0) return this.#refuse(flow, 'FLOW_CONTROL_ERROR');
    if (this.#received > (this.head.length ?? Infinity)) return this.#refuse(flow, 'PROTOCOL_ERROR');
    if (this.#ignoresBody) this.#owner.credit(flow);
    else {
      this.#take(this.#creditsAtOnce ? flow : flow - bytes.length);
      if (bytes.length > 0) this.#body.push(bytes);
    }
    if (end) return this.receiveEnd();
    this.onBody();
    return undefined;
  }

  #refuse(flow: number, code: ErrorCode): ErrorCode {
    this.#owner.credit(flow);
    return code;
  }

  receiveEnd(): ErrorCode | undefined {
    if (this.#received !== (this.head.length ?? this.#received)) return 'PROTOCOL_ERROR';
    this.hasEnded = true;
    this.onBody();
    return undefined;
  }

  /** Of the body, what waits to be taken. */
  get bodyLength(): number {
    return this.#body.length;
  }

  /** What has come of the body since the last call; for it, as much may be sent again. */
  takeBody(): Uint8Array[] {
    const { length } = this.#body;
    const pieces = this.#body.take();
    if (!this.#creditsAtOnce) this.#take(length);
    return pieces;
  }

  /** The body will be taken whole: its sender needs not wait for that. Whoever asks sees to it that it does not grow too long. */
  gatherBody(): void {
    this.#take(this.#body.length);
    this.#creditsAtOnce = true;
  }

  /** Whatever still comes of the body is thrown away; the sender's window for it closes. */
  ignoreBody(): void {
    this.#ignoresBody = true;
    if (!this.#creditsAtOnce) this.#owner.credit(this.#body.length);
    this.#body.take();
  }

  #take(bytes: number): void {
    if (bytes > 0) this.#owner.credit(bytes, this);
  }

  /** Counts what may be sent again; what is to be told of it now. */
  owe(bytes: number): number {
    this.#owed += bytes;
    if (this.hasEnded || this.#owed < STREAM_WINDOW / 2) return 0;
    const owed = this.#owed;
    this.#receiveWindow += owed;
    this.#owed = 0;
    return owed;
  }

  // What goes.

  respond(answer: HeadersToSend): void {
    if (this.isGone) return;
    this.#owner.sender.headers(this.id, answer);
    if (answer.end) this.#end();
  }

  /** False: not all of it could go. Then it is not to be changed, and nothing more to be written, until `drained`. */
  write(bytes: Uint8Array): boolean {
    if (this.isGone) return false;
    if (this.#queue.length === 0) {
      const sent = this.#owner.sender.data(this, bytes, { end: false });
      if (sent === bytes.length) return true;
      this.#sentOfFirst = sent;
    }
    this.#queue.push(bytes);
    this.#owner.sender.wait(this);
    return false;
  }

  /** The last of the answer. */
  end(bytes: Uint8Array = NOTHING): void {
    if (this.isGone || this.#isEnding) return;
    if (this.#queue.length === 0) {
      const sent = this.#owner.sender.data(this, bytes, { end: true });
      if (sent === bytes.length) return this.#end();
      this.#sentOfFirst = sent;
    }
    this.#isEnding = true;
    // What is last in the queue takes the end along.
    if (bytes.length > 0) this.#queue.push(bytes);
    this.#owner.sender.wait(this);
  }

  /** Resolves when all that was written has gone; rejects when it never will. */
  drained(): Promise<void> {
    if (this.gone) return Promise.reject(this.gone);
    if (this.#saidEnd) return Promise.reject(new Error('write after end'));
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** As write and drained in one: what was written is copied, so that `bytes` may change then. */
  deliver(bytes: Uint8Array): Promise<void> {
    return this.write(bytes) ? SENT : this.drained();
  }

  sendNext(): boolean {
    const { sender } = this.#owner;
    const first = this.#queue[0];
    if (first === undefined) return false;
    const isLast = this.#queue.length === 1;
    this.#sentOfFirst = sender.data(this, first, { from: this.#sentOfFirst, end: isLast && this.#isEnding, most: FRAME_BYTES });
    if (this.#sentOfFirst < first.length) return true;
    this.#queue.shift();
    this.#sentOfFirst = 0;
    if (!isLast) return true;
    if (this.#isEnding) this.#end();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    return false;
  }

  /** Whether the window is one that may be (RFC 9113, 6.9.1). */
  widen(increment: number): boolean {
    this.window += increment;
    if (this.window > LARGEST_WINDOW) return false;
    if (this.#queue.length > 0) this.#owner.sender.wait(this);
    return true;
  }

  /** The whole answer is on its way; of the request, what has not come is not wanted. */
  #end(): void {
    this.#saidEnd = true;
    if (!this.hasEnded) return this.reset('NO_ERROR');
    this.#close();
  }

  /** Gives the stream up, and tells the client so. */
  reset(code: ErrorCode, reason = new Error(`the stream was reset: ${code}`)): void {
    if (this.gone || (this.#saidEnd && this.hasEnded)) return;
    this.#owner.reset(this, code);
    this.lose(reason);
  }

  /** The answer breaks off. */
  cut(reason?: Error): void {
    this.reset('INTERNAL_ERROR', reason);
  }

  /** The client gave it up, or the connection is lost. */
  lose(reason: Error): void {
    if (this.gone) return;
    this.gone = reason;
    this.#close();
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
    this.onBody();
    if (!this.#saidEnd) this.onGone(reason);
  }

  #close(): void {
    this.#queue = [];
    this.#owner.sender.forget(this);
    if (this.#body.length > 0) {
      this.gone ??= new Error('the body was not read before its answer ended');
      this.ignoreBody();
    }
    this.#owner.closed(this);
  }
}

const NOTHING = new Uint8Array(0);
const SENT = Promise.resolve();
