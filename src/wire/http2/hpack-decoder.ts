import { Http2Failure } from './failure.ts';
import { DynamicTable, type Field, fieldOf, STATIC } from './hpack-table.ts';
import { decodeHuffman } from './huffman.ts';

/** What is kept of headers seen before, by default (RFC 9113, 6.5.2); we announce no other. */
export const TABLE_BYTES = 4096;

export interface HeaderLimits {
  /** Of one list, as HPACK counts: 32 more for each field. */
  readonly listBytes: number;
  readonly fields: number;
}

export interface Decoded {
  readonly fields: readonly Field[];
  /** There were more than the limits allow; those over them are left out. */
  readonly isTooLarge: boolean;
}

/** Reads header blocks, in the order in which they came (RFC 7541). */
export class HpackDecoder {
  readonly #limits: HeaderLimits;
  readonly #tableBytes: number;
  readonly #table: DynamicTable;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  readonly #symbols: number[] = [];

  constructor(limits: HeaderLimits, tableBytes = TABLE_BYTES) {
    this.#limits = limits;
    this.#tableBytes = tableBytes;
    this.#table = new DynamicTable(tableBytes);
  }

  /** What the table holds, in bytes as HPACK counts. */
  get tableSize(): number {
    return this.#table.size;
  }

  /** One whole block: `bytes` from `from` up to `to`. @throws Http2Failure: from then on the two sides' tables differ */
  decode(bytes: Uint8Array, from = 0, to = bytes.length): Decoded {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    const fields: Field[] = [];
    let left = this.#limits.listBytes;
    let isTooLarge = false;
    let hasBegun = false;
    while (this.#at < this.#end) {
      const first = bytes[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        if (hasBegun) throw broken('a table size update after a field');
        this.#resize();
        continue;
      }
      hasBegun = true;
      const field = this.#field(first);
      left -= field.size;
      if (left < 0 || fields.length >= this.#limits.fields) isTooLarge = true;
      else fields.push(field);
    }
    return { fields, isTooLarge };
  }

  #resize(): void {
    const limit = this.#integer(5);
    if (limit > this.#tableBytes) throw broken('a table larger than allowed');
    this.#table.resize(limit);
  }

  #field(first: number): Field {
    if (first & 0x80) return this.#indexed(this.#integer(7));
    const isKept = (first & 0x40) !== 0;
    const index = this.#integer(isKept ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#indexed(index).name;
    const field = fieldOf(name, this.#string());
    if (isKept) this.#table.add(field);
    return field;
  }

  #indexed(index: number): Field {
    const field = index < STATIC.length ? STATIC[index] : this.#table.at(index - STATIC.length);
    if (index === 0 || field === undefined) throw broken('an index without a field');
    return field;
  }

  /** RFC 7541, 5.1. */
  #integer(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) throw broken('a number too large');
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #string(): string {
    const isHuffman = this.#at < this.#end && this.#bytes[this.#at]! >= 0x80;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#end) throw broken('a string longer than its block');
    this.#at = to;
    const symbols = this.#symbols;
    if (isHuffman) {
      if (!decodeHuffman(this.#bytes, { from, to }, symbols)) throw broken('not the Huffman code');
    } else {
      symbols.length = 0;
      for (let at = from; at < to; at++) symbols.push(this.#bytes[at]!);
    }
    return textOf(symbols);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw broken('a block that breaks off');
    return this.#bytes[this.#at++]!;
  }
}

const broken = (what: string): Http2Failure => new Http2Failure('COMPRESSION_ERROR', `HPACK: ${what}`);

/** Arguments that one call can surely take. */
const PIECE = 4096;

/** Latin-1, as headers are (RFC 9110, 5.5). */
function textOf(codes: number[]): string {
  if (codes.length <= PIECE) return String.fromCharCode.apply(undefined, codes);
  let text = '';
  for (let at = 0; at < codes.length; at += PIECE) text += String.fromCharCode.apply(undefined, codes.slice(at, at + PIECE));
  return text;
}
