import { expect, test } from 'vitest';
import { duplicateFields, mayHoldDuplicates } from './duplicate-fields.ts';

test.each([
  ['{"a":1,"b":2}', []],
  ['{"a":1,"a":2}', ['duplicate field "a"']],
  ['{"spec":{"x":[{"y":1},{"y":1,"z":"y","y" : 2}]}}', ['duplicate field "spec.x[1].y"']],
  ['{"a":{"b":1},"c":{"b":1}}', []],
  ['{"\\u0061":1,"a":2}', ['duplicate field "a"']],
  ['{"a":"\\"b\\":1,\\"b\\":","b":["a","a",":"]}', []],
  ['{"a":1,"a":2,"a":3}', ['duplicate field "a"']],
  ['["a","a"]', []],
  ['"a"', []],
  ['{"__proto__":1,"__proto__":2}', ['duplicate field "__proto__"']],
])('%s', (text, expected) => {
  expect(duplicateFields(text)).toEqual(expected);
  if (expected.length > 0) expect(mayHoldDuplicates(text, JSON.parse(text))).toBe(true);
});

test('no nesting is too deep', () => {
  expect(duplicateFields('['.repeat(200_000) + ']'.repeat(200_000))).toEqual([]);
});

test.each([
  ['{"a":[{"b":1},[{"c":null}],2],"d":{}}', false],
  ['{\n  "a": 1,\n  "__proto__": {"b": "x:y"}\n}', false],
  ['[{"a":1},{"a":1}]', false],
  ['{"a":"\\"b\\":1, \\"c\\" : 2"}', false],
  ['{"a\\\\":1}', true],
  ['{"a\\\\" :1}', true],
  ['{"a" :1,"a":2}', true],
  ['{"a":{"b" :1},"a":{}}', true],
])('%s is looked at: %s', (text, expected) => expect(mayHoldDuplicates(text, JSON.parse(text))).toBe(expected));
