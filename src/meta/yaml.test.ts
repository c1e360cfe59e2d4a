import { expect, test } from 'vitest';
import { readYaml } from './yaml.ts';

test('words stay words, and maps may merge', () => {
  expect(readYaml('a: yes\nn: 2026-01-01\nb: &b { x: 1 }\nc: { <<: *b, y: 0x1f }\n').value).toEqual({ a: 'yes', n: '2026-01-01', b: { x: 1 }, c: { x: 1, y: 31 } });
});

test('keys set twice are told with their line, the last counts', () => {
  expect(readYaml('a: 1\nb:\n  x: 1\n  x: 2\n')).toEqual({ value: { a: 1, b: { x: 2 } }, duplicates: ['line 4: key "x" already set in map'] });
});

test.each([
  ['a: .nan', 'json: unsupported value: NaN'],
  [`a: &a [x]\n${Array.from({ length: 200 }, (_, n) => `k${n}: *a`).join('\n')}`, 'Excessive alias count'],
  ['a: [', 'Flow sequence in block collection'],
  ['['.repeat(10_000), 'call stack'],
])('what is no document is refused', (text, why) => {
  expect(() => readYaml(text)).toThrow(why);
});

test('many keys take no longer than many values', () => {
  expect(readYaml(Array.from({ length: 20_000 }, (_, n) => `k${n}: v`).join('\n')).duplicates).toEqual([]);
});

test('a text longer than any object is refused', () => {
  expect(() => readYaml(`a: ${'x'.repeat(2 << 20)}`)).toThrow('limit is 1572864');
});
