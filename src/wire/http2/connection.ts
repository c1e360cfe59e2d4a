import type { Clock } from '../../base/clock.ts';
import { Budget } from './budget.ts';
import { type ErrorCode, Http2Failure } from './failure.ts';
import {
  ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, FIRST_WINDOW, type Frame, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS,
  MAX_HEADER_LIST_SIZE, PADDED, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, uint31At, WINDOW_UPDATE, WITH_PRIORITY, writeFrame, writeGoAway, writeReset,
  writeSettings, writeWindowUpdate,
} from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { HeaderBlock } from './header-block.ts';
import { HpackDecoder, type HeaderLimits } from './hpack-decoder.ts';
import { areTrailers, requestHead } from './request-head.ts';
import { Sender } from './sender.ts';
import { readSettings } from './settings.ts';
import { Http2Stream, STREAM_WINDOW, type StreamOwner } from './stream.ts';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly headers: HeaderLimits;
  /** A request, and of its body what came along. Called once the bytes received are all read: one given up at once is never heard of. */
  readonly onRequest: (stream: Http2Stream) => void;
  /** Something is to be taken, or the connection is over. */
  readonly onOutput: () => void;
}

/** As kube-apiserver. */
export const MAX_STREAMS = 250;
/** Requests given up by their clients run on until they notice; more than this at a time do not begin. */
const MAX_RUNNING = 4 * MAX_STREAMS;
/** Of request bodies not read yet: the first window, 64 kB, makes one slow one hold up the rest of the connection. */
const CONNECTION_WINDOW = 16 << 20;
/** For the client's first words, and for each header block that has begun. */
const HEADERS_WITHIN_MILLIS = 10_000;
/** Streams that we closed while their client may still have sent for them. */
const REMEMBERED = 1000;
/** Of what costs a client nothing and us something: at once, and a second. */
const FRAMES_FOR_NOTHING = { most: 1000, perSecond: 500 };
/** Resets, by the client or by its fault (CVE-2023-44487, CVE-2025-8671). */
const RESETS = { most: 1000, perSecond: 100 };

/** The server's side of one HTTP/2 connection (RFC 9113): bytes in, requests out; answers in, bytes out. It knows no socket. */
export class Http2Connection implements StreamOwner {
  readonly sender: Sender;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader((frame) => this.#onFrame(frame));
  readonly #decoder: HpackDecoder;
  readonly #block = new HeaderBlock();
  readonly #streams = new Map<number, Http2Stream>();
  readonly #closedByUs = new Set<number>();
  #fresh: Http2Stream[] = [];
  #running = 0;
  #lastStream = 0;
  #hasSettings = false;
  /** What a new stream may be sent. */
  #peerWindow = FIRST_WINDOW;
  #receiveWindow = FIRST_WINDOW;
  #owed = 0;
  readonly #forNothing: Budget;
  readonly #resets: Budget;
  #alarm: Disposable | undefined;
  #isLeaving = false;
  #isOver = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#decoder = new HpackDecoder(options.headers);
    this.#forNothing = new Budget(FRAMES_FOR_NOTHING.most, FRAMES_FOR_NOTHING.perSecond, options.clock);
    this.#resets = new Budget(RESETS.most, RESETS.perSecond, options.clock);
    this.sender = new Sender(options.onOutput);
    writeSettings(this.sender.out, [[MAX_CONCURRENT_STREAMS, MAX_STREAMS], [INITIAL_WINDOW_SIZE, STREAM_WINDOW], [MAX_HEADER_LIST_SIZE, options.headers.listBytes]]);
    this.credit(CONNECTION_WINDOW - FIRST_WINDOW);
    this.sender.tell();
    this.#watch();
  }

  /** Nothing will come of it any more; what is left to take can be sent, then the socket be closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof Http2Failure)) throw error;
      return this.#fail(error);
    }
    this.#watch();
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    for (const stream of fresh) {
      if (stream.gone) continue;
      this.#running++;
      this.#options.onRequest(stream);
    }
  }

  /** A request's handler has done with it. */
  finished(): void {
    this.#running--;
  }

