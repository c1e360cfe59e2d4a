import type { Library } from '../signature.ts';
import { equal } from '../values.ts';

type List = readonly unknown[];
const has = (list: List, item: unknown): boolean => list.some((other) => equal(other, item));
const contains = (list: List, part: List): boolean => part.every((item) => has(list, item));

export const sets: Library = {
  'sets.contains(list<T>, list<T>): bool': contains,
  'sets.equivalent(list<T>, list<T>): bool': (a: List, b: List) => contains(a, b) && contains(b, a),
  'sets.intersects(list<T>, list<T>): bool': (a: List, b: List) => a.some((item) => has(b, item)),
};
