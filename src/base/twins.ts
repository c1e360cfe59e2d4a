import { deepEqual } from './deep-equal.ts';

/** Values kept of one hint: the last ones. */
const OF_ONE = 4;
/** Of one value, in fields, items and characters. Larger ones are rarely met twice, and dear to hold. */
const MAX_WEIGHT = 1 << 13;
/** Of all together: some megabytes at the most. */
const MAX_TOTAL = 1 << 20;
/** A field or an item takes as much memory as so many characters. */
const NODE = 8;

interface Met<T> {
  readonly value: unknown;
  readonly found: T;
}

/** What was found out about JSON values met lately, found again by values that say the same. All is forgotten when it grows too large. */
export class Twins<T> {
  readonly #met = new Map<string, Met<T>[]>();
  #weight = 0;

  /** @param hint the same for values that are; tells most others apart */
  get(hint: string, value: unknown): T | undefined {
    const all = this.#met.get(hint);
    if (all) for (const one of all) if (deepEqual(one.value, value)) return one.found;
    return undefined;
  }

  set(hint: string, value: unknown, found: T): void {
    const weight = MAX_WEIGHT - lighten(value, MAX_WEIGHT);
    if (weight > MAX_WEIGHT) return;
    this.#weight += weight;
    if (this.#weight > MAX_TOTAL) {
      this.#met.clear();
      this.#weight = weight;
    }
    const all = this.#met.get(hint);
    if (!all) this.#met.set(hint, [{ value, found }]);
    else if (all.unshift({ value, found }) > OF_ONE) all.pop();
  }
}

/** What is left of `weight` beside the value; below 0 where it is too heavy. */
function lighten(value: unknown, weight: number): number {
  if (typeof value === 'string') return weight - NODE - value.length;
  let left = weight - NODE;
  if (typeof value !== 'object' || value === null) return left;
  for (const key in value) {
    if (left < 0) return left;
    left = lighten((value as Readonly<Record<string, unknown>>)[key], left);
  }
  return left;
}
