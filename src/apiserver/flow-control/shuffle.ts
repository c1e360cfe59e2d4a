/** Shuffle sharding: each flow is dealt a small hand of queues, so that two flows seldom share all of theirs (KEP-1040). */

/** 52 bits of hash: two FNV-1a of 26 bits each, the second over another start. */
export function hashOf(schema: string, distinguisher: string): number {
  const text = `${schema}\n${distinguisher}`;
  return (fnv(text, 0x811c9dc5) >>> 6) * 2 ** 26 + (fnv(text, 0x9747b28c) >>> 6);
}

function fnv(text: string, start: number): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** `size` different indices below `queues`, the same for the same hash: cards drawn from a deck without being put back. */
export function dealHand(hash: number, { queues, handSize }: { readonly queues: number; readonly handSize: number }): readonly number[] {
  const deck = Array.from({ length: queues }, (_, index) => index);
  let left = hash;
  return Array.from({ length: Math.min(handSize, queues) }, () => {
    const at = left % deck.length;
    left = Math.floor(left / deck.length);
    return deck.splice(at, 1)[0]!;
  });
}
