import type { Clock, Millis } from '../../base/clock.ts';

/** How many are kept at most; the oldest gives way. */
const KEPT = 8_192;

/** What others answered, for as long as that holds. */
export class KeptAnswers<T> {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, { readonly value: T; readonly until: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): T | undefined {
    const kept = this.#byKey.get(key);
    if (kept && kept.until > this.#clock.monotonic()) return kept.value;
    this.#byKey.delete(key);
    return undefined;
  }

  set(key: string, value: T, ttl: Millis): void {
    this.#byKey.delete(key);
    const [oldest] = this.#byKey.size >= KEPT ? this.#byKey.keys() : [];
    if (oldest !== undefined) this.#byKey.delete(oldest);
    this.#byKey.set(key, { value, until: this.#clock.monotonic() + ttl });
  }
}
