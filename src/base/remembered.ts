/** Enough for the templates that a cluster makes objects from at one time. */
const KEPT = 256;
/** Longer texts are rarely met twice, and dear to hold. */
const MAX_LENGTH = 8192;

/** What was found out about texts met lately. All is forgotten when it grows too large. */
export class Remembered<T> {
  readonly #values = new Map<string, T>();

  get(text: string): T | undefined {
    return this.#values.get(text);
  }

  set(text: string, value: T): void {
    if (text.length > MAX_LENGTH) return;
    if (this.#values.size >= KEPT) this.#values.clear();
    this.#values.set(text, value);
  }
}
