/** Keys split in sorted leaves of at most this many: an insert moves 256 references on average, whatever the size. */
const LEAF = 512;

/**
 * A map from strings that walks in key order (by code unit) from any point. A hash finds single keys; a sorted list of
 * sorted leaves, a B-tree of height two, gives the order.
 */
export class OrderedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #leaves: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#leafOf(key);
    const leaf = this.#leaves[at]!;
    leaf.splice(lowerBound(leaf, key), 1);
    if (leaf.length === 0) this.#leaves.splice(at, 1);
    return true;
  }

  /** Values of `from` <= key < `to` in key order; an empty `to` has no upper end. The map must not change meanwhile. */
  *walk(from: string, to: string): Generator<V> {
    let start = -1;
    for (let at = this.#leafOf(from); at < this.#leaves.length; at++) {
      const leaf = this.#leaves[at]!;
      start = start < 0 ? lowerBound(leaf, from) : 0;
      for (let index = start; index < leaf.length; index++) {
        const key = leaf[index]!;
        if (to !== '' && key >= to) return;
        yield this.#values.get(key)!;
      }
    }
  }

  #insert(key: string): void {
    if (this.#leaves.length === 0) {
      this.#leaves.push([key]);
      return;
    }
    const at = this.#leafOf(key);
    const leaf = this.#leaves[at]!;
    leaf.splice(lowerBound(leaf, key), 0, key);
    if (leaf.length > LEAF) this.#leaves.splice(at + 1, 0, leaf.splice(LEAF / 2));
  }

  /** The leaf that holds `key` or would: the last whose first key is not above it. */
  #leafOf(key: string): number {
    let low = 0;
    let high = this.#leaves.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#leaves[middle]![0]! <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** The first index whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
