import type { Version } from './version.ts';

/** An insert moves half as many references on average; a snapshot costs its writers a copy of this many. */
const LEAF = 512;

interface Leaf {
  /** By key, ascending. */
  readonly versions: Version[];
  /** The number of the snapshot it was made after: later ones share it. */
  readonly age: number;
}

/**
 * Versions in the order of their keys (by code unit). A snapshot takes no time whatever the size: it shares the leaves, and
 * whoever writes afterwards copies the leaf first.
 */
export class Shelf {
  #leaves: Leaf[] = [];
  /** The age of the list of leaves itself. */
  #age = 0;
  #snapshots = 0;

  /** Puts a version in its key's place. */
  set(version: Version): void {
    const at = this.#place(version.key);
    const versions = this.#writable(at);
    const index = lowerBound(versions, version.key);
    if (versions[index]?.key === version.key) {
      versions[index] = version;
      return;
    }
    versions.splice(index, 0, version);
    if (versions.length > LEAF) this.#leaves.splice(at + 1, 0, { versions: versions.splice(LEAF / 2), age: this.#snapshots });
  }

  delete(key: string): void {
    const at = leafOf(this.#leaves, key);
    const found = this.#leaves[at]?.versions ?? [];
    const index = lowerBound(found, key);
    if (found[index]?.key !== key) return;
    if (found.length > 1) {
      this.#writable(at).splice(index, 1);
      return;
    }
    this.#own();
    this.#leaves.splice(at, 1);
  }

  /** `from` <= key < `to` as it stands now, however long the reader takes. */
  snapshot(from: string, to: string): Iterable<Version> {
    this.#snapshots++;
    const leaves = this.#leaves;
    return { [Symbol.iterator]: () => walk(leaves, from, to) };
  }

  /** How many there are of `from` <= key < `to`. */
  count(from: string, to: string): number {
    return Math.max(0, this.#rank(to) - this.#rank(from));
  }

  #rank(key: string): number {
    const at = leafOf(this.#leaves, key);
    let before = 0;
    for (let n = 0; n < at; n++) before += this.#leaves[n]!.versions.length;
    return before + lowerBound(this.#leaves[at]?.versions ?? [], key);
  }

  /** Where the leaf for `key` is; there is one afterwards. */
  #place(key: string): number {
    if (this.#leaves.length === 0) this.#leaves = [{ versions: [], age: this.#snapshots }];
    return leafOf(this.#leaves, key);
  }

  #own(): void {
    if (this.#age === this.#snapshots) return;
    this.#leaves = this.#leaves.slice();
    this.#age = this.#snapshots;
  }

  #writable(at: number): Version[] {
    this.#own();
    const leaf = this.#leaves[at]!;
    if (leaf.age === this.#snapshots) return leaf.versions;
    const versions = leaf.versions.slice();
    this.#leaves[at] = { versions, age: this.#snapshots };
    return versions;
  }
}

function* walk(leaves: readonly Leaf[], from: string, to: string): Generator<Version> {
  const first = leafOf(leaves, from);
  for (let at = first; at < leaves.length; at++) {
    const { versions } = leaves[at]!;
    for (let index = at === first ? lowerBound(versions, from) : 0; index < versions.length; index++) {
      const version = versions[index]!;
      if (version.key >= to) return;
      yield version;
    }
  }
}

/** The leaf that holds `key` or would: the last whose first key is not above it. */
function leafOf(leaves: readonly Leaf[], key: string): number {
  let low = 0;
  let high = leaves.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((leaves[middle]!.versions[0]?.key ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** The first index whose key is not below `key`. */
function lowerBound(versions: readonly Version[], key: string): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (versions[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
