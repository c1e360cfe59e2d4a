import { orAborted } from '../../base/abort.ts';

/** Lets so many in at a time, in the order they came. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most = Infinity) {
    this.#free = most;
  }

  async through<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Who gives up waiting leaves the line. */
  async #turn(signal?: AbortSignal): Promise<void> {
    let mine = (): void => {};
    const turn = new Promise<void>((resolve) => {
      mine = resolve;
      this.#waiting.push(resolve);
    });
    try {
      await orAborted(turn, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(mine);
      // Let in at the very moment it gave up: the next may have the place.
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#leave();
      throw error;
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
