import { expect, test } from 'vitest';
import { exactValue, formatFieldSelector, matchesFields, parseFieldSelector } from './field-selector.ts';

test.each([
  ['', []],
  ['metadata.name=a', [{ field: 'metadata.name', operator: '=', value: 'a' }]],
  ['a==b,c!=d', [{ field: 'a', operator: '=', value: 'b' }, { field: 'c', operator: '!=', value: 'd' }]],
  ['a=,b!=', [{ field: 'a', operator: '=', value: '' }, { field: 'b', operator: '!=', value: '' }]],
  ['a=x\\,y\\=z\\\\', [{ field: 'a', operator: '=', value: 'x,y=z\\' }]],
] as const)('%j', (text, terms) => {
  expect(parseFieldSelector(text)).toEqual(terms);
  expect(parseFieldSelector(formatFieldSelector(terms))).toEqual(terms);
});

test.each([
  ['a', "invalid selector: 'a'; can't understand 'a'"],
  ['a=b,c', "invalid selector: 'a=b,c'; can't understand 'c'"],
  ['a=b=c', 'invalid field selector: unescaped character in value: ='],
  ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ['a=\\', 'invalid field selector: invalid escape sequence: \\'],
])('%j is refused', (text, message) => {
  expect(() => parseFieldSelector(text)).toThrow(message);
});

test('every term must hold', () => {
  const terms = parseFieldSelector('spec.nodeName=n1,status.phase!=Failed');
  const fields = (values: Readonly<Record<string, string>>) => (field: string) => values[field] ?? '';
  expect(matchesFields(terms, fields({ 'spec.nodeName': 'n1', 'status.phase': 'Running' }))).toBe(true);
  expect(matchesFields(terms, fields({ 'spec.nodeName': 'n1', 'status.phase': 'Failed' }))).toBe(false);
  expect(matchesFields(terms, fields({}))).toBe(false);
  expect(exactValue(terms, 'spec.nodeName')).toBe('n1');
  expect(exactValue(terms, 'status.phase')).toBeUndefined();
});
