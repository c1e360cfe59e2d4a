/** Writes the protobuf wire format (protobuf.dev, Encoding) into one growing buffer. Zero values are the caller's to leave out. */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** The bytes written so far; a copy. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  string(field: number, text: string): this {
    return this.bytes(field, encoder.encode(text));
  }

  bytes(field: number, bytes: Uint8Array): this {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A non-negative whole number, or a boolean. */
  uint(field: number, value: number | boolean): this {
    this.#varint(field * 8);
    this.#varint(Number(value));
    return this;
  }

  /** A whole number of either sign: int32 or int64, not zigzag. */
  int(field: number, value: number): this {
    if (value >= 0 && Number.isSafeInteger(value)) return this.uint(field, value);
    this.#varint(field * 8);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 128n) {
      this.#append(Number(rest & 127n) + 128);
      rest >>= 7n;
    }
    this.#append(Number(rest));
    return this;
  }

  double(field: number, value: number): this {
    this.#varint(field * 8 + 1);
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  /** An embedded message, written by `write`; its length goes before it once known. */
  message(field: number, write: (inner: ProtobufWriter) => void): this {
    this.#varint(field * 8 + 2);
    const start = this.#length;
    write(this);
    const length = this.#length - start;
    const prefix = varintSize(length);
    this.#reserve(prefix);
    this.#bytes.copyWithin(start + prefix, start, this.#length);
    this.#length = start;
    this.#varint(length);
    this.#length = start + prefix + length;
    return this;
  }

  #append(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** What goes before `length` bytes of a length-delimited field. */
export function lengthPrefix(field: number, length: number): Uint8Array {
  const prefix: number[] = [];
  for (const number of [field * 8 + 2, length]) {
    let rest = number;
    for (; rest >= 128; rest = Math.floor(rest / 128)) prefix.push((rest % 128) + 128);
    prefix.push(rest);
  }
  return Uint8Array.from(prefix);
}

const encoder = new TextEncoder();

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}
