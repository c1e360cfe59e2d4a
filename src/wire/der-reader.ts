/** Reading of ASN.1 in the distinguished encoding (ITU-T X.690): as much as X.509 and PKCS #10 need. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length included. */
  readonly whole: Uint8Array;
}

/** The elements that stand one after the other. @throws Error where the bytes are cut off or are no DER */
export function readElements(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = readElement(bytes.subarray(at));
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function readElement(bytes: Uint8Array): DerElement {
  const [tag = 0, first] = bytes;
  if (first === undefined) throw new Error('asn1: syntax error: truncated tag or length');
  if ((tag & 0x1f) === 0x1f) throw new Error('asn1: structure error: tags of several bytes are not read');
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 4) throw new Error('asn1: structure error: length too large');
  const length = count === 0 ? first : bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = 2 + count + length;
  if (bytes.length < end) throw new Error('asn1: syntax error: data truncated');
  return { tag, content: bytes.subarray(2 + count, end), whole: bytes.subarray(0, end) };
}

/** The one element the bytes hold. @throws Error where something follows it */
export function readOnly(bytes: Uint8Array): DerElement {
  const element = readElement(bytes);
  if (element.whole.length !== bytes.length) throw new Error('asn1: syntax error: trailing data');
  return element;
}

/** What a constructed element holds. @throws Error where its tag is another */
export function childrenOf(element: DerElement | undefined, tag: number): readonly DerElement[] {
  if (element?.tag !== tag) throw new Error('asn1: structure error: tags don\'t match');
  return readElements(element.content);
}

/** The dotted form of an object identifier. */
export function readOid({ content }: DerElement): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - first * 40, ...rest].join('.');
}

const BMP_STRING = 0x1e;
const utf8 = new TextDecoder();
const utf16 = new TextDecoder('utf-16be');
export const readString = ({ tag, content }: DerElement): string => (tag === BMP_STRING ? utf16 : utf8).decode(content);

const GENERALIZED = 0x18;

/** Milliseconds since the epoch; two-digit years are of 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
export function readTime(element: DerElement): number {
  const text = readString(element);
  const long = element.tag === GENERALIZED ? text : `${text < '50' ? '20' : '19'}${text}`;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(long);
  if (!parts) throw new Error('asn1: structure error: not a time');
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}
