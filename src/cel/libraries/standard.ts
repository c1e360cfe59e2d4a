import { noSuchOverload } from '../arithmetic.ts';
import type { Library } from '../signature.ts';
import { type CelMap, characters, mapSize } from '../values.ts';

const size = (value: string | Uint8Array | readonly unknown[]): number => (typeof value === 'string' ? characters(value) : value.length);
const sizeOfMap = (map: CelMap): number => mapSize(map);

export const standard: Library = {
  'size(string): int': size,
  'size(bytes): int': size,
  'size(list<A>): int': size,
  'size(map<A, B>): int': sizeOfMap,
  'string.size(): int': size,
  'bytes.size(): int': size,
  'list<A>.size(): int': size,
  'map<A, B>.size(): int': sizeOfMap,
  'string.contains(string): bool': (text: string, part: string) => text.includes(part),
  'string.startsWith(string): bool': (text: string, part: string) => text.startsWith(part),
  'string.endsWith(string): bool': (text: string, part: string) => text.endsWith(part),
  // The compiler matches patterns itself, and charges for the work.
  'string.matches(string): bool': noSuchOverload,
  'matches(string, string): bool': noSuchOverload,
};
