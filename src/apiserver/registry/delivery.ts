import type { TellsEnd } from '../audit/until-end.ts';
import type { WatchedEvent, Watcher } from '../watch-cache/watcher.ts';

/** Where the events of a watch come from once its first state was sent. */
export interface Live<Extra> {
  readonly watcher: Watcher;
  /** What is due while no event is: a bookmark. */
  between(): Extra | undefined;
  /** What is said last. */
  last(): Extra | undefined;
  /** Lets go of all it holds; may be called again. */
  end(): void;
}

export interface DeliveryOptions<T, Extra> {
  /** Sent before all else. */
  readonly first: AsyncGenerator<T>;
  readonly live: Live<Extra> | undefined;
  /** A batch as it is sent. */
  readonly encode: (batch: readonly (WatchedEvent | Extra)[]) => T;
}

type Step<T> = IteratorResult<T, undefined>;

/**
 * What one watch sends, batch by batch. An event costs each watcher one promise, which the cache itself resolves: through
 * generators of generators it was eight, and a third of what an event costs.
 */
export class Delivery<T, Extra> implements AsyncIterableIterator<T>, TellsEnd {
  #first: AsyncGenerator<T> | undefined;
  readonly #live: Live<Extra> | undefined;
  readonly #encode: DeliveryOptions<T, Extra>['encode'];
  readonly #listeners: (() => void)[] = [];
  #isOver = false;
  #saidLast = false;

  constructor({ first, live, encode }: DeliveryOptions<T, Extra>) {
    this.#first = first;
    this.#live = live;
    this.#encode = encode;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One call at a time, as `for await` does. */
  next(): Promise<Step<T>> {
    if (this.#first) return this.#begin(this.#first);
    return new Promise((resolve, reject) => {
      if (!this.#settle(resolve, reject)) this.#live?.watcher.wake(() => this.#settle(resolve, reject));
    });
  }

  async return(): Promise<Step<T>> {
    const first = this.#first;
    this.#first = undefined;
    this.#finish();
    await first?.return(undefined);
    return { done: true, value: undefined };
  }

  onEnd(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#listeners.push(listener);
  }

  async #begin(first: AsyncGenerator<T>): Promise<Step<T>> {
    try {
      const step = await first.next();
      if (!step.done) return { done: false, value: step.value };
    } catch (error) {
      this.#finish();
      throw error;
    }
    this.#first = undefined;
    return this.next();
  }

  /** Whether there was anything to say. What fails here fails this watch, not the cache that told it. */
  #settle(resolve: (step: Step<T>) => void, reject: (error: unknown) => void): boolean {
    try {
      const step = this.#take();
      if (!step) return false;
      this.#live?.watcher.wake(undefined);
      resolve(step);
    } catch (error) {
      this.#live?.watcher.wake(undefined);
      this.#finish();
      reject(error);
    }
    return true;
  }

  #take(): Step<T> | undefined {
    const live = this.#live;
    if (this.#isOver || !live) return this.#finish();
    const batch = live.watcher.take();
    if (batch.length > 0) return { done: false, value: this.#encode(batch) };
    if (live.watcher.isOver) {
      const last = this.#saidLast ? undefined : live.last();
      this.#saidLast = true;
      return last === undefined ? this.#finish() : { done: false, value: this.#encode([last]) };
    }
    const extra = live.between();
    return extra === undefined ? undefined : { done: false, value: this.#encode([extra]) };
  }

  #finish(): Step<T> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#live?.end();
      for (const listener of this.#listeners) listener();
    }
    return { done: true, value: undefined };
  }
}
