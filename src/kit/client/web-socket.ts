import type { Duplex } from '../../wire/api.ts';
import { encodeClose, encodeFrame, WebSocketDecoder } from '../../wire/websocket.ts';

const NORMAL = 1000;
/** No server sends larger messages on a container's streams. */
const MAX_MESSAGE_BYTES = 32 << 20;

/** A client's side of a WebSocket over a connection whose handshake is done. */
export class WebSocketClient {
  readonly #connection: Duplex;

  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** One binary message. Resolves when the connection has taken it. */
  send(message: Uint8Array): Promise<void> {
    return this.#connection.write(encodeFrame('binary', message, { mask: maskOf() }));
  }

  /** Messages until the server closes; pings are answered. To be read once. @throws WebSocketFailure, or as the connection breaks */
  async *messages(): AsyncGenerator<Uint8Array> {
    const decoder = new WebSocketDecoder({ from: 'server', maxMessageBytes: MAX_MESSAGE_BYTES });
    const encoder = new TextEncoder();
    for await (const bytes of this.#connection.readable) {
      for (const event of decoder.push(bytes)) {
        if (event.type === 'close') return;
        if (event.type === 'ping') await this.#connection.write(encodeFrame('pong', event.bytes, { mask: maskOf() }));
        else if (event.type === 'text') yield encoder.encode(event.text);
        else if (event.type === 'binary') yield event.bytes;
      }
    }
  }

  /** Says goodbye and drops the connection. */
  async close(): Promise<void> {
    await this.#connection.write(encodeClose(NORMAL, '', maskOf())).catch(() => {});
    await this.#connection.end().catch(() => {});
    this.#connection.destroy();
  }
}

/** Masks and keys of the handshake keep proxies honest and are no secret (RFC 6455, 10.3). */
const maskOf = (): Uint8Array => crypto.getRandomValues(new Uint8Array(4));
export const handshakeKey = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
