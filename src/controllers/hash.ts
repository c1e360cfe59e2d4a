/** The alphabet of hashes in names: no vowels, so that no word appears. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A short name for a value: the same for equal values, whatever the order of their fields. `collisions` tells apart
 * what hashes alike. Upstream hashes Go's memory layout; only the form of the result can be the same.
 */
export function nameHash(value: unknown, collisions = 0): string {
  const text = canonical(value) + (collisions > 0 ? `/${collisions}` : '');
  return String(fnv32a(text)).replace(/./g, (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]!);
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
}

/** http://www.isthe.com/chongo/tech/comp/fnv/, 32 bits, over UTF-16 code units. */
function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
