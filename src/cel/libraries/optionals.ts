import { noSuchOverload } from '../arithmetic.ts';
import type { Library } from '../signature.ts';
import { CelMap, EvaluationError, isList, isMap, lift, mapSize, NONE, numberOf, Optional, optionalOf, Timestamp, Duration } from '../values.ts';

/** What a type starts with: 0, '', [], {}, null, false. */
function isZero(value: unknown): boolean {
  const number = numberOf(value);
  if (number !== undefined) return Number(number) === 0;
  if (value === null || value === false || value === '') return true;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Timestamp || value instanceof Duration) return value.nanos === 0n;
  return (value instanceof CelMap || isMap(value)) && mapSize(value as CelMap) === 0;
}

const items = (list: readonly unknown[]): readonly Optional[] => list.map((item) => {
  if (!(item instanceof Optional)) throw noSuchOverload();
  return item;
});

export const optionals: Library = {
  'optional.of(V): optional_type<V>': optionalOf,
  'optional.ofNonZeroValue(V): optional_type<V>': (value: unknown) => (isZero(value) ? NONE : optionalOf(value)),
  'optional.none(): optional_type<V>': () => NONE,
  'optional_type<V>.value(): V': ({ value }: Optional) => {
    if (value === undefined) throw new EvaluationError('optional.none() dereference');
    return value;
  },
  'optional_type<V>.hasValue(): bool': ({ value }: Optional) => value !== undefined,
  'optional_type<V>.or(optional_type<V>): optional_type<V>': (first: Optional, second: Optional) => (first.value === undefined ? second : first),
  'optional_type<V>.orValue(V): V': ({ value }: Optional, instead: unknown) => (value === undefined ? instead : value),
  'list<V>.first(): optional_type<V>': (list: readonly unknown[]) => (list.length === 0 ? NONE : optionalOf(lift(list[0]))),
  'list<V>.last(): optional_type<V>': (list: readonly unknown[]) => (list.length === 0 ? NONE : optionalOf(lift(list.at(-1)))),
  'optional.unwrap(list<optional_type<V>>): list<V>': (list: readonly unknown[]) => items(list).filter(({ value }) => value !== undefined).map(({ value }) => value),
  'list<optional_type<V>>.unwrapOpt(): list<V>': (list: readonly unknown[]) => items(list).filter(({ value }) => value !== undefined).map(({ value }) => value),
};
