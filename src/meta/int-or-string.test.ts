import { expect, test } from 'vitest';
import { percentOf, scaledValue } from './int-or-string.ts';

test('percentages are shares of a total, rounded as told; numbers stay', () => {
  expect(scaledValue('25%', 10, 'up')).toBe(3);
  expect(scaledValue('25%', 10, 'down')).toBe(2);
  expect(scaledValue(4, 10, 'up')).toBe(4);
  expect(percentOf('150%')).toBe(150);
  expect(percentOf('http')).toBeUndefined();
  expect(() => scaledValue('http', 1, 'up')).toThrow('string is not a percentage');
});
