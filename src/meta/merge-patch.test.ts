import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';

test.each([ // the examples of RFC 7386, appendix A
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [['a', 'b'], ['c', 'd'], ['c', 'd']],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j patched with %j is %j', (target, patch, expected) => {
  expect(applyMergePatch(target, patch)).toEqual(expected);
});

test('keys named after parts of the prototype are ordinary keys', () => {
  const patched = applyMergePatch({ a: 1 }, JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')) as object;
  expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  expect(Object.keys(patched)).toEqual(['a', '__proto__', 'constructor']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('the patch made of two objects takes one to the other', () => {
  const random = seededRandom(3);
  const value = (depth: number): unknown => {
    const kind = Math.floor(random.next() * (depth > 3 ? 2 : 4));
    if (kind === 0) return Math.floor(random.next() * 3);
    if (kind === 1) return ['x'];
    return Object.fromEntries(['a', 'b', 'c', '__proto__'].filter(() => random.next() < 0.6).map((key) => [key, value(depth + 1)]));
  };
  for (let round = 0; round < 500; round++) {
    const [from, to] = [{ k: value(0) }, { k: value(0), l: 1 }];
    expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
  }
});
