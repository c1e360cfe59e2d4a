import { soon, type Clock, type Millis } from './clock.ts';

const SLICE: Millis = 5;
/** How many of those who wait are let on within one turn at most: a look at the clock between any two. */
const AT_ONCE = 8;

/**
 * Shares one event loop among all who work on it in promises, which by themselves never let go of it. Each asks before its
 * next piece of work: while the present turn has time left it goes on at once, else in a later one, in order. In between the
 * loop sees to what came from outside. Where all ask, no turn is much longer than a slice and one piece of work.
 */
export class Turns {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #waiting: (() => void)[] = [];
  /** When the present turn began, as far as it is known here. */
  #began: Millis = 0;
  /** Whether a later turn is asked for, which then says that it began. */
  #turning = false;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** The same for all who have this clock: they share the loop, too. */
  static of(clock: Pick<Clock, 'monotonic'>): Turns {
    let turns = shared.get(clock);
    if (!turns) shared.set(clock, (turns = new Turns(clock)));
    return turns;
  }

  /** Undefined to go on at once: most need not wait, and a promise costs more than the question. */
  take(): Promise<void> | undefined {
    const now = this.#clock.monotonic();
    if (!this.#turning) {
      this.#turning = true;
      this.#began = now;
      soon(this.#turn);
    }
    if (this.#waiting.length === 0 && now - this.#began < SLICE) return undefined;
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  readonly #turn = (): void => {
    this.#turning = this.#waiting.length > 0;
    if (!this.#turning) return;
    this.#began = this.#clock.monotonic();
    // These come in the next turn, this one first: what one is let on for is done before the next is looked at.
    soon(this.#turn);
    for (let more = Math.min(AT_ONCE, this.#waiting.length) - 1; more > 0; more--) soon(this.#letOn);
    this.#waiting.shift()?.();
  };

  readonly #letOn = (): void => {
    if (this.#clock.monotonic() - this.#began < SLICE) this.#waiting.shift()?.();
  };
}

const shared = new WeakMap<Pick<Clock, 'monotonic'>, Turns>();
