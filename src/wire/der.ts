/** Writing of ASN.1 in the distinguished encoding (ITU-T X.690): as much as an X.509 certificate needs. */
export type Der = Uint8Array<ArrayBuffer>;

const text = new TextEncoder();

/** One element: tag, length, content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Der {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | bytesOf(length).length, ...bytesOf(length)];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const part of content) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Big-endian, shortest form, at least one byte. */
function bytesOf(value: number): number[] {
  const bytes = [value & 0xff];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest & 0xff);
  return bytes;
}

export const sequence = (...parts: readonly Uint8Array[]): Der => element(0x30, ...parts);
export const setOf = (...parts: readonly Uint8Array[]): Der => element(0x31, ...parts);
export const boolean = (value: boolean): Der => element(0x01, Uint8Array.of(value ? 0xff : 0));
/** A non-negative integer, given as big-endian bytes without leading zeros. */
export const integer = (bytes: Uint8Array): Der => element(0x02, bytes[0]! >= 0x80 ? Uint8Array.of(0) : new Uint8Array(), bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Der => element(0x03, Uint8Array.of(unusedBits), bytes);
export const octetString = (bytes: Uint8Array): Der => element(0x04, bytes);
export const utf8String = (value: string): Der => element(0x0c, text.encode(value));
/** `[tag]` in its context: constructed when it wraps elements, primitive when it stands for one. */
export const explicit = (tag: number, ...parts: readonly Uint8Array[]): Der => element(0xa0 | tag, ...parts);
export const implicit = (tag: number, bytes: Uint8Array): Der => element(0x80 | tag, bytes);

/** An object identifier in dotted form. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest];
  return element(0x06, Uint8Array.from(arcs.flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  })));
}

/** A time as certificates write it: two-digit years until 2049, four-digit years after (RFC 5280, 4.1.2.5). */
export function time(millis: number): Der {
  const digits = new Date(millis).toISOString().replace(/[-:T]|\.\d+/g, '');
  return digits < '2050' ? element(0x17, text.encode(digits.slice(2))) : element(0x18, text.encode(digits));
}
