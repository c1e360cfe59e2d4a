/** Numbers as IPv4 addresses within one range, lowest free first come first served; given back ones are used again last. */
export class AddressPool {
  readonly #base: number;
  readonly #size: number;
  readonly #taken = new Set<number>();
  #next = 1;

  /** @param range CIDR, `10.128.0.0/10`; its first and last address are left out. */
  constructor(range: string) {
    const [address = '', bits = '32'] = range.split('/');
    this.#base = toNumber(address);
    this.#size = 2 ** (32 - Number(bits));
  }

  /** @throws when every address is taken */
  take(): string {
    for (let tries = 0; tries < this.#size; tries++) {
      const offset = this.#next;
      this.#next = this.#next + 1 >= this.#size - 1 ? 1 : this.#next + 1;
      if (this.#taken.has(offset)) continue;
      this.#taken.add(offset);
      return toText(this.#base + offset);
    }
    throw new Error('no address left to simulate a pod with');
  }

  /** Notes that an address of the range is in use already; others are ignored. */
  reserve(address: string): void {
    const offset = toNumber(address) - this.#base;
    if (offset > 0 && offset < this.#size) this.#taken.add(offset);
  }

  release(address: string): void {
    this.#taken.delete(toNumber(address) - this.#base);
  }
}

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number): string => [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
