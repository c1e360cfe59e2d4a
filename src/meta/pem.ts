/** PEM text (RFC 7468) as its blocks. What lies between them is passed over. */
export interface PemBlock {
  /** `CERTIFICATE`, `CERTIFICATE REQUEST` … */
  readonly label: string;
  /** `Proc-Type: …` and the like stand in front of the body. */
  readonly hasHeaders: boolean;
  readonly der: Uint8Array;
}

const BLOCK = /-----BEGIN ([^\n-]+)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/g;
const HEADERS = /^(?:[^\n:]+:[^\n]*\n)+\r?\n/;

export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, label, content] of text.matchAll(BLOCK)) {
    const body = content!.replace(HEADERS, '');
    const der = bytesOf(body.replaceAll(/\s/g, ''));
    if (der) blocks.push({ label: label!, hasHeaders: body !== content, der });
  }
  return blocks;
}

/** The text that base64 stands for, byte by byte. */
export function textOfBase64(base64: string): string | undefined {
  try {
    return atob(base64);
  } catch {
    return undefined;
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  const text = textOfBase64(base64);
  return text === undefined ? undefined : Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const SEQUENCE = 0x30;

/** Whether the bytes are one DER sequence from the first to the last, as every X.509 object is. */
export function isDerSequence(der: Uint8Array): boolean {
  const [tag, first] = der;
  if (tag !== SEQUENCE || first === undefined) return false;
  if (first < 0x80) return der.length === 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4 || der.length < 2 + count) return false;
  const length = der.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  return der.length === 2 + count + length;
}
