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
  begin(stream: Writable): Disposable & { readonly signal: AbortSignal; abort(reason: Error): void } {
    const controller = new AbortController();
    const onClose = () => controller.abort(new Error('the caller has gone'));
    this.#open.add(controller);
    stream.once('close', onClose);
    return {
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
      [Symbol.dispose]: () => {
        stream.off('close', onClose);
        this.#open.delete(controller);
      },
    };
  }

  /** Tells every request under way to end. */
  abortAll(reason: Error): void {
    for (const controller of this.#open) controller.abort(reason);
  }
}
