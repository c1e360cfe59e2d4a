import { ManualClock, type Millis } from '../../../base/clock.ts';

/** A clock whose wall time can leap forward by itself, as NTP or an administrator makes it; alarms do not notice. */
export class LeapingClock extends ManualClock {
  #leapt = 0;

  override now(): Millis {
    // Whole milliseconds, as a machine's: jittered delays are not.
    return Math.floor(super.now()) + this.#leapt;
  }

  leap(span: Millis): void {
    this.#leapt += span;
  }
}
