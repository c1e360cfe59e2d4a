import type { Duplex } from './api.ts';
import { encodeData, encodePing, SpdyDecoder, SpdyEncoder, type SpdyEvent } from './spdy.ts';

/** What happens on a stream. */
export type StreamEvent = Exclude<SpdyEvent, { type: 'ping' }>;

const NONE = new Uint8Array();

/** The side of a SPDY connection that opens the streams. There are no windows: who is slow makes the connection wait. */
export class SpdyClient {
  readonly #connection: Duplex;
  readonly #encoder = new SpdyEncoder();
  #next = 1;

  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** @returns the stream's number, odd as a client's are */
  async open(headers: Readonly<Record<string, string>>): Promise<number> {
    const stream = this.#next;
    this.#next += 2;
    await this.#connection.write(this.#encoder.openStream(stream, headers));
    return stream;
  }

  async write(stream: number, bytes: Uint8Array): Promise<void> {
    for (const frame of encodeData(stream, bytes)) await this.#connection.write(frame);
  }

  /** Half-closes a stream. */
  async end(stream: number): Promise<void> {
    for (const frame of encodeData(stream, NONE, true)) await this.#connection.write(frame);
  }

  /** What the other side says, until it ends; its pings are answered. To be read once. @throws SpdyFailure, or as the connection breaks */
  async *events(): AsyncGenerator<StreamEvent> {
    const decoder = new SpdyDecoder();
    for await (const bytes of this.#connection.readable) {
      for (const event of decoder.push(bytes)) {
        // Even numbers are the server's own pings; odd ones would be answers to ours.
        if (event.type !== 'ping') yield event;
        else if (event.id % 2 === 0) await this.#connection.write(encodePing(event.id));
      }
    }
  }

  destroy(reason?: unknown): void {
    this.#connection.destroy(reason);
  }
}
