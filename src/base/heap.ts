/** A binary heap whose entries are found by key, so that any of them can be changed or taken out: O(log n) each. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();
  readonly #key: (item: T) => string;
  readonly #before: (a: T, b: T) => boolean;

  /** @param order `before(a, b)`: a leaves first. `key` must be unique within the heap. */
  constructor(order: { key: (item: T) => string; before: (a: T, b: T) => boolean }) {
    this.#key = order.key;
    this.#before = order.before;
  }

  get size(): number {
    return this.#items.length;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  /** The entry that would leave first. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds an entry, or replaces the one with its key. */
  set(item: T): void {
    const key = this.#key(item);
    const place = this.#places.get(key) ?? this.#items.length;
    this.#items[place] = item;
    this.#places.set(key, place);
    this.#sink(this.#rise(place));
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.delete(this.#key(first));
    return first;
  }

  delete(key: string): T | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const gone = this.#items[place]!;
    const last = this.#items.pop()!;
    this.#places.delete(key);
    if (place < this.#items.length) {
      this.#items[place] = last;
      this.#places.set(this.#key(last), place);
      this.#sink(this.#rise(place));
    }
    return gone;
  }

  /** In no particular order. */
  values(): IterableIterator<T> {
    return this.#items.values();
  }

  #rise(from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.#before(this.#items[place]!, this.#items[above]!)) break;
      this.#swap(place, above);
      place = above;
    }
    return place;
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= this.#items.length) return;
      const right = left + 1;
      const least = right < this.#items.length && this.#before(this.#items[right]!, this.#items[left]!) ? right : left;
      if (!this.#before(this.#items[least]!, this.#items[place]!)) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const one = this.#items[a]!;
    const other = this.#items[b]!;
    this.#items[a] = other;
    this.#items[b] = one;
    this.#places.set(this.#key(other), a);
    this.#places.set(this.#key(one), b);
  }
}
