import type { NodeInfo } from './node-info.ts';

/** Counts for each value of a topology key: how many pods of some sort are in zone `a`. */
export class TopologyCounts {
  readonly #keys = new Map<string, Map<string, number>>();

  /** Whether nothing is counted. */
  get empty(): boolean {
    return this.#keys.size === 0;
  }

  /** Where the node lies on `key` gains `by`; nothing where it does not have the label. */
  add(key: string, node: NodeInfo, by: number): void {
    const value = node.labels[key];
    if (value === undefined || by === 0) return;
    const values = this.#keys.get(key) ?? new Map<string, number>();
    const count = (values.get(value) ?? 0) + by;
    if (count === 0) values.delete(value);
    else values.set(value, count);
    if (values.size === 0) this.#keys.delete(key);
    else this.#keys.set(key, values);
  }

  get(key: string, node: NodeInfo): number {
    const value = node.labels[key];
    return value === undefined ? 0 : (this.#keys.get(key)?.get(value) ?? 0);
  }

  /** The sum, over all keys, of the counts where the node lies. */
  sum(node: NodeInfo): number {
    let sum = 0;
    for (const [key, values] of this.#keys) sum += values.get(node.labels[key] ?? '') ?? 0;
    return sum;
  }

  /** Whether some key counts more than 0 where the node lies. */
  hits(node: NodeInfo): boolean {
    for (const [key, values] of this.#keys) {
      const value = node.labels[key];
      if (value !== undefined && (values.get(value) ?? 0) > 0) return true;
    }
    return false;
  }
}
