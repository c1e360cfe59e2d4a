import { add, compare, contains, divide, index, lookup, modulo, multiply, negate, noSuchOverload, subtract } from '../arithmetic.ts';
import type { Implementation, Library } from '../signature.ts';
import { equal, NONE, Optional, optionalOf } from '../values.ts';

const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
const NUMERIC = ['int', 'uint', 'double'];
const pairs = NUMERIC.flatMap((left) => NUMERIC.filter((right) => right !== left).map((right) => [left, right] as const));

const comparing = (name: string, run: Implementation): Library =>
  Object.fromEntries([...ORDERED.map((type) => [type, type] as const), ...pairs].map(([left, right]) => [`${name}(${left}, ${right}): bool`, run]));

const of = (name: string, types: readonly string[], run: Implementation): Library =>
  Object.fromEntries(types.map((type) => [`${name}(${type}, ${type}): ${type}`, run]));

/** Of what may be missing, a part that may be missing. */
export const inOptional = (optional: Optional, key: unknown): Optional => (optional.value === undefined ? NONE : tryLookup(optional.value, key));

export function tryLookup(container: unknown, key: unknown): Optional {
  const found = container === null ? undefined : lookup(container, key);
  return found === undefined ? NONE : optionalOf(found);
}

/** The compiler has shorter ways for most of these; here they are declared. `&&`, `||` and `?:` choose what they evaluate, and so are its alone. */
export const operators: Library = {
  '_&&_(bool, bool): bool': chosen,
  '_||_(bool, bool): bool': chosen,
  '_?_:_(bool, A, A): A': chosen,
  '!_(bool): bool': not,
  '-_(int): int': negate,
  '-_(double): double': negate,
  '_==_(A, A): bool': equal,
  '_!=_(A, A): bool': (a: unknown, b: unknown) => !equal(a, b),
  ...comparing('_<_', (a: unknown, b: unknown) => compare(a, b) < 0),
  ...comparing('_<=_', (a: unknown, b: unknown) => compare(a, b) <= 0),
  ...comparing('_>_', (a: unknown, b: unknown) => compare(a, b) > 0),
  ...comparing('_>=_', (a: unknown, b: unknown) => compare(a, b) >= 0),
  '@in(A, list<A>): bool': contains,
  '@in(A, map<A, B>): bool': contains,
  ...of('_+_', ['int', 'uint', 'double', 'string', 'bytes', 'duration', 'list<A>'], add),
  '_+_(timestamp, duration): timestamp': add,
  '_+_(duration, timestamp): timestamp': add,
  ...of('_-_', ['int', 'uint', 'double', 'duration'], subtract),
  '_-_(timestamp, duration): timestamp': subtract,
  '_-_(timestamp, timestamp): duration': subtract,
  ...of('_*_', NUMERIC, multiply),
  ...of('_/_', NUMERIC, divide),
  ...of('_%_', ['int', 'uint'], modulo),
  '_[_](list<A>, int): A': index,
  '_[_](map<A, B>, A): B': index,
  '_[_](optional_type<list<V>>, int): optional_type<V>': inOptional,
  '_[_](optional_type<map<K, V>>, K): optional_type<V>': inOptional,
  '_[?_](list<V>, int): optional_type<V>': tryLookup,
  '_[?_](map<K, V>, K): optional_type<V>': tryLookup,
  '_[?_](optional_type<list<V>>, int): optional_type<V>': inOptional,
  '_[?_](optional_type<map<K, V>>, K): optional_type<V>': inOptional,
};

function not(value: unknown): boolean {
  if (typeof value !== 'boolean') throw noSuchOverload();
  return !value;
}

function chosen(): never {
  throw noSuchOverload();
}
