import { expect, test } from 'vitest';
import { jsonProblem } from './json-error.ts';

test.each([
  ['', 'unexpected end of JSON input'], ['{', 'unexpected end of JSON input'], ['{"a":[1,{"b":"c', 'unexpected end of JSON input'], ['tru', 'unexpected end of JSON input'],
  ['x', "invalid character 'x' looking for beginning of value"], ['[1,]', "invalid character ']' looking for beginning of value"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"], ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a"}', "invalid character '}' after object key"], ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"], ['{} {}', "invalid character '{' after top-level value"], ['01', "invalid character '1' after top-level value"],
  ['"a\nb"', "invalid character '\\n' in string literal"], ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"], ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"], ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['nul!', "invalid character '!' in literal null (expecting 'l')"], ['é', "invalid character 'Ã' looking for beginning of value"],
  ['{"metadata":{"name":"a"},"data":{"a":{}},"x":[[],[1.5e+3,-0,true,"\\u00e9"]]}}', "invalid character '}' after top-level value"],
])('%j: %s', (text, problem) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(jsonProblem(text)).toBe(problem);
});

test('depth is no problem', () => {
  expect(jsonProblem('['.repeat(100_000))).toBe('unexpected end of JSON input');
});
