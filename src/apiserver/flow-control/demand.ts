import type { Millis } from '../../base/clock.ts';

/** KEP-1040: what remains of an old demand after one period. */
const DECAY = 0.977;
export const PERIOD: Millis = 10_000;

/** How many seats one level's requests want, waiting ones included: highest, mean and deviation over a period, smoothed over many. */
export class Demand {
  #now = 0;
  #since: Millis;
  #start: Millis;
  #sum = 0;
  #squares = 0;
  #high = 0;
  #smooth = 0;

  constructor(at: Millis) {
    this.#since = at;
    this.#start = at;
  }

  get smooth(): number {
    return this.#smooth;
  }

  /** @param change seats more or, negative, fewer. */
  add(change: number, at: Millis): void {
    this.#integrate(at);
    this.#now += change;
    if (this.#now > this.#high) this.#high = this.#now;
  }

  #integrate(at: Millis): void {
    const span = at - this.#since;
    if (span <= 0) return;
    this.#sum += this.#now * span;
    this.#squares += this.#now * this.#now * span;
    this.#since = at;
  }

  /** Ends a period; after a pause it counts as the many periods it was. */
  endPeriod(at: Millis): { readonly high: number; readonly smooth: number } {
    this.#integrate(at);
    const span = at - this.#start;
    const high = this.#high;
    if (span > 0) {
      const mean = this.#sum / span;
      const envelope = mean + Math.sqrt(Math.max(0, this.#squares / span - mean * mean));
      const decay = DECAY ** Math.max(1, span / PERIOD);
      this.#smooth = Math.max(envelope, decay * this.#smooth + (1 - decay) * envelope);
    }
    this.#start = at;
    this.#sum = 0;
    this.#squares = 0;
    this.#high = this.#now;
    return { high, smooth: this.#smooth };
  }
}