  /** Takes no more requests; over once those under way are answered. */
  shutDown(): void {
    if (this.#isLeaving || this.#isOver) return;
    this.#isLeaving = true;
    writeGoAway(this.sender.out, this.#lastStream, { code: 'NO_ERROR' });
    this.sender.tell();
    if (this.#streams.size === 0) this.#end();
  }

  /** The socket has closed. */
  lost(reason: Error): void {
    if (!this.#isOver) this.#end();
    this.sender.out.drop();
    this.#loseAll(reason);
  }

  #fail({ code, message }: Http2Failure): void {
    writeGoAway(this.sender.out, this.#lastStream, { code, text: message });
    this.#end();
    this.#loseAll(new Error(`the connection failed: ${message}`));
  }

  #end(): void {
    this.#isOver = true;
    this.#fresh = [];
    this.#alarm?.[Symbol.dispose]();
    this.#alarm = undefined;
    this.sender.tell();
  }

  #loseAll(reason: Error): void {
    for (const stream of this.#streams.values()) stream.lose(reason);
  }

  /** Sees to it that what the client has begun to say comes to its end. */
  #watch(): void {
    const isOwed = !this.#hasSettings || this.#block.isOpen;
    if (isOwed === (this.#alarm !== undefined)) return;
    this.#alarm?.[Symbol.dispose]();
    this.#alarm = isOwed ? this.#options.clock.after(HEADERS_WITHIN_MILLIS, () => this.#fail(new Http2Failure('ENHANCE_YOUR_CALM', 'headers come too slowly'))) : undefined;
  }

  // For its streams.

  reset(stream: Http2Stream, code: ErrorCode): void {
    this.#sendReset(stream.id, code);
  }

  #sendReset(id: number, code: ErrorCode): void {
    if (this.#isOver) return;
    writeReset(this.sender.out, id, code);
    this.sender.tell();
    this.#closedByUs.add(id);
    if (this.#closedByUs.size > REMEMBERED) for (const oldest of this.#closedByUs) return void this.#closedByUs.delete(oldest);
  }

  closed(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    if (this.#isLeaving && !this.#isOver && this.#streams.size === 0) this.#end();
  }

  credit(bytes: number, stream?: Http2Stream): void {
    if (this.#isOver) return;
    const { out } = this.sender;
    const forStream = stream?.owe(bytes) ?? 0;
    if (forStream > 0) writeWindowUpdate(out, stream!.id, forStream);
    this.#owed += bytes;
    if (this.#owed >= CONNECTION_WINDOW / 2) {
      writeWindowUpdate(out, 0, this.#owed);
      this.#receiveWindow += this.#owed;
      this.#owed = 0;
      this.sender.tell();
    } else if (forStream > 0) this.sender.tell();
  }

  // Frames.

  #onFrame(frame: Frame): void {
    const { type, stream } = frame;
    if (!this.#hasSettings && (type !== SETTINGS || frame.flags & ACK)) throw protocol('the preface lacks settings');
    if (this.#block.isOpen && (type !== CONTINUATION || stream !== this.#block.stream)) throw protocol('a header block is interrupted');
    const isOfStream = type === DATA || type === HEADERS || type === PRIORITY || type === RST_STREAM || type === CONTINUATION;
    if (isOfStream && stream === 0) throw protocol('a frame without its stream');
    switch (type) {
      case DATA: return this.#onData(frame);
      case HEADERS: return this.#onHeaders(frame);
      case CONTINUATION: return this.#onContinuation(frame);
      case RST_STREAM: return this.#onReset(frame);
      case WINDOW_UPDATE: return this.#onWindowUpdate(frame);
      case SETTINGS: return this.#onSettings(frame);
      case PING: return this.#onPing(frame);
      case PRIORITY: return this.#onPriority(frame);
      case GOAWAY: return this.#onGoAway(frame);
      case PUSH_PROMISE: throw protocol('a client promises nothing');
      default: this.#calm(this.#forNothing); // may be ignored (RFC 9113, 5.5)
    }
  }

  #calm(budget: Budget): void {
    if (!budget.spend()) throw new Http2Failure('ENHANCE_YOUR_CALM', 'too many frames that ask for nothing');
  }

  /** A stream's fault, for which the connection need not end. */
  #refuse(id: number, code: ErrorCode): void {
    this.#calm(this.#resets);
    const stream = this.#streams.get(id);
    if (stream) stream.reset(code);
    else this.#sendReset(id, code);
  }

  #onData({ flags, stream: id, bytes, from, to }: Frame): void {
    const flow = to - from;
    this.#receiveWindow -= flow;
    if (this.#receiveWindow < 0) throw new Http2Failure('FLOW_CONTROL_ERROR', 'more than the connection\'s window');
    const padding = paddingOf(flags, { bytes, from, to });
    const end = (flags & END_STREAM) !== 0;
    if (flow === 0 && !end) this.#calm(this.#forNothing);
    const stream = this.#streams.get(id);
    if (!stream) {
      this.credit(flow);
      if (id > this.#lastStream) throw protocol('data of a stream that was never opened');
      if (!this.#closedByUs.has(id)) this.#refuse(id, 'STREAM_CLOSED');
      return;
    }
    const wrong = stream.receive(bytes.subarray(from + padding.before, to - padding.behind), { flow, end });
    if (wrong) this.#refuse(id, wrong);
  }

  #onHeaders({ flags, stream, bytes, from, to }: Frame): void {
    if (stream % 2 === 0) throw protocol('a client\'s streams have odd numbers');
    const padding = paddingOf(flags, { bytes, from, to });
    const start = from + padding.before + (flags & WITH_PRIORITY ? 5 : 0);
    const stop = to - padding.behind;
    if (start > stop) throw protocol('a header block shorter than its padding');
    const end = (flags & END_STREAM) !== 0;
    if (flags & END_HEADERS) this.#onBlock({ stream, end }, { bytes, from: start, to: stop });
    else this.#block.open({ stream, end }, bytes.slice(start, stop));
  }

  #onContinuation({ flags, bytes, from, to }: Frame): void {
    if (!this.#block.isOpen) throw protocol('a continuation of nothing');
    this.#block.add(bytes.slice(from, to));
    if (!(flags & END_HEADERS)) return;
    const { stream, end, block } = this.#block.close();
    this.#onBlock({ stream, end }, { bytes: block, from: 0, to: block.length });
  }

  /** A whole header block: it must be read in any case, or the tables would differ. */
  #onBlock({ stream: id, end }: { readonly stream: number; readonly end: boolean }, { bytes, from, to }: Pick<Frame, 'bytes' | 'from' | 'to'>): void {
    const { fields, isTooLarge } = this.#decoder.decode(bytes, from, to);
    const known = this.#streams.get(id);
    if (known) {
      const wrong = known.hasEnded ? 'STREAM_CLOSED' : !end || isTooLarge || !areTrailers(fields) ? 'PROTOCOL_ERROR' : known.receiveEnd();
      if (wrong) this.#refuse(id, wrong);
      return;
    }
    if (id <= this.#lastStream) {
      if (this.#closedByUs.has(id)) return;
      throw new Http2Failure('STREAM_CLOSED', 'headers of a stream that has closed');
    }
    this.#lastStream = id;
    if (this.#isLeaving || this.#streams.size >= MAX_STREAMS || this.#running >= MAX_RUNNING) return this.#refuse(id, 'REFUSED_STREAM');
    const head = isTooLarge ? undefined : requestHead(fields);
    if (isTooLarge) return this.#answerTooLarge(id, end);
    if (!head || (end && (head.length ?? 0) > 0)) return this.#refuse(id, 'PROTOCOL_ERROR');
    const stream = new Http2Stream(this, { id, head, window: this.#peerWindow });
    stream.hasEnded = end;
    this.#streams.set(id, stream);
    this.#fresh.push(stream);
  }

  #answerTooLarge(id: number, end: boolean): void {
    this.#calm(this.#resets);
    this.sender.headers(id, { status: 431, headers: { 'content-length': '0' }, end: true });
    if (!end) this.#sendReset(id, 'NO_ERROR');
  }

  #onReset({ stream: id, from, to }: Frame): void {
    if (to - from !== 4) throw sized('a reset');
    if (id > this.#lastStream) throw protocol('a reset of a stream that was never opened');
    const stream = this.#streams.get(id);
    this.#calm(stream ? this.#resets : this.#forNothing);
    stream?.lose(new Error('the caller has gone'));
  }

  #onWindowUpdate({ stream: id, bytes, from, to }: Frame): void {
    if (to - from !== 4) throw sized('a window update');
    const increment = uint31At(bytes, from);
    if (id === 0) {
      if (increment === 0) throw protocol('a window made no wider');
      return this.sender.widen(increment);
    }
    if (id > this.#lastStream) throw protocol('a window of a stream that was never opened');
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (increment === 0) this.#refuse(id, 'PROTOCOL_ERROR');
    else if (!stream.widen(increment)) this.#refuse(id, 'FLOW_CONTROL_ERROR');
    else this.sender.pump();
  }

  #onSettings({ flags, stream, bytes, from, to }: Frame): void {
    if (stream !== 0) throw protocol('settings of a stream');
    this.#calm(this.#forNothing);
    if (flags & ACK) {
      if (to > from) throw sized('an acknowledgement');
      return;
    }
    this.#hasSettings = true;
    const { tableBytes, window } = readSettings(bytes.subarray(from, to));
    if (tableBytes !== undefined) this.sender.encoder.setLimit(tableBytes);
    if (window !== undefined) this.#changeWindow(window);
    writeFrame(this.sender.out, { type: SETTINGS, flags: ACK, stream: 0 }, NOTHING);
    this.sender.tell();
  }

  /** Of all streams, those that are there too (RFC 9113, 6.9.2). */
  #changeWindow(window: number): void {
    const change = window - this.#peerWindow;
    this.#peerWindow = window;
    for (const stream of this.#streams.values()) {
      if (!stream.widen(change)) throw new Http2Failure('FLOW_CONTROL_ERROR', 'a stream\'s window is too large');
    }
    this.sender.pump();
  }

  #onPing({ flags, stream, bytes, from, to }: Frame): void {
    if (stream !== 0) throw protocol('a ping of a stream');
    if (to - from !== 8) throw sized('a ping');
    this.#calm(this.#forNothing);
    if (flags & ACK) return;
    writeFrame(this.sender.out, { type: PING, flags: ACK, stream: 0 }, bytes.subarray(from, to));
    this.sender.tell();
  }

  /** Deprecated (RFC 9113, 5.3.2). */
  #onPriority({ stream, from, to }: Frame): void {
    this.#calm(this.#forNothing);
    if (to - from !== 5) this.#refuse(stream, 'FRAME_SIZE_ERROR');
  }

  /** The client will open no more streams; those there go on. */
  #onGoAway({ stream, from, to }: Frame): void {
    if (stream !== 0) throw protocol('a farewell of a stream');
    if (to - from < 8) throw sized('a farewell');
    this.#calm(this.#forNothing);
  }
}

const NOTHING = new Uint8Array(0);
const protocol = (what: string): Http2Failure => new Http2Failure('PROTOCOL_ERROR', what);
const sized = (what: string): Http2Failure => new Http2Failure('FRAME_SIZE_ERROR', `${what} of another size than it has`);

/** @throws Http2Failure where there is more padding than payload */
function paddingOf(flags: number, { bytes, from, to }: Pick<Frame, 'bytes' | 'from' | 'to'>): { readonly before: number; readonly behind: number } {
  if (!(flags & PADDED)) return UNPADDED;
  const behind = bytes[from] ?? 0;
  if (behind + 1 > to - from) throw protocol('more padding than payload');
  return { before: 1, behind };
}

const UNPADDED = { before: 0, behind: 0 };
