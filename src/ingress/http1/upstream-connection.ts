import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Millis } from '../../base/clock.ts';
import { BodyReader } from '../../wire/http1/body-reader.ts';
import { FIELD } from '../../wire/http1/fields.ts';
import { HeadReader } from '../../wire/http1/head-reader.ts';
import { textOf } from '../../wire/http1/octets.ts';
import type { AnswerHead } from '../../wire/http1/answer-head.ts';
import type { Timed } from './deadlines.ts';

/** Who asked, as the connection to the endpoint tells them. A `false` means: read no more before `resume()`. */
export interface Asking {
  readonly asksForHead: boolean;
  onConnected(): void;
  /** 1xx but 101; `head` is read again at once. */
  onInformed(head: AnswerHead): void;
  /** The head of the answer is read, and where the octets behind it are. What it leaves is nobody's. */
  onAnswer(head: AnswerHead, bytes: Uint8Array, from: number, to: number): boolean;
  onMore(bytes: Uint8Array, from: number, to: number): boolean;
  onDrained(): void;
  /** It has said all that it will say; nothing follows but `onGone`. */
  onEnd(): void;
  onGone(): void;
}

export interface UpstreamOptions {
  /** `host:port`, an IPv6 address in brackets. */
  readonly endpoint: string;
  readonly tls: boolean;
  /** Heads are read into it, those of all connections in turn. */
  readonly head: AnswerHead;
  /** What comes is read into it, by all connections in turn. */
  readonly buffer: Buffer;
}

const MAX_HEAD = 64 * 1024;

/** One connection to an endpoint, of one request after another. */
export class UpstreamConnection implements Timed {
  readonly key: string;
  /** While it is idle. */
  deadline: Millis = Infinity;
  readonly socket: Socket;
  isConnected = false;
  /** It has answered before. */
  isUsed = false;
  asking: Asking | undefined;
  readonly body = new BodyReader();
  /** How long the endpoint leaves it open, where it says so. */
  stays: Millis | undefined;
  readonly #head: AnswerHead;
  readonly #reader: HeadReader;
  #isInBody = false;

  constructor({ endpoint, tls, head, buffer }: UpstreamOptions) {
    this.key = keyOf(endpoint, tls);
    this.#head = head;
    this.#reader = new HeadReader(head, MAX_HEAD);
    const { host, port } = partsOf(endpoint);
    // Whom a certificate is for says nothing here: the address came from the API server.
    if (tls) this.socket = connectTls({ host, port, rejectUnauthorized: false }).on('data', (bytes: Buffer) => void (this.#receive(bytes, bytes.length) || this.socket.pause()));
    else this.socket = connectPlain({ host, port, noDelay: true, onread: { buffer, callback: (count) => this.#receive(buffer, count) } });
    this.socket.once(tls ? 'secureConnect' : 'connect', () => {
      this.isConnected = true;
      this.asking?.onConnected();
    });
    this.socket.on('drain', () => this.asking?.onDrained());
    this.socket.on('error', () => {}); // `close` follows
    this.socket.once('end', () => this.asking?.onEnd());
    this.socket.once('close', () => this.asking?.onGone());
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.readable && this.socket.writable;
  }

  /** Another request begins. */
  begin(asking: Asking): void {
    this.asking = asking;
    this.deadline = Infinity;
    this.#isInBody = false;
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.asking = undefined;
    this.socket.destroy();
  }

  onDeadline(): void {
    this.destroy();
  }

  /** Whether to read on. */
  #receive(bytes: Uint8Array, to: number): boolean {
    try {
      return this.#take(bytes, to);
    } catch {
      // Not HTTP/1.1, or out of turn.
      const { asking } = this;
      this.destroy();
      asking?.onGone();
      return false;
    }
  }

  #take(bytes: Uint8Array, to: number): boolean {
    if (!this.asking) throw new Error('nobody asked');
    if (this.#isInBody) return this.asking.onMore(bytes, 0, to);
    const head = this.#head;
    for (let at = 0; at < to;) {
      head.isForHead = this.asking.asksForHead;
      at = this.#reader.push(bytes, at, to);
      if (at < 0) return true;
      if (head.status < 200 && head.status !== 101) {
        this.asking.onInformed(head);
        continue;
      }
      this.#isInBody = this.isUsed = true;
      this.body.begin(head.framing, head.length);
      this.stays = staysOf(head);
      return this.asking.onAnswer(head, bytes, at, to);
    }
    return true;
  }
}

export const keyOf = (endpoint: string, tls: boolean): string => (tls ? `tls ${endpoint}` : endpoint);

function partsOf(endpoint: string): { readonly host: string; readonly port: number } {
  const colon = endpoint.lastIndexOf(':');
  return { host: endpoint.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(endpoint.slice(colon + 1)) };
}

/** `Keep-Alive: timeout=5`, as servers of many languages say it. */
function staysOf({ ids, places, count, bytes }: AnswerHead): Millis | undefined {
  for (let n = 0; n < count; n++) {
    if (ids[n] !== FIELD.keepAlive) continue;
    const seconds = /timeout=(\d{1,6})/.exec(textOf({ bytes, from: places[4 * n + 2]!, to: places[4 * n + 3]! }))?.[1];
    return seconds === undefined ? undefined : 1000 * Number(seconds);
  }
  return undefined;
}
