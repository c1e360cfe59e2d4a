import { parseQuantity, quantityMilliValue, quantityValue } from '../meta/quantity.ts';

/** Quantities as numbers, for code that adds and compares millions of them: a cluster uses few distinct ones, many times. */
export class AmountCache {
  readonly #cpu = new Map<string, number>();
  readonly #others = new Map<string, number>();
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  /** @throws when `quantity` is none; the schema lets no such object in. */
  amountOf(resource: string, quantity: string): number {
    const known = resource === 'cpu' ? this.#cpu : this.#others;
    let amount = known.get(quantity);
    if (amount === undefined) {
      const parsed = parseQuantity(quantity);
      amount = resource === 'cpu' ? quantityMilliValue(parsed) : quantityValue(parsed);
      if (known.size >= this.#limit) known.clear();
      known.set(quantity, amount);
    }
    return amount;
  }
}
