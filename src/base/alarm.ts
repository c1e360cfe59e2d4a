import type { Clock, Millis } from './clock.ts';

/** One alarm for many wishes: it rings once, at the earliest time that anyone has asked for since it rang last. */
export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: Millis; readonly timer: Disposable } | undefined;
  #disposed = false;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings after `delay`, or earlier where that was asked for already. */
  within(delay: Millis): void {
    const at = this.#clock.monotonic() + Math.max(0, delay);
    if (this.#disposed || (this.#set && this.#set.at <= at)) return;
    this.#set?.timer[Symbol.dispose]();
    const timer = this.#clock.after(Math.max(0, delay), () => {
      this.#set = undefined;
      this.#ring();
    });
    this.#set = { at, timer };
  }

  /** It rings no more, whoever asks. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#set?.timer[Symbol.dispose]();
    this.#set = undefined;
  }
}
