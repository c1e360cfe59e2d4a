import type { TLSSocket } from 'node:tls';
import type { Logger } from '../../base/log.ts';
import { Http2Connection } from '../http2/connection.ts';
import type { Http2Stream } from '../http2/stream.ts';
import { answerHttp2, type Http2Caller } from './http2.ts';

export interface Http2SocketOptions {
  readonly caller: Http2Caller;
  readonly log: Logger;
  /** Of one request. */
  readonly maxHeaderBytes: number;
}

/** Headers of one request. */
const MAX_FIELDS = 1000;
/** A client that does not read what it asks for is not read either. */
const CONGESTED_BYTES = 1 << 20;
/** For the last words to reach a client that does not close. */
const LINGER_MILLIS = 1000;

/** One HTTP/2 connection over its socket: all that the requests of one tick say leaves in one write. */
export class Http2Socket {
  readonly #socket: TLSSocket;
  readonly #connection: Http2Connection;
  readonly #options: Http2SocketOptions;
  #isScheduled = false;
  #isWriting = false;
  #isEnding = false;

  constructor(socket: TLSSocket, options: Http2SocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#connection = new Http2Connection({
      clock: options.caller.clock,
      headers: { listBytes: options.maxHeaderBytes, fields: MAX_FIELDS },
      onRequest: (stream) => void this.#answer(stream),
      onOutput: () => this.#schedule(),
    });
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error: Error) => options.log.debug('wire: an HTTP/2 connection failed', { error: error.message }));
    socket.once('close', () => this.#connection.lost(new Error('the caller has gone')));
  }

  /** Takes no more requests, and closes once those under way are answered. */
  shutDown(): void {
    this.#connection.shutDown();
  }

  #receive(bytes: Buffer): void {
    this.#connection.receive(bytes);
    if (this.#connection.sender.out.length > CONGESTED_BYTES) this.#socket.pause();
  }

  /** A failure here is a bug of ours; one request dies of it, not the server. */
  async #answer(stream: Http2Stream): Promise<void> {
    try {
      await answerHttp2(stream, this.#options.caller);
    } catch (error) {
      this.#options.log.error('wire: a response could not be sent', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      stream.reset('INTERNAL_ERROR');
    } finally {
      this.#connection.finished();
    }
  }

  /** Behind all that this tick still has to say. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isScheduled = false;
    if (this.#isWriting || this.#socket.destroyed) return;
    const bytes = this.#connection.sender.take();
    if (bytes) {
      this.#isWriting = true;
      this.#socket.write(bytes, this.#onWritten);
    } else if (this.#connection.isOver) this.#end();
  };

  readonly #onWritten = (error?: Error | null): void => {
    this.#isWriting = false;
    if (error) return; // its `close` tells the rest
    this.#connection.sender.sent();
    this.#flush();
    if (this.#socket.isPaused() && this.#connection.sender.out.length <= CONGESTED_BYTES) this.#socket.resume();
  };

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#socket.end();
    const linger = this.#options.caller.clock.after(LINGER_MILLIS, () => this.#socket.destroy());
    this.#socket.once('close', () => linger[Symbol.dispose]());
  }
}
