import type { Clock, Millis } from '../../base/clock.ts';

/**
 * The third source: what no event announces. A pod's pass says when it wants to be looked at again: a back-off ends, a
 * deadline passes, a token is to be renewed, or simply the next look round is due.
 */
export class SyncTick implements Disposable {
  readonly #clock: Clock;
  readonly #wake: (uid: string) => void;
  readonly #due = new Map<string, Disposable>();

  constructor(clock: Clock, wake: (uid: string) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** In place of what was said before. */
  set(uid: string, delay: Millis): void {
    this.clear(uid);
    this.#due.set(uid, this.#clock.after(delay, () => {
      this.#due.delete(uid);
      this.#wake(uid);
    }));
  }

  clear(uid: string): void {
    this.#due.get(uid)?.[Symbol.dispose]();
    this.#due.delete(uid);
  }

  [Symbol.dispose](): void {
    for (const uid of this.#due.keys()) this.clear(uid);
  }
}
