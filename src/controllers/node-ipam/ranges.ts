import { isInCidr, parseCidr, partOfCidr, partsOfCidr } from '../../meta/ip.ts';

/** Hands out equal parts of one range of either family, lowest first: each node's pods get one. */
export class Ranges {
  readonly #range: string;
  readonly #partBits: number;
  readonly #count: number;
  readonly #taken = new Map<number, string>();
  readonly #byOwner = new Map<string, number>();
  /** No part below is free. */
  #floor = 0;

  /** @param range `10.244.0.0/16`; @param partBits the parts' prefix length: 24, and of IPv6 64, unless said */
  constructor(range: string, partBits = range.includes(':') ? 64 : 24) {
    this.#range = range;
    this.#partBits = partBits;
    this.#count = partsOfCidr(range, partBits);
  }

  /** Marks a part that an owner already has. A part of some other range is not ours to count. */
  occupy(owner: string, part: string): void {
    const index = this.#indexOf(part);
    if (index === undefined) return;
    this.#taken.set(index, owner);
    this.#byOwner.set(owner, index);
  }

  /** The owner's part, a fresh one where it has none; undefined when all are taken. */
  allocate(owner: string): string | undefined {
    const own = this.#byOwner.get(owner);
    if (own !== undefined) return this.#format(own);
    while (this.#taken.has(this.#floor)) this.#floor++;
    if (this.#floor >= this.#count) return undefined;
    const index = this.#floor;
    this.#taken.set(index, owner);
    this.#byOwner.set(owner, index);
    return this.#format(index);
  }

  release(owner: string): void {
    const index = this.#byOwner.get(owner);
    if (index === undefined) return;
    this.#byOwner.delete(owner);
    this.#taken.delete(index);
    this.#floor = Math.min(this.#floor, index);
  }

  #format(index: number): string | undefined {
    return partOfCidr(this.#range, index, this.#partBits);
  }

  #indexOf(part: string): number | undefined {
    const [whole, one] = [parseCidr(this.#range), parseCidr(part)];
    if (!whole || one?.prefix !== this.#partBits || !isInCidr(part.split('/')[0]!, this.#range)) return undefined;
    const shift = BigInt((whole.family === 4 ? 32 : 128) - this.#partBits);
    return Number((one.value >> shift) - (whole.value >> shift));
  }
}
