import type { Clock, Millis } from '../../base/clock.ts';

/** Answers that are believed for a while, so that a scrape every few seconds does not become as many reviews. */
export class Believed<T> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #entries = new Map<string, { readonly answer: T; readonly until: Millis }>();
  readonly #most: number;

  constructor(clock: Pick<Clock, 'monotonic'>, most = 1000) {
    this.#clock = clock;
    this.#most = most;
  }

  /** @param span how long an answer is believed; what throws is not kept */
  async ask(question: string, find: () => Promise<T>, span: (answer: T) => Millis): Promise<T> {
    const now = this.#clock.monotonic();
    const known = this.#entries.get(question);
    if (known && now < known.until) return known.answer;
    const answer = await find();
    this.#entries.delete(question);
    this.#entries.set(question, { answer, until: now + span(answer) });
    // The oldest goes first.
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#most) break;
      this.#entries.delete(key);
    }
    return answer;
  }
}
