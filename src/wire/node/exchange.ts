import type { Writable } from 'node:stream';
import type { ApiHandler } from '../api.ts';
import type { BodyLimits } from './body.ts';

/** What the protocol adapters share: the handler, its limits, and the requests under way. */
export class Exchange {
  readonly handle: ApiHandler;
  readonly limits: BodyLimits;
  /** Whether the body at this URL is passed on as it comes. */
  readonly streamsBody: (url: string) => boolean;
  readonly #open = new Set<AbortController>();

  constructor(handle: ApiHandler, limits: BodyLimits, streamsBody: (url: string) => boolean) {
    this.handle = handle;
    this.limits = limits;
    this.streamsBody = streamsBody;
  }

  /** The scope of one request: its signal aborts when the connection closes first, or all are to end. */
  begin(stream: Writable): Scope {
    return new Scope(stream, this.#open);
  }

  /** Tells every request under way to end. */
  abortAll(reason: Error): void {
    for (const controller of this.#open) controller.abort(reason);
  }
}

/** One request under way. Few handlers look at the signal, and making one costs more than the rest of this: it is made when asked for. */
class Scope implements Disposable {
  readonly #controller = new AbortController();
  readonly #stream: Writable;
  readonly #open: Set<AbortController>;
  readonly #onClose = () => this.abort(new Error('the caller has gone'));

  constructor(stream: Writable, open: Set<AbortController>) {
    this.#stream = stream;
    this.#open = open;
    open.add(this.#controller);
    stream.once('close', this.#onClose);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#stream.off('close', this.#onClose);
    this.#open.delete(this.#controller);
  }
}
