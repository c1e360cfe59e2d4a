import { DynamicTable, type Field, fieldOf, STATIC } from './hpack-table.ts';
import { TABLE_BYTES } from './hpack-decoder.ts';
import type { Outbox } from './outbox.ts';

/** Different in nearly every answer: keeping the value would only push out what comes again. */
const VARYING = new Set(['content-length', 'audit-id', 'etag', 'last-modified', 'location', 'set-cookie', 'warning', 'content-range', 'retry-after']);
/** Larger fields are not worth the room. */
const KEPT_BYTES = 512;

/** Where one name is found. */
interface Known {
  /** Its first index in the fixed table, or 0. */
  readonly index: number;
  /** Indexes in the fixed table, by value. */
  readonly values: ReadonlyMap<string, number>;
  /** Numbers in the dynamic table, by value. */
  readonly kept: Map<string, number>;
  readonly varies: boolean;
}

const FIXED: ReadonlyMap<string, { readonly index: number; readonly values: ReadonlyMap<string, number> }> = indexed();
const NOWHERE: ReadonlyMap<string, number> = new Map();

/** Writes header blocks (RFC 7541): what came before costs a byte. Strings are sent as they are: to Huffman-code them costs more than it saves. */
export class HpackEncoder {
  readonly #names = new Map<string, Known>();
  readonly #table = new DynamicTable(TABLE_BYTES, ({ name, value }, number) => this.#forget(name, value, number));
  /** The smallest and the last limit since the last block, to be told (RFC 7541, 4.2). */
  #limits: { readonly smallest: number; readonly last: number } | undefined;

  /** The other side keeps no more than this. Ours stays small all the same. */
  setLimit(bytes: number): void {
    const last = Math.min(bytes, TABLE_BYTES);
    if (last === (this.#limits?.last ?? this.#table.limit)) return;
    this.#limits = { smallest: Math.min(last, this.#limits?.smallest ?? last), last };
  }

  /** Comes before the fields of each block. */
  begin(out: Outbox): void {
    const limits = this.#limits;
    if (limits === undefined) return;
    this.#limits = undefined;
    for (const limit of new Set([limits.smallest, limits.last])) {
      this.#table.resize(limit);
      writeInteger(out, { first: 0x20, bits: 5, value: limit });
    }
  }

  /** One field; its name is lower case. */
  write(out: Outbox, name: string, value: string): void {
    const known = this.#names.get(name) ?? this.#learn(name);
    const whole = known.values.get(value) ?? this.#indexOf(known.kept.get(value));
    if (whole > 0) return writeInteger(out, { first: 0x80, bits: 7, value: whole });
    const index = known.index > 0 ? known.index : this.#indexOf(newestOf(known.kept));
    if (name.length + value.length > KEPT_BYTES || (known.varies && index > 0)) writeInteger(out, { first: 0, bits: 4, value: index });
    else {
      writeInteger(out, { first: 0x40, bits: 6, value: index });
      if (this.#table.add(fieldOf(name, value))) known.kept.set(value, this.#table.newest);
    }
    if (index === 0) writeString(out, name);
    writeString(out, value);
  }

  #learn(name: string): Known {
    const known = { index: 0, values: NOWHERE, ...FIXED.get(name), kept: new Map<string, number>(), varies: VARYING.has(name) };
    this.#names.set(name, known);
    return known;
  }

  #indexOf(number: number | undefined): number {
    return number === undefined ? 0 : STATIC.length + this.#table.newest - number;
  }

  #forget(name: string, value: string, number: number): void {
    const known = this.#names.get(name);
    if (known?.kept.get(value) === number) known.kept.delete(value);
    if (known?.kept.size === 0) this.#names.delete(name);
  }
}

function newestOf(kept: ReadonlyMap<string, number>): number | undefined {
  let newest: number | undefined;
  for (const number of kept.values()) newest = number;
  return newest;
}

function indexed(): Map<string, { index: number; values: Map<string, number> }> {
  const found = new Map<string, { index: number; values: Map<string, number> }>();
  STATIC.forEach(({ name, value }: Field, index) => {
    if (index === 0) return;
    const known = found.get(name) ?? { index, values: new Map<string, number>() };
    found.set(name, known);
    if (value !== '') known.values.set(value, index);
  });
  return found;
}

/** RFC 7541, 5.1: `first` holds the bits before the number. */
function writeInteger(out: Outbox, { first, bits, value }: { readonly first: number; readonly bits: number; readonly value: number }): void {
  const bytes = out.makeRoom(6);
  let at = out.length;
  const most = (1 << bits) - 1;
  if (value < most) bytes[at++] = first | value;
  else {
    bytes[at++] = first | most;
    let rest = value - most;
    for (; rest >= 128; rest >>>= 7) bytes[at++] = 0x80 | (rest & 127);
    bytes[at++] = rest;
  }
  out.advance(at);
}

/** Latin-1. What would end the header for a careless reader becomes a space; what cannot be said, a question mark. */
function writeString(out: Outbox, text: string): void {
  writeInteger(out, { first: 0, bits: 7, value: text.length });
  const bytes = out.makeRoom(text.length);
  const from = out.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    bytes[from + at] = code > 255 ? 63 : code === 10 || code === 13 || code === 0 ? 32 : code;
  }
  out.advance(from + text.length);
}
