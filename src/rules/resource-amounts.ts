/** Quantities as numbers, for code that adds and compares millions of them. */

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
};
const QUANTITY = /^([+-]?[0-9.]+)(?:([numkMGTPE]i?|Ki)|[eE]([+-]?\d+))?$/;

/** Digits beyond these are rounding errors of the binary fractions, not amounts. */
const round = (amount: number): number => Math.ceil(Number(amount.toPrecision(15)));

/** @throws when `quantity` is none; the schema lets no such object in. */
export function parseAmount(resource: string, quantity: string): number {
  const parts = QUANTITY.exec(quantity);
  const unit = parts?.[3] === undefined ? SUFFIXES[parts?.[2] ?? ''] : 10 ** Number(parts[3]);
  if (!parts || unit === undefined) throw new Error(`not a quantity: ${quantity}`);
  return round(Number(parts[1]) * unit * (resource === 'cpu' ? 1000 : 1));
}

/** Remembers what it has parsed: a cluster uses few distinct quantities, many times. */
export class AmountCache {
  readonly #cpu = new Map<string, number>();
  readonly #others = new Map<string, number>();
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  amountOf(resource: string, quantity: string): number {
    const known = resource === 'cpu' ? this.#cpu : this.#others;
    let amount = known.get(quantity);
    if (amount === undefined) {
      amount = parseAmount(resource, quantity);
      if (known.size >= this.#limit) known.clear();
      known.set(quantity, amount);
    }
    return amount;
  }
}
