import { expect, test } from 'vitest';
import { Twins } from './twins.ts';

test('a value is found again by one that says the same', () => {
  const twins = new Twins<string>();
  twins.set('web', { image: 'web', args: ['a', { b: 1 }] }, 'first');

  expect(twins.get('web', { args: ['a', { b: 1 }], image: 'web' })).toBe('first');
  expect(twins.get('web', { image: 'web', args: ['a', { b: 2 }] })).toBeUndefined();
  expect(twins.get('other', { image: 'web', args: ['a', { b: 1 }] })).toBeUndefined();
});

test('of values with one hint the last few are kept', () => {
  const twins = new Twins<number>();
  for (let n = 0; n < 6; n++) twins.set('same', { n }, n);

  expect([0, 1, 2, 3, 4, 5].map((n) => twins.get('same', { n }))).toEqual([undefined, undefined, 2, 3, 4, 5]);
});

test('what is large is not kept, and what is kept does not grow without bound', () => {
  const twins = new Twins<number>();
  twins.set('large', { text: 'x'.repeat(10_000) }, 1);
  for (let n = 0; n < 1000; n++) twins.set(`hint ${n}`, { text: 'x'.repeat(4000), n }, n);

  expect(twins.get('large', { text: 'x'.repeat(10_000) })).toBeUndefined();
  expect(twins.get('hint 0', { text: 'x'.repeat(4000), n: 0 })).toBeUndefined();
  expect(twins.get('hint 999', { text: 'x'.repeat(4000), n: 999 })).toBe(999);
});
