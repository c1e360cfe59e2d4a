/** What was made last and can be made again, up to a weight: whoever is oldest is told to forget. First in, first out. */
export class Kept<T> {
  readonly #limit: number;
  readonly #forget: (owner: T) => void;
  #entries: { readonly owner: T; readonly weight: number }[] = [];
  #first = 0;
  #weight = 0;

  constructor(limit: number, forget: (owner: T) => void) {
    this.#limit = limit;
    this.#forget = forget;
  }

  add(owner: T, weight: number): void {
    this.#entries.push({ owner, weight });
    this.#weight += weight;
    while (this.#weight > this.#limit && this.#first < this.#entries.length - 1) {
      const oldest = this.#entries[this.#first++]!;
      this.#weight -= oldest.weight;
      this.#forget(oldest.owner);
    }
    if (this.#first > 1024 && this.#first > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
