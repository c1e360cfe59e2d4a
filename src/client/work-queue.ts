import type { Clock, Millis } from '../base/clock.ts';
import type { QueueWatcher } from './queue-metrics.ts';
import { bucketAndExponential, type RateLimiter } from './rate-limiter.ts';

/**
 * Keys waiting for a worker. A key is in the queue once at most, and with one worker at most: added while it is being
 * worked on, it comes up again after `done`.
 *
 *     add ─▶ dirty ─▶ ready ─get─▶ processing ─done─▶ (dirty again? ready)
 */
export class WorkQueue<K extends string = string> implements Disposable {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter<K>;
  readonly #watcher: QueueWatcher | undefined;
  readonly #ready = new Set<K>();
  readonly #processing = new Set<K>();
  /** Added while processing. */
  readonly #again = new Set<K>();
  readonly #waiting = new Map<K, { readonly at: Millis; readonly timer: Disposable }>();
  readonly #workers: ((key: K | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: Clock, limiter: RateLimiter<K> = bucketAndExponential(clock), watcher?: QueueWatcher) {
    this.#clock = clock;
    this.#limiter = limiter;
    this.#watcher = watcher;
  }

  /** Keys ready for a worker. */
  get length(): number {
    return this.#ready.size;
  }

  /** Whether nothing is ready or in work; keys that wait for their time do not count. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0;
  }

  add(key: K): void {
    if (this.#closed || this.#ready.has(key)) return;
    if (this.#processing.has(key)) {
      if (!this.#again.has(key)) this.#watcher?.added(key);
      this.#again.add(key);
      return;
    }
    this.#watcher?.added(key);
    this.#queue(key);
  }

  #queue(key: K): void {
    const worker = this.#workers.shift();
    if (!worker) {
      this.#ready.add(key);
      return;
    }
    this.#start(key);
    worker(key);
  }

  /** Adds the key once `delay` has passed; of several such requests the earliest counts. */
  addAfter(key: K, delay: Millis): void {
    if (this.#closed) return;
    if (delay <= 0) return this.add(key);
    const at = this.#clock.monotonic() + delay;
    const earlier = this.#waiting.get(key);
    if (earlier && earlier.at <= at) return;
    earlier?.timer[Symbol.dispose]();
    const timer = this.#clock.after(delay, () => {
      this.#waiting.delete(key);
      this.add(key);
    });
    this.#waiting.set(key, { at, timer });
  }

  /** Adds the key after a delay that grows with each failure, until `forget`. */
  addRateLimited(key: K): void {
    this.#watcher?.retried();
    this.addAfter(key, this.#limiter.delay(key));
  }

  /** How often the key was rate limited since it was last forgotten. */
  failures(key: K): number {
    return this.#limiter.failures(key);
  }

  forget(key: K): void {
    this.#limiter.forget(key);
  }

  /** The next key, as soon as there is one; undefined once the queue is closed. Pair with `done`. */
  get(): Promise<K | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [key] = this.#ready;
    if (key === undefined) return new Promise((resolve) => this.#workers.push(resolve));
    this.#ready.delete(key);
    this.#start(key);
    return Promise.resolve(key);
  }

  done(key: K): void {
    this.#processing.delete(key);
    this.#watcher?.done(key);
    if (this.#again.delete(key) && !this.#closed) this.#queue(key);
  }

  #start(key: K): void {
    this.#processing.add(key);
    this.#watcher?.got(key);
  }

  /** Ends every `get`; what was queued is dropped. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#watcher?.closed();
    for (const { timer } of this.#waiting.values()) timer[Symbol.dispose]();
    this.#waiting.clear();
    this.#ready.clear();
    for (const worker of this.#workers.splice(0)) worker(undefined);
  }
}
