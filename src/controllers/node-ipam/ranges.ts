/** Hands out equal parts of one IPv4 range, lowest first: each node's pods get one. */
export class Ranges {
  readonly #base: number;
  readonly #partBits: number;
  readonly #count: number;
  readonly #taken = new Map<number, string>();
  readonly #byOwner = new Map<string, number>();
  /** No part below is free. */
  #floor = 0;

  /** @param range `10.244.0.0/16`; @param partBits the parts' prefix length, 24 */
  constructor(range: string, partBits = 24) {
    const { address, bits } = parse(range);
    this.#base = address;
    this.#partBits = partBits;
    this.#count = 2 ** (partBits - bits);
  }

  /** Marks a part that an owner already has. A part of some other range is not ours to count. */
  occupy(owner: string, part: string): void {
    const { address, bits } = parse(part);
    const index = (address - this.#base) / 2 ** (32 - this.#partBits);
    if (bits !== this.#partBits || !Number.isInteger(index) || index < 0 || index >= this.#count) return;
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

  #format(index: number): string {
    const address = this.#base + index * 2 ** (32 - this.#partBits);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/${this.#partBits}`;
  }
}

function parse(range: string): { readonly address: number; readonly bits: number } {
  const [address = '', bits = ''] = range.split('/');
  return { address: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}
