import type { Clock, Millis } from '../../base/clock.ts';

/** Something that must go on before a moment, on the clock of its Deadlines. */
export interface Timed {
  deadline: Millis;
  onDeadline(): void;
}

const TICK: Millis = 1_000;

/** Deadlines that cost nothing to move: all of them are looked at once a second. */
export class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #timed = new Set<Timed>();
  #alarm: Disposable | undefined;
  #now: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#now = clock.monotonic();
  }

  /** As of the last look. */
  get now(): Millis {
    return this.#now;
  }

  get size(): number {
    return this.#timed.size;
  }

  add(timed: Timed): void {
    if (!this.#alarm) this.#look();
    this.#timed.add(timed);
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
  }

  #look(): void {
    this.#now = this.#clock.monotonic();
    for (const timed of this.#timed) if (timed.deadline <= this.#now) timed.onDeadline();
    this.#alarm = this.#timed.size > 0 || !this.#alarm ? this.#clock.after(TICK, () => this.#look()) : undefined;
  }

  [Symbol.dispose](): void {
    this.#alarm?.[Symbol.dispose]();
    this.#timed.clear();
  }
}
