import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { difference, EMPTY, intersection, members, pathText, recursiveDifference, union, withSelf, type FieldSet } from './field-set.ts';

const leaf = EMPTY;

test('a step with something below is a member only where it says so', () => {
  expect([...members({ 'f:a': { 'f:b': leaf }, 'f:c': { '.': leaf, 'f:d': leaf } })].map(pathText)).toEqual(['.c', '.a.b', '.c.d']);
});

test('paths are named as conflicts name them', () => {
  expect(pathText(['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name'])).toBe('.spec.ports[port=80,protocol="TCP"].name');
  expect(pathText(['f:metadata', 'f:finalizers', 'v:"x"'])).toBe('.metadata.finalizers[="x"]');
  expect(pathText(['f:args', 'i:2'])).toBe('.args[2]');
});

test('a recursive difference takes what lies below a member as well', () => {
  expect(recursiveDifference({ 'f:spec': { 'f:a': leaf }, 'f:status': { 'f:b': leaf } }, { 'f:status': leaf })).toEqual({ 'f:spec': { 'f:a': leaf } });
  expect(recursiveDifference({ 'f:a': { '.': leaf, 'f:b': leaf } }, { 'f:a': { 'f:b': leaf } })).toEqual({ 'f:a': leaf });
});

/** The same set as plain text paths, to check the algebra against. */
const flat = (set: FieldSet) => new Set([...members(set)].map((path) => path.join('/')));

test('union, difference and intersection are those of sets of paths', () => {
  const random = seededRandom(11);
  const some = (depth: number): FieldSet => {
    const set: Record<string, FieldSet> = {};
    for (const name of ['a', 'b', 'c', '__proto__']) {
      if (random.next() < 0.5) continue;
      const below = depth < 2 && random.next() < 0.6 ? some(depth + 1) : EMPTY;
      set[`f:${name}`] = random.next() < 0.3 ? withSelf(below) : below;
    }
    return set;
  };
  for (let round = 0; round < 1000; round++) {
    const [a, b] = [some(0), some(0)];
    const [x, y] = [flat(a), flat(b)];
    expect(flat(union(a, b))).toEqual(new Set([...x, ...y]));
    expect(flat(difference(a, b))).toEqual(new Set([...x].filter((path) => !y.has(path))));
    expect(flat(intersection(a, b))).toEqual(new Set([...x].filter((path) => y.has(path))));
    expect(difference(a, a)).toEqual({});
    expect(union(a, structuredClone(a))).toBe(a);
    expect(difference(union(a, b), b)).toEqual(difference(a, b));
  }
});
