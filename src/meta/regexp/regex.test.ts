import { expect, test } from 'vitest';
import { findAll as found, matches, Meter, regexOf, TooMuchWork } from './regex.ts';

const findAll = (text: string, pattern: string, most: number) => found(text, regexOf(pattern), most);

test.each([
  ['abc', 'abc', true], ['xabcx', 'abc', true], ['ab', '^a$', false], ['aaa', '^a{2,3}$', true], ['aaaa', '^a{2,3}$', false], ['', '^$', true], ['a\nb', 'a.b', false], ['a\nb', '(?s)a.b', true], ['a\nb', '(?m)^b$', true], ['a\nb', '^b$', false],
  ['ABC', '(?i)abc', true], ['É', '(?i)é', true], ['foo-bar', '\\bbar\\b', true], ['foobar', '\\bbar', false], ['é', '^.$', true], ['😀', '^.$', true], ['x1', '^[[:alpha:]]\\d$', true], ['Ω', '^\\p{Greek}$', true], ['a', '^\\P{L}$', false],
  ['a.b', '^a\\.b$', true], ['a+b', '^\\Qa+b\\E$', true], ['-', '^[a\\-z]$', true], [']', '^[]]$', true], ['b', '^[^a]$', true], ['ab', '^(?:a|b)+$', true], ['ab', '^(?P<x>a)(b)$', true], ['a{', '^a{$', true], ['ac', '^ab?c$', true], ['\t', '^\\s$', true], ['_', '^\\w$', true],
])('%j against %s: %s', (text, pattern, result) => expect(matches(text, pattern)).toBe(result));

test('the leftmost match is found, alternatives in their order', () => {
  expect(findAll('foobar', 'foo|foobar', -1)).toEqual(['foo']);
  expect(findAll('aaa', 'a+?', -1)).toEqual(['a', 'a', 'a']);
  expect(findAll('aXbX', '.*?X', -1)).toEqual(['aX', 'bX']);
  expect(findAll('abc', 'x*', -1)).toEqual(['', '', '', '']);
  expect(findAll('baac', 'a*', -1)).toEqual(['', 'aa', '']);
});

test.each([
  ['(', 'missing closing ): `(`'], [')', 'unexpected ): `)`'], ['*', 'missing argument to repetition operator: `*`'], ['a**', 'invalid nested repetition operator: `**`'], ['[a', 'missing closing ]: `[a`'], ['[z-a]', 'invalid character class range: `z-a`'],
  ['\\y', 'invalid escape sequence: `\\y`'], ['\\', 'trailing backslash at end of expression: ``'], ['a{1001}', 'invalid repeat count: `{1001}`'], ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'], ['\\1', 'invalid escape sequence: `\\1`'], ['(a{500}){5}', 'invalid repeat count: `{5}`'], ['a{1000}'.repeat(21), `expression too large: \`${'a{1000}'.repeat(21)}\``],
])('%s is no pattern', (pattern, problem) => expect(() => matches('', pattern)).toThrow(`error parsing regexp: ${problem}`));

test('work is counted, and stopped where it is too much', () => {
  const meter = new Meter();
  regexOf('^(a|b)*a(a|b){500}$').test('ab'.repeat(1000), meter);
  expect(meter.steps).toBeGreaterThan(2000);
  expect(() => regexOf('(a|b)*a(a|b){400}c').test('aabab'.repeat(2000), new Meter(10_000))).toThrow(TooMuchWork);
});

test('no pattern makes matching explode', () => {
  // Each takes a backtracking engine longer than the universe has.
  for (const pattern of ['^(a+)+$', '^(a|aa)+$', '^(a|a?)+$', '(.*)*x', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y']) expect(matches(`${'a'.repeat(5000)}!`, pattern)).toBe(false);
});
