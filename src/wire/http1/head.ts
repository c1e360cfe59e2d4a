import { Http1Failure } from './failure.ts';
import { FIELD, fieldAt } from './fields.ts';
import { COLON, COMMA, HT, octets, SP, spells, TOKEN, VALUE } from './octets.ts';

export const MAX_FIELDS = 256;
/** Of a length: what fits a number with room to add to it. */
const MAX_DIGITS = 15;
const [CHUNKED, CLOSE, KEEP, UPGRADE] = ['chunked', 'close', 'keep-alive', 'upgrade'].map(octets) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** How the end of a body is known. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/**
 * A head in the bytes it came in: places, nothing copied. It says what it says until the next one is read into it.
 * What two readers might take in two ways is refused: that is how requests are smuggled (RFC 9112, 11.2).
 */
export abstract class Head {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the first line begins, and what is behind the empty one. */
  from = 0;
  to = 0;
  /** Behind the first line, its end included. */
  fieldsFrom = 0;
  /** Of the protocol's version, 1.0 or 1.1. */
  minor = 1;
  count = 0;
  /** By field: its number in fields.ts, and the places of its name and value: from, to, from, to. */
  readonly ids = new Uint8Array(MAX_FIELDS);
  readonly places = new Int32Array(4 * MAX_FIELDS);
  framing: Framing = 'none';
  /** Where `framing` is 'length'. */
  length = 0;
  keepsAlive = true;
  /** Both of what asks for another protocol are there. */
  upgrades = false;
  /** `Connection` names fields that are of this connection alone. */
  namesMore = false;
  protected chunked = false;
  protected contentLength = -1;
  #upgrade = false;
  #upgradeNamed = false;
  #closing = false;

  begin(bytes: Uint8Array, from: number): void {
    this.bytes = bytes;
    this.from = from;
    this.count = 0;
    this.framing = 'none';
    this.length = 0;
    this.upgrades = this.namesMore = this.chunked = this.#upgrade = this.#upgradeNamed = false;
    this.contentLength = -1;
  }

  /** @throws Http1Failure */
  abstract firstLine(from: number, to: number): void;
  /** Judges the whole. @throws Http1Failure */
  protected abstract judge(): void;

  finish(to: number): void {
    this.to = to;
    this.upgrades = this.#upgrade && this.#upgradeNamed && this.minor === 1;
    if (this.chunked && (this.contentLength >= 0 || this.minor === 0)) throw new Http1Failure(400, 'the length is said twice');
    this.judge();
  }

  /** @throws Http1Failure */
  field(from: number, to: number): void {
    const { bytes } = this;
    let at = from;
    while (TOKEN[bytes[at]!] === 1) at++;
    // Neither a space before the colon nor a line that goes on from the one before.
    if (at === from || bytes[at] !== COLON) throw new Http1Failure(400, 'a field has no name');
    const nameTo = at++;
    while (at < to && isBlank(bytes[at]!)) at++;
    let end = to;
    while (end > at && isBlank(bytes[end - 1]!)) end--;
    for (let n = at; n < end; n++) if (VALUE[bytes[n]!] === 0) throw new Http1Failure(400, 'a value has control characters');
    const id = fieldAt(bytes, from, nameTo);
    const place = 4 * this.count;
    this.ids[this.count++] = id;
    this.places[place] = from;
    this.places[place + 1] = nameTo;
    this.places[place + 2] = at;
    this.places[place + 3] = end;
    if (id !== 0) this.known(id, at, end);
  }

  protected known(id: number, from: number, to: number): void {
    if (id === FIELD.contentLength) this.#setLength(from, to);
    else if (id === FIELD.transferEncoding) this.#setCoding(from, to);
    else if (id === FIELD.connection) this.#setConnection(from, to);
    // Nobody between speaks HTTP/2 in the middle of a connection: whoever asks for that wants to get past somebody.
    else if (id === FIELD.upgrade) this.#upgrade = !(to - from >= 3 && (this.bytes[from]! | 32) === 0x68 && this.bytes[from + 1] === 0x32);
  }

  #setLength(from: number, to: number): void {
    if (this.contentLength >= 0 || to === from || to - from > MAX_DIGITS) throw new Http1Failure(400, 'the length is not one number');
    let length = 0;
    for (let at = from; at < to; at++) {
      const digit = this.bytes[at]! - 48;
      if (digit < 0 || digit > 9) throw new Http1Failure(400, 'the length is not one number');
      length = 10 * length + digit;
    }
    this.contentLength = length;
  }

  #setCoding(from: number, to: number): void {
    if (this.chunked || to - from !== CHUNKED.length || !spells(CHUNKED, this.bytes, from)) throw new Http1Failure(this.chunked ? 400 : 501, 'the coding is not "chunked" alone');
    this.chunked = true;
  }

  #setConnection(from: number, to: number): void {
    for (let at = from; at < to;) {
      let end = at;
      while (end < to && this.bytes[end] !== COMMA) end++;
      let [first, last] = [at, end];
      while (first < last && isBlank(this.bytes[first]!)) first++;
      while (last > first && isBlank(this.bytes[last - 1]!)) last--;
      if (last > first) this.#setOption(first, last - first);
      at = end + 1;
    }
  }

  #setOption(from: number, length: number): void {
    const is = (name: Uint8Array): boolean => length === name.length && spells(name, this.bytes, from);
    if (is(CLOSE)) this.closes();
    else if (is(KEEP)) this.stays();
    else if (is(UPGRADE)) this.#upgradeNamed = true;
    else this.namesMore = true;
  }

  protected closes(): void {
    this.#closing = true;
    this.keepsAlive = false;
  }

  protected stays(): void {
    if (!this.#closing) this.keepsAlive = true;
  }

  /** Called with the version, before any field. */
  protected speaks(minor: number): void {
    this.minor = minor;
    this.#closing = false;
    this.keepsAlive = minor === 1;
  }
}

const isBlank = (octet: number): boolean => octet === SP || octet === HT;
