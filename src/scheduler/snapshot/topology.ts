import type { Domains } from './node-table.ts';

/** Where each slot lies, as the node table tells. */
type DomainsOf = (key: string) => Domains;

interface Tally {
  readonly domainOf: Int32Array;
  /** By domain; of domain 0, where nodes lack the key, nothing is counted. */
  readonly counts: Float64Array;
}

/** Counts for each value of a topology key: how many pods of some sort are in zone `a`. Nodes are given by their slots. */
export class TopologyCounts {
  readonly #domainsOf: DomainsOf;
  readonly #tallies = new Map<string, Tally>();
  #entries = 0;

  constructor(domainsOf: DomainsOf) {
    this.#domainsOf = domainsOf;
  }

  /** Whether nothing is counted. */
  get empty(): boolean {
    return this.#entries === 0;
  }

  /** Where the node lies on `key` gains `by` for one pod more, or one less; nothing where it does not have the label. */
  add(key: string, slot: number, by: 1 | -1): void {
    const { domainOf, counts } = this.#tally(key);
    const domain = domainOf[slot] ?? 0;
    if (domain === 0) return;
    counts[domain]! += by;
    this.#entries += by;
  }

  /** As `add`, for pods counted by slot, each of them worth `weight`. */
  addAll(key: string, perSlot: Int32Array, weight = 1): void {
    const { domainOf, counts } = this.#tally(key);
    const end = Math.min(perSlot.length, domainOf.length);
    for (let slot = 0; slot < end; slot++) {
      const pods = perSlot[slot]!;
      if (pods === 0 || domainOf[slot] === 0) continue;
      counts[domainOf[slot]!]! += pods * weight;
      this.#entries += pods;
    }
  }

  get(key: string, slot: number): number {
    const tally = this.#tallies.get(key);
    return tally ? tally.counts[tally.domainOf[slot] ?? 0]! : 0;
  }

  /** The sum, over all keys, of the counts where the node lies. */
  sum(slot: number): number {
    let sum = 0;
    for (const { domainOf, counts } of this.#tallies.values()) sum += counts[domainOf[slot] ?? 0]!;
    return sum;
  }

  /** Whether some key counts more than 0 where the node lies. */
  hits(slot: number): boolean {
    for (const { domainOf, counts } of this.#tallies.values()) if (counts[domainOf[slot] ?? 0]! > 0) return true;
    return false;
  }

  #tally(key: string): Tally {
    let tally = this.#tallies.get(key);
    if (!tally) {
      const { domainOf, size } = this.#domainsOf(key);
      this.#tallies.set(key, (tally = { domainOf, counts: new Float64Array(size) }));
    }
    return tally;
  }
}
