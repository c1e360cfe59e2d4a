/** One field as it stands on the wire. Numbers are signed 64-bit; those beyond 2^53 lose precision, as JSON's do. */
export type WireField =
  | { readonly number: number; readonly type: 'varint'; readonly value: number }
  | { readonly number: number; readonly type: 'fixed64'; readonly value: number }
  | { readonly number: number; readonly type: 'bytes'; readonly value: Uint8Array };

/** The bytes are no protobuf message. */
export class MalformedProtobuf extends Error {}

/**
 * Reads a message's fields in order (protobuf.dev, Encoding). 64-bit fixed fields are read as doubles, the only use of them here; 32-bit ones
 * are passed over.
 * @throws MalformedProtobuf
 */
export function* readFields(bytes: Uint8Array): Iterable<WireField> {
  const cursor = new Cursor(bytes);
  while (!cursor.atEnd) {
    const key = cursor.varint();
    const number = Math.floor(key / 8);
    if (number < 1 || number > 536_870_911) throw new MalformedProtobuf(`proto: illegal tag ${number} (wire type ${key % 8})`);
    switch (key % 8) {
      case 0: yield { number, type: 'varint', value: cursor.varint() }; break;
      case 1: yield { number, type: 'fixed64', value: cursor.double() }; break;
      case 2: yield { number, type: 'bytes', value: cursor.take(cursor.varint()) }; break;
      case 5: cursor.take(4); break;
      default: throw new MalformedProtobuf(`proto: illegal wireType ${key % 8}`);
    }
  }
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.#byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    return this.#long(value);
  }

  /** The rest of a varint of more than seven bytes: a negative number, or one JSON could not hold either. */
  #long(low: number): number {
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    throw new MalformedProtobuf('proto: integer overflow');
  }

  double(): number {
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  take(length: number): Uint8Array {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new MalformedProtobuf('unexpected EOF');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #byte(): number {
    if (this.atEnd) throw new MalformedProtobuf('unexpected EOF');
    return this.#bytes[this.#at++]!;
  }
}
