import type { ApiRequest } from '../../wire/api.ts';

/** A document by whose tag a client knows it again. */
export interface Tagged {
  readonly bytes: Uint8Array;
  /** As in the header, quoted. */
  readonly etag: string;
}

export async function tagged(bytes: Uint8Array): Promise<Tagged> {
  return { bytes, etag: `"${await hexDigest(bytes)}"` };
}

/** SHA-256 in upper-case hexadecimal. */
export async function hexDigest(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
}

/** Whether `If-None-Match` names the document; weakly, as RFC 9110 has it for GET. */
export function isKnown({ headers }: ApiRequest, etag: string): boolean {
  return (headers['if-none-match'] ?? '').split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
