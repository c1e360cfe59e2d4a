import type { Millis } from '../../base/clock.ts';
import { AnswerHead } from '../../wire/http1/answer-head.ts';
import type { Deadlines } from './deadlines.ts';
import { keyOf, UpstreamConnection } from './upstream-connection.ts';

/** To one endpoint. */
const MAX_IDLE = 64;
const IDLE: Millis = 55_000;
/** So much before an endpoint closes an idle connection it gets no more requests: they would cross. */
const MARGIN: Millis = 1_500;
const READ_BUFFER = 64 * 1024;

/** Connections to endpoints, kept for the next request. */
export class UpstreamPool implements Disposable {
  readonly #deadlines: Deadlines;
  readonly #idle = new Map<string, UpstreamConnection[]>();
  readonly #head = new AnswerHead();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BUFFER);

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** One that has been idle, the one that was so least long; undefined where there is none. */
  take(endpoint: string, tls: boolean): UpstreamConnection | undefined {
    const idle = this.#idle.get(tls ? keyOf(endpoint, tls) : endpoint);
    if (idle === undefined) return undefined;
    for (let connection = idle.pop(); connection; connection = idle.pop()) {
      if (connection.isOpen) return connection;
      connection.destroy();
    }
    return undefined;
  }

  open(endpoint: string, tls: boolean): UpstreamConnection {
    const connection = new UpstreamConnection({ endpoint, tls, head: this.#head, buffer: this.#buffer });
    this.#deadlines.add(connection);
    connection.socket.once('close', () => this.#deadlines.delete(connection));
    return connection;
  }

  /** Nobody asks over it any more. */
  put(connection: UpstreamConnection): void {
    connection.asking = undefined;
    const stays = connection.stays === undefined ? IDLE : Math.min(IDLE, connection.stays - MARGIN);
    const idle = this.#idle.get(connection.key) ?? [];
    if (idle.length >= MAX_IDLE || stays <= 0 || !connection.isOpen) return connection.destroy();
    if (idle.length === 0) this.#idle.set(connection.key, idle);
    connection.deadline = this.#deadlines.now + stays;
    idle.push(connection);
  }

  /** Idle connections to endpoints that are gone are closed before another request meets their end; requests under way go on. */
  retire(gone: ReadonlySet<string>): void {
    for (const endpoint of gone) for (const key of [keyOf(endpoint, false), keyOf(endpoint, true)]) this.#drop(key);
  }

  #drop(key: string): void {
    for (const connection of this.#idle.get(key) ?? []) connection.destroy();
    this.#idle.delete(key);
  }

  [Symbol.dispose](): void {
    for (const key of this.#idle.keys()) this.#drop(key);
  }
}
