import { nextTurn, type Clock, type Millis } from '../../base/clock.ts';

const SLICE: Millis = 5;

/** Lets others have the event loop now and then: in-process everything is promises, which by themselves never let go of it. */
export class Slices {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #began: Millis;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  async breathe(): Promise<void> {
    if (this.#clock.monotonic() - this.#began < SLICE) return;
    await nextTurn();
    this.#began = this.#clock.monotonic();
  }
}
