import type { Clock, Millis } from '../base/clock.ts';

/** Decides how long a failed key waits. */
export interface RateLimiter<K> {
  /** Counts one more failure and says the wait before the next try. */
  delay(key: K): Millis;
  failures(key: K): number;
  forget(key: K): void;
}

/** `base` doubled with each failure of the key, up to `most`. */
export function exponential<K>(base: Millis = 5, most: Millis = 1_000_000): RateLimiter<K> {
  const failures = new Map<K, number>();
  return {
    delay(key) {
      const earlier = failures.get(key) ?? 0;
      failures.set(key, earlier + 1);
      return Math.min(base * 2 ** earlier, most);
    },
    failures: (key) => failures.get(key) ?? 0,
    forget: (key) => void failures.delete(key),
  };
}

/** A token bucket: `burst` at once, then `perSecond`. `take` says how long the taker has to wait for its token. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: Millis;

  constructor(clock: Pick<Clock, 'monotonic'>, rate: { readonly perSecond: number; readonly burst: number }) {
    this.#clock = clock;
    this.#perSecond = rate.perSecond;
    this.#burst = rate.burst;
    this.#tokens = rate.burst;
    this.#at = clock.monotonic();
  }

  take(): Millis {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Takes a token only when one is there now. */
  tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}

/** What controllers use: each key backs off from 5 ms to 1,000 s, and all failures together pass 10 a second, 100 at once. */
export function bucketAndExponential<K>(clock: Pick<Clock, 'monotonic'>): RateLimiter<K> {
  const each = exponential<K>();
  const all = new TokenBucket(clock, { perSecond: 10, burst: 100 });
  return { ...each, delay: (key) => Math.max(each.delay(key), all.take()) };
}
