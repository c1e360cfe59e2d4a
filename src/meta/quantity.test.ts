import { expect, test } from 'vitest';
import { addQuantity, canonicalQuantity, compareQuantity, formatQuantity, parseQuantity, quantityMilliValue, quantityValue, tryParseQuantity } from './quantity.ts';

test.each([
  ['1000m', '1'], ['0.5', '500m'], ['1024Mi', '1Gi'], ['0', '0'], ['0Ki', '0'], ['100Mi', '100Mi'], ['1.5Gi', '1536Mi'], ['0.5Ki', '512'],
  ['1023Ki', '1023Ki'], ['1e3', '1e3'], ['12E6', '12e6'], ['1E', '1E'], ['100', '100'], ['1000', '1k'], ['1500', '1500'], ['-2k', '-2k'],
  ['0.0000000001', '1n'], ['.5', '500m'], ['5.', '5'], ['+3', '3'], ['3500m', '3500m'], ['9999999999999999999E', '9223372036854775807'],
])('%s prints as %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test.each(['', 'a', '1a', '1.2.3', 'Mi', '1 Mi', '--1', '1e', '0x10', '1KI'])('"%s" is no quantity', (text) => {
  expect(tryParseQuantity(text)).toBeUndefined();
});

test('quantities compare and add whatever their suffixes', () => {
  expect(compareQuantity(parseQuantity('1Gi'), parseQuantity('1G'))).toBeGreaterThan(0);
  expect(formatQuantity(addQuantity(parseQuantity('0'), parseQuantity('64Mi')))).toBe('64Mi');
  expect(formatQuantity(addQuantity(parseQuantity('250m'), parseQuantity('0.75')))).toBe('1');
});

test('whole and milli values round up', () => {
  expect(quantityValue(parseQuantity('1500m'))).toBe(2);
  expect(quantityMilliValue(parseQuantity('1u'))).toBe(1);
  expect(quantityMilliValue(parseQuantity('2'))).toBe(2000);
});
