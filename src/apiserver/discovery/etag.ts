import { joinBytes } from '../../base/join-bytes.ts';
import type { ApiRequest } from '../../wire/api.ts';

/** A document by whose tag a client knows it again. */
export interface Tagged {
  readonly chunks: readonly Uint8Array[];
  /** As in the header, quoted. */
  readonly etag: string;
}

export async function tagged(chunks: readonly Uint8Array[]): Promise<Tagged> {
  const digests: string[] = [];
  for (const block of blocksOf(chunks)) digests.push(await hexDigest(block));
  return { chunks, etag: `"${digests.length === 1 ? digests[0]! : await hexDigest(new TextEncoder().encode(digests.join('')))}"` };
}

/** Of a large document one is copied at a time, and others have a turn between two. */
const BLOCK_BYTES = 1 << 20;

function* blocksOf(chunks: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  let block: Uint8Array[] = [];
  let size = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES) {
      const part = chunk.subarray(at, at + BLOCK_BYTES);
      if (size + part.length > BLOCK_BYTES) {
        yield joinBytes(block);
        block = [];
        size = 0;
      }
      block.push(part);
      size += part.length;
    }
  }
  yield joinBytes(block);
}

/** SHA-256 in upper-case hexadecimal. */
export async function hexDigest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
}

/** Whether `If-None-Match` names the document; weakly, as RFC 9110 has it for GET. */
export function isKnown({ headers }: ApiRequest, etag: string): boolean {
  return (headers['if-none-match'] ?? '').split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
