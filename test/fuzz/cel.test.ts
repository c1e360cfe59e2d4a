/** Expressions out of any pieces: each is refused in words, or evaluated within its budget. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { compileExpression } from '../../src/cel/compile.ts';
import { toJson } from '../../src/cel/json.ts';
import { Regex } from '../../src/meta/regexp/regex.ts';
import { PatternError } from '../../src/meta/regexp/parse.ts';
import { BOOL, DYN, INT, listOf, mapOf, objectOf, STRING } from '../../src/cel/types.ts';
import { EvaluationError } from '../../src/cel/values.ts';
import { Sampler } from './samples.ts';

const ROUNDS = 20_000;
const variables = { x: DYN, n: INT, s: STRING, l: listOf(INT), m: mapOf(STRING, STRING), b: BOOL, self: objectOf('Self', { a: { property: 'a', type: INT } }) };
const bindings = { x: { a: 1, l: [1, 'a', null, 2.5], m: {} }, n: 7, s: 'tëxt😀', l: [3, 1, 2], m: { k: 'v' }, b: true, self: {} };

const PIECES = [
  'x', 'n', 's', 'l', 'm', 'b', 'self', 'i', '.', '.a', '.?a', '[', ']', '[?', '(', ')', '{', '}', ',', ':', '?', '+', '-', '*', '/', '%', '!', '==', '!=', '<', '>=', ' in ', '&&', '||', '0', '1', '2u', '1.5', '1e400',
  '9223372036854775807', '"a"', "'", '"""', 'b"\\xff"', 'r"\\d"', '"\\u12"', 'true', 'null', '.all(i, ', '.map(i, ', '.filter(i, ', '.exists(i, v, ', '.transformMap(i, v, ', 'has(', 'size(', '.size()', 'optional.of(', '.orValue(', 'cel.bind(i, ',
  'timestamp(', 'duration(', 'string(', 'int(', 'type(', '.matches(', '.format(', '.split(', '.join(', 'quantity(', 'ip(', 'url(', 'Object{', '//', '\n', '😀', '\u0000', '=', '&', '$', 'for', 'namespace',
];

function sane(source: string): void {
  const compiled = compileExpression(source, { variables });
  if (!compiled.ok) {
    expect(compiled.reason).toMatch(/^compilation failed: ERROR: <input>:\d+:\d+: /);
    return;
  }
  const { program } = compiled;
  expect(program.cost.min).toBeLessThanOrEqual(program.cost.max);
  const result = program.evaluate(bindings, 10_000);
  expect(result.cost).toBeLessThan(1_000_000);
  if (!result.ok) return expect(result.message).not.toBe('');
  try {
    JSON.stringify(toJson(result.value));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
  }
}

test('any row of pieces is refused or evaluated', () => {
  const sampler = new Sampler(seededRandom(61));
  for (let round = 0; round < ROUNDS; round++) sane(Array.from({ length: 1 + sampler.upTo(14) }, () => sampler.of(PIECES)).join(''));
});

/** Well formed, whatever its types. */
function expression(sampler: Sampler, depth: number): string {
  const sub = () => expression(sampler, depth - 1);
  if (depth === 0) return sampler.of(['x', 'n', 's', 'l', 'm', 'b', 'x.a', 'x.l', '1', '2u', '1.5', '"a"', '[]', '{}', 'null', 'true', 'self.a', 'duration("1h")', 'optional.none()']);
  return sampler.of([
    () => `(${sub()} ${sampler.of(['+', '-', '*', '/', '%', '==', '!=', '<', '<=', 'in', '&&', '||'])} ${sub()})`, () => `${sub()}.${sampler.of(['all', 'exists', 'exists_one', 'map', 'filter'])}(i, ${sub()})`, () => `[${sub()}, ${sub()}]`, () => `{${sub()}: ${sub()}}`,
    () => `(${sub()} ? ${sub()} : ${sub()})`, () => `${sub()}[${sub()}]`, () => `dyn(${sub()})`, () => `${sampler.of(['size', 'string', 'int', 'type', 'double', 'bytes', 'uint', 'bool'])}(dyn(${sub()}))`, () => `${sub()}.?a`, () => `cel.bind(i, ${sub()}, ${sub()})`,
    () => `dyn(${sub()}).${sampler.of(['indexOf', 'contains', 'split', 'matches', 'join', 'format', 'orValue', 'find'])}(dyn(${sub()}))`, () => `dyn(${sub()}).${sampler.of(['sum', 'max', 'isSorted', 'trim', 'value', 'getHours', 'size', 'hasValue'])}()`,
  ])();
}

test('any well formed expression is refused or evaluated', () => {
  const sampler = new Sampler(seededRandom(62));
  for (let round = 0; round < ROUNDS / 4; round++) sane(expression(sampler, 1 + sampler.upTo(4)));
});

test('a pattern that both engines take matches alike', () => {
  const sampler = new Sampler(seededRandom(63));
  const pieces = ['a', 'b', 'é', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '^', '$', '*', '+', '?', '{0,2}', '{2}', '|', '(', ')', '(?:', '*?', '-'];
  for (let round = 0; round < ROUNDS; round++) {
    const pattern = Array.from({ length: 1 + sampler.upTo(7) }, () => sampler.of(pieces)).join('');
    const text = Array.from({ length: sampler.upTo(8) }, () => sampler.of(['a', 'b', '1', '-', ' '])).join('');
    let ours: Regex;
    let theirs: RegExp;
    try {
      ours = new Regex(pattern);
      theirs = new RegExp(pattern, 'u');
    } catch (error) {
      if (error instanceof PatternError || error instanceof SyntaxError) continue;
      throw error;
    }
    expect(`${pattern} ${text} ${ours.test(text)}`).toBe(`${pattern} ${text} ${theirs.test(text)}`);
  }
});
