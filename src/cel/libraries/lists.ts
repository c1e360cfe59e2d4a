import { add, compare, duration } from '../arithmetic.ts';
import type { Library } from '../signature.ts';
import { Double, equal, EvaluationError, lift, Uint } from '../values.ts';

const COMPARABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

const isSorted = (list: readonly unknown[]): boolean => list.every((item, at) => at === 0 || compare(lift(list[at - 1]), lift(item)) <= 0);

/** The first of those no other goes before. */
const extreme = (name: 'min' | 'max', sign: 1 | -1) => (list: readonly unknown[]): unknown => {
  if (list.length === 0) throw new EvaluationError(`${name} called on empty list`);
  return list.map(lift).reduce((best, item) => (compare(item, best) * sign < 0 ? item : best));
};

const sum = (zero: unknown) => (list: readonly unknown[]): unknown =>
  list.reduce((total: unknown, item) => add(total, zero instanceof Double && typeof item === 'number' ? new Double(item) : lift(item)), zero);

function indexOf(list: readonly unknown[], wanted: unknown): number {
  return list.findIndex((item) => equal(item, wanted));
}

function lastIndexOf(list: readonly unknown[], wanted: unknown): number {
  return list.findLastIndex((item) => equal(item, wanted));
}

const each = (name: string, run: (list: readonly unknown[]) => unknown, result: (type: string) => string): Library =>
  Object.fromEntries(COMPARABLE.map((type) => [`list<${type}>.${name}(): ${result(type)}`, run]));

export const lists: Library = {
  ...each('isSorted', isSorted, () => 'bool'),
  ...each('min', extreme('min', 1), (type) => type),
  ...each('max', extreme('max', -1), (type) => type),
  'list<int>.sum(): int': sum(0),
  'list<uint>.sum(): uint': sum(new Uint(0n)),
  'list<double>.sum(): double': sum(new Double(0)),
  'list<duration>.sum(): duration': sum(duration(0n)),
  'list<A>.indexOf(A): int': indexOf,
  'list<A>.lastIndexOf(A): int': lastIndexOf,
};
