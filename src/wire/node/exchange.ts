import type { Writable } from 'node:stream';
import type { ApiHandler } from '../api.ts';
import type { BodyLimits } from './body.ts';
import type { Signers } from './peer.ts';

/** What the protocol adapters share: the handler, its limits, and the requests under way. */
export class Exchange {
  readonly handle: ApiHandler;
  readonly limits: BodyLimits;
  /** Whether the body at this URL is passed on as it comes. */
  readonly streamsBody: (url: string) => boolean;
  /** As of the certificates served with now. */
  signers: Signers | undefined;
  readonly #open = new Set<Scope>();

  constructor(handle: ApiHandler, limits: BodyLimits, streamsBody: (url: string) => boolean) {
    this.handle = handle;
    this.limits = limits;
    this.streamsBody = streamsBody;
  }

  /** The scope of one request: its signal aborts when all are to end, or when `abort` is called. */
  begin(): Scope {
    return new Scope(this.#open);
  }

  /** The scope of a request that is over when `stream` closes. */
  beginWith(stream: Writable): Scope {
    const scope = this.begin();
    const onClose = () => scope.abort(new Error('the caller has gone'));
    stream.once('close', onClose);
    scope.onEnd = () => stream.off('close', onClose);
    return scope;
  }

  /** Tells every request under way to end. */
  abortAll(reason: Error): void {
    for (const scope of this.#open) scope.abort(reason);
  }
}

/** One request under way. Few handlers look at the signal, and making one costs more than all the rest of this: it is made when asked for. */
export class Scope implements Disposable {
  readonly #open: Set<Scope>;
  #controller: AbortController | undefined;
  #reason: Error | undefined;
  onEnd: (() => void) | undefined;

  constructor(open: Set<Scope>) {
    this.#open = open;
    open.add(this);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
  }

  [Symbol.dispose](): void {
    this.onEnd?.();
    this.#open.delete(this);
  }
}
