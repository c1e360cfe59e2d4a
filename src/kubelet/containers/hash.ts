import type { Container } from '../../kinds/core/container.ts';

/** Changes when the container must be replaced: of a running pod's fields, only the image may change. FNV-1a, 32 bits, as hex. */
export function containerHash({ name, image = '' }: Pick<Container, 'name' | 'image'>): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${name}\0${image}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}
