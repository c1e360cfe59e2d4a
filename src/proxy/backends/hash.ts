import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters of a SHA-256 in base 32 (RFC 4648): what iptables has room for behind a prefix. */
export function shortHash(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  const bits = [...digest.subarray(0, 10)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: 16 }, (_, n) => ALPHABET[Number.parseInt(bits.slice(n * 5, n * 5 + 5), 2)]).join('');
}
