import { expect, test } from 'vitest';
import { differences } from './json-diff.ts';
import { applyJsonPatch } from './json-patch.ts';

test.each<[string, unknown, unknown, number]>([
  ['nothing', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, 0],
  ['a field that comes, one that goes, one that changes', { a: 1, b: 2, c: 3 }, { a: 1, c: 4, d: { e: 5 } }, 3],
  ['names that a pointer must escape', { m: { 'a/b': 1, '~1': 2 } }, { m: { 'a/b': 3, 'x/~y': 4 } }, 3],
  ['an element of a list', { l: [{ n: 1, m: 1 }, { n: 2 }] }, { l: [{ n: 1, m: 2 }, { n: 2 }] }, 1],
  ['a list that grows', { l: [1] }, { l: [1, 2] }, 1],
  ['another type', { a: { b: 1 } }, { a: [1] }, 1],
  ['null, which is a value', { a: null, b: 1 }, { a: 1, b: null }, 2],
  ['a prototype\'s name', { a: 1 }, JSON.parse('{"a":1,"__proto__":{"x":1},"constructor":2}'), 2],
])('a patch makes the one of the other: %s', (_, before, after, count) => {
  const patch = differences(before, after);
  expect(patch).toHaveLength(count);
  expect(applyJsonPatch(before, patch)).toEqual(after);
});

test('a field that is undefined is not there', () => {
  expect(differences({ a: 1, b: undefined }, { a: undefined, c: undefined })).toEqual([{ op: 'remove', path: '/a' }]);
});
