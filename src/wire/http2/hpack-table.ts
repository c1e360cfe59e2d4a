/** The tables of HPACK (RFC 7541, 2.3): the fixed one, and the one that both sides of a connection keep alike. */

export interface Field {
  readonly name: string;
  readonly value: string;
  /** As the limits count it (RFC 7541, 4.1). */
  readonly size: number;
}

const OVERHEAD = 32;

export const fieldOf = (name: string, value: string): Field => ({ name, value, size: name.length + value.length + OVERHEAD });

/** Appendix A; names without a value have the empty one. Index 0 is not used. */
export const STATIC: readonly Field[] = [
  '', ':authority', ':method GET', ':method POST', ':path /', ':path /index.html', ':scheme http', ':scheme https',
  ':status 200', ':status 204', ':status 206', ':status 304', ':status 400', ':status 404', ':status 500',
  'accept-charset', 'accept-encoding gzip, deflate', 'accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization',
  'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-location', 'content-range', 'content-type', 'cookie',
  'date', 'etag', 'expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'link',
  'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie',
  'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate',
].map((line) => {
  const space = line.indexOf(' ');
  return space < 0 ? fieldOf(line, '') : fieldOf(line.slice(0, space), line.slice(space + 1));
});

/** Fields that leave first are those that came first. Each is known by its number: 1 for the first ever added. */
export class DynamicTable {
  #fields: Field[] = [];
  /** How many of `#fields` have left already. */
  #gone = 0;
  /** The number of `#fields[0]`, less one. */
  #before = 0;
  #size = 0;
  #limit: number;
  readonly #onLeave: (field: Field, number: number) => void;

  constructor(limit: number, onLeave: (field: Field, number: number) => void = () => {}) {
    this.#limit = limit;
    this.#onLeave = onLeave;
  }

  /** The number of the field added last. */
  get newest(): number {
    return this.#before + this.#fields.length;
  }

  get size(): number {
    return this.#size;
  }

  get limit(): number {
    return this.#limit;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#makeRoom(0);
  }

  /** @param index 0 for the newest */
  at(index: number): Field | undefined {
    const position = this.#fields.length - 1 - index;
    return position < this.#gone ? undefined : this.#fields[position];
  }

  /** A field larger than the table empties it, and is not kept (RFC 7541, 4.4). */
  add(field: Field): boolean {
    this.#makeRoom(field.size);
    if (field.size > this.#limit) return false;
    this.#fields.push(field);
    this.#size += field.size;
    return true;
  }

  #makeRoom(size: number): void {
    while (this.#size + size > this.#limit && this.#gone < this.#fields.length) {
      const field = this.#fields[this.#gone++]!;
      this.#size -= field.size;
      this.#onLeave(field, this.#before + this.#gone);
    }
    if (this.#gone < 128) return;
    this.#fields = this.#fields.slice(this.#gone);
    this.#before += this.#gone;
    this.#gone = 0;
  }
}
