import type { Clock, Millis } from '../base/clock.ts';
import type { Duplex } from './api.ts';
import { encodeClose, encodeFrame, WebSocketDecoder, type WebSocketEvent, WebSocketFailure } from './websocket.ts';

export const CLOSE_CODES = { normal: 1000, goingWrong: 1011, none: 1005 } as const;

/** How long the caller has to close its side after ours. */
const GRACE: Millis = 10_000;

export interface ServerWebSocketOptions {
  readonly clock: Clock;
  readonly maxMessageBytes: number;
  readonly grace?: Millis;
  /** Without a frame either way for this long the connection is dropped. */
  readonly idle?: Millis;
}

const encoder = new TextEncoder();

/** The server's end of a WebSocket once hands were shaken: pings are answered, closing is agreed on, broken frames end it. */
export class ServerWebSocket {
  readonly #connection: Duplex;
  readonly #options: ServerWebSocketOptions;
  #timer: Disposable | undefined;
  #active = true;
  readonly #closed = new AbortController();

  constructor(connection: Duplex, options: ServerWebSocketOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#watchIdle();
  }

  /** Aborts when this side has said its last, which it does when the other one has. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** What the caller says, text or not, until its side ends; this side is then closed too. To be read to the end; never throws. */
  async *messages(): AsyncGenerator<Uint8Array> {
    const decoder = new WebSocketDecoder({ from: 'client', maxMessageBytes: this.#options.maxMessageBytes });
    let failed = false;
    try {
      for await (const bytes of this.#connection.readable) {
        this.#active = true;
        const events: readonly WebSocketEvent[] | undefined = failed ? [] : await this.#decode(decoder, bytes);
        failed ||= events === undefined;
        for (const event of events ?? []) {
          if (event.type === 'ping' && !this.#closed.signal.aborted) await this.#connection.write(encodeFrame('pong', event.bytes));
          if (event.type === 'close') await this.close(event.code === CLOSE_CODES.none ? CLOSE_CODES.normal : event.code);
          if (event.type === 'text') yield encoder.encode(event.text);
          if (event.type === 'binary') yield event.bytes;
        }
      }
    } catch {
      // the connection was dropped
    }
    await this.close(CLOSE_CODES.normal);
    this.#timer?.[Symbol.dispose]();
  }

  /** Undefined once the protocol was broken: what follows means nothing. */
  async #decode(decoder: WebSocketDecoder, bytes: Uint8Array): Promise<readonly WebSocketEvent[] | undefined> {
    try {
      return decoder.push(bytes);
    } catch (error) {
      if (!(error instanceof WebSocketFailure)) throw error;
      await this.close(error.code, error.message);
      return undefined;
    }
  }

  /** Waits where the caller is slow. @throws where it has gone */
  send(frame: Uint8Array): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.reject(this.#closed.signal.reason);
    this.#active = true;
    return this.#connection.write(frame);
  }

  /** The first time counts. The caller has a while to close its side, then the connection is dropped. */
  async close(code: number, reason = ''): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new Error('the WebSocket is closed'));
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#options.clock.after(this.#options.grace ?? GRACE, () => this.#connection.destroy(new Error('the caller did not close its side')));
    try {
      await this.#connection.write(encodeClose(code, reason));
      await this.#connection.end();
    } catch {
      this.#connection.destroy();
    }
  }

  #watchIdle(): void {
    const { clock, idle } = this.#options;
    if (idle === undefined) return;
    this.#timer = clock.after(idle, () => {
      if (!this.#active) return this.#connection.destroy(new Error('the connection was idle for too long'));
      this.#active = false;
      this.#watchIdle();
    });
  }
}
