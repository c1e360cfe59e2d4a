import type { Clock } from '../../base/clock.ts';

/** How often something may happen that costs the one who does it nothing: so many times at once, and so many a second. */
export class Budget {
  readonly #most: number;
  readonly #perSecond: number;
  readonly #clock: Clock;
  #left: number;
  #since: number;

  constructor(most: number, perSecond: number, clock: Clock) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#left = most;
    this.#since = clock.monotonic();
  }

  /** Whether it may happen once more. */
  spend(): boolean {
    if (this.#left < 1) {
      const now = this.#clock.monotonic();
      this.#left = Math.min(this.#most, this.#left + ((now - this.#since) / 1000) * this.#perSecond);
      this.#since = now;
      if (this.#left < 1) return false;
    }
    this.#left--;
    return true;
  }
}
