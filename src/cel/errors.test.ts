import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { evaluated, refusal } from './testing/evaluate.ts';
import { BOOL, DYN, INT, listOf, NULL, objectOf, STRING } from './types.ts';

const variables = { x: DYN, n: INT, s: STRING, l: listOf(STRING), self: objectOf('Self', { a: { property: 'a', type: INT } }) };
const OPERAND = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

describe('what is wrong is shown where it is', () => {
  test.each([
    ['y', "1:1: undeclared reference to 'y' (in container '')\n | y\n | ^"],
    ['f(1)', "1:2: undeclared reference to 'f' (in container '')\n | f(1)\n | .^"],
    ['s.foo()', "1:6: undeclared reference to 'foo' (in container '')\n | s.foo()\n | .....^"],
    ['n + s', "1:3: found no matching overload for '_+_' applied to '(int, string)'\n | n + s\n | ..^"],
    ['n == s', "1:3: found no matching overload for '_==_' applied to '(int, string)'\n | n == s\n | ..^"],
    ['s.charAt(s)', "1:9: found no matching overload for 'charAt' applied to 'string.(string)'\n | s.charAt(s)\n | ........^"],
    ['self.b', "1:5: undefined field 'b'\n | self.b\n | ....^"],
    ['has(self.b)', "1:4: undefined field 'b'\n | has(self.b)\n | ...^"],
    ['s.b', "1:2: type 'string' does not support field selection\n | s.b\n | .^"],
    ['[1, "a"]', "1:5: expected type 'int' but found 'string'\n | [1, \"a\"]\n | ....^"],
    ['n.all(i, true)', "1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | n.all(i, true)\n | ^"],
    ['l.all(1, true)', '1:7: argument must be a simple name\n | l.all(1, true)\n | ......^'],
    ['l.all(i, i)', "1:6: found no matching overload for '_&&_' applied to '(bool, string)'\n | l.all(i, i)\n | .....^"],
    ['l.exists(i, 1)', "1:9: found no matching overload for '_||_' applied to '(bool, int)'\n | l.exists(i, 1)\n | ........^"],
    ['l.filter(i, i)', "1:9: found no matching overload for '_?_:_' applied to '(string, list(string), list(string))'\n | l.filter(i, i)\n | ........^"],
    ['has(x)', '1:5: invalid argument to has() macro\n | has(x)\n | ....^'],
    ['n ==', `1:5: Syntax error: mismatched input '<EOF>' expecting ${OPERAND}\n | n ==\n | ....^`],
    ['(n', "1:3: Syntax error: missing ')' at '<EOF>'\n | (n\n | ..^"],
    ['n = 1', "1:3: Syntax error: token recognition error at: '= '\n | n = 1\n | ..^\nERROR: <input>:1:5: Syntax error: extraneous input '1' expecting <EOF>\n | n = 1\n | ....^"],
    ['for + 1', '1:1: reserved identifier: for\n | for + 1\n | ^'],
    ['duration("x")', '1:10: invalid duration argument\n | duration("x")\n | .........^'],
    ['s.matches("(")', '1:11: invalid matches argument\n | s.matches("(")\n | ..........^'],
    ['9223372036854775808', '1:1: invalid int literal\n | 9223372036854775808\n | ^'],
    ['n +\n  y', "2:3: undeclared reference to 'y' (in container '')\n |   y\n | ..^"],
  ])('%s', (source, reason) => expect(refusal(source, variables)).toBe(`compilation failed: ERROR: <input>:${reason}`));
});

test('every mistake is told, in their order', () => {
  expect(refusal('y + z', variables)?.match(/undeclared reference to '.'/g)).toEqual(["undeclared reference to 'y'", "undeclared reference to 'z'"]);
});

test('a result of another type than wanted is refused', () => {
  const reason = (source: string, returns: readonly (typeof BOOL)[]) => {
    const compiled = compileExpression(source, { variables, returns });
    return compiled.ok ? undefined : compiled.reason;
  };

  expect(reason('n', [BOOL])).toBe('must evaluate to bool');
  expect(reason('x.y', [BOOL])).toBe('must evaluate to bool');
  expect(reason('n', [STRING, NULL])).toBe('must evaluate to one of [string null_type]');
  expect(reason('n > 1', [BOOL])).toBeUndefined();
});

test('nesting and length have limits', () => {
  expect(refusal('('.repeat(5000) + '1' + ')'.repeat(5000))).toContain('expression recursion limit exceeded: 250');
  expect(refusal(Array(2000).fill('1').join('+'))).toContain('expression recursion limit exceeded: 250');
  expect(refusal('"' + 'a'.repeat(100_001) + '"')).toContain('expression code point size exceeds limit: size: 100003, limit 100000');
  expect(refusal(Array(2000).fill('true').join(' && '))).toBeUndefined();
});

test('an expression that grows without end is stopped by its budget', () => {
  const compiled = compileExpression('[0,1,2,3,4,5,6,7,8,9].all(a, [0,1,2,3,4,5,6,7,8,9].all(b, [0,1,2,3,4,5,6,7,8,9].all(c, [0,1,2,3,4,5,6,7,8,9].all(d, [0,1,2,3,4,5,6,7,8,9].all(e, [0,1,2,3,4,5,6,7,8,9].all(f, true))))))', { variables: {} });
  if (!compiled.ok) throw new Error(compiled.reason);

  const { cost, ...result } = compiled.program.evaluate({});

  expect(result).toEqual({ ok: false, message: 'operation cancelled: actual cost limit exceeded', overBudget: true });
  expect(cost).toBeLessThan(1_001_000);
  expect(compiled.program.cost.max).toBeGreaterThan(300_000);
});

test('a budget that is used up is not forgiven', () => {
  const compiled = compileExpression('true || x.all(i, i == i) || true', { variables: { x: DYN } });
  const strict = compileExpression('x.all(i, i == i) || true', { variables: { x: DYN } });
  const x = Array.from({ length: 100 }, (_, at) => at);

  expect(compiled.ok && compiled.program.evaluate({ x }, 50).ok).toBe(true);
  expect(strict.ok && strict.program.evaluate({ x }, 50).ok).toBe(false);
});

test('a variable nobody bound is an error when it is asked for', () => {
  const compiled = compileExpression('true || x', { variables: { x: BOOL } });
  expect(compiled.ok && compiled.program.evaluate({})).toMatchObject({ ok: true, value: true });
  const needed = compileExpression('x', { variables: { x: BOOL } });
  expect(needed.ok && needed.program.evaluate({})).toMatchObject({ ok: false, message: 'no such attribute(s): x' });
});

test('a program says which variables it speaks of', () => {
  const compiled = compileExpression('self.a == 1 && l.all(x, x != "")', { variables });
  expect(compiled.ok && ['self', 'l', 'x', 's'].map((name) => compiled.program.uses(name))).toEqual([true, true, false, false]);
});

test('null stands for messages and times, and for nothing else', () => {
  expect(evaluated('x == null', { x: null })).toBe(true);
  expect(refusal('s == null', variables)).toContain("found no matching overload for '_==_' applied to '(string, null)'");
});

const nested = (levels: number, step: (name: string) => string, first: string, last: (name: string) => string): string =>
  Array.from({ length: levels }).reduceRight<string>((inner, _level, at) => `cel.bind(v${at + 1}, ${step(`v${at}`)}, ${inner})`, last(`v${levels}`)).replace(/^/, `cel.bind(v0, ${first}, `) + ')';

describe('what grows without end is stopped, however cheap each step is', () => {
  test.each([
    ['lists joined to themselves', nested(40, (v) => `${v} + ${v}`, '[1, 2]', (v) => `size(${v}) > 0`)],
    ['texts joined to themselves', nested(40, (v) => `${v} + ${v}`, '"ab"', (v) => `size(${v}) > 0`)],
    ['texts replaced by texts', nested(10, (v) => `${v}.replace("a", ${v})`, '"aaaaaaaaaa"', (v) => `size(${v}) > 0`)],
    ['texts put together from a list', nested(40, (v) => `[${v}, ${v}].join()`, '"ab"', (v) => `size(${v}) > 0`)],
    ['texts formatted', nested(40, (v) => `"%s%s".format([${v}, ${v}])`, '"ab"', (v) => `size(${v}) > 0`)],
    ['lists of lists, compared', [1, 2].map(() => nested(40, (v) => `[${v}, ${v}]`, '[1, 2]', (v) => v)).join(' == ')],
    ['lists of lists, printed', nested(40, (v) => `[${v}, ${v}]`, '[1, 2]', (v) => `"%s".format([${v}]) == ""`)],
    ['patterns that go everywhere', `${JSON.stringify(Array.from({ length: 40_000 }, (_, at) => 'ab'[(at * at * 7 + at * 3) % 11 % 2]).join('') + Array.from({ length: 40_000 }, (_, at) => 'ab'[Math.floor(Math.sin(at) * 1e6) & 1]).join(''))}.matches('(a|b)*a(a|b){900}c')`],
  ])('%s', (_what, source) => {
    const compiled = compileExpression(source, { variables: {} });
    if (!compiled.ok) throw new Error(compiled.reason);
    expect(compiled.program.evaluate({})).toMatchObject({ ok: false, message: 'operation cancelled: actual cost limit exceeded', overBudget: true });
  });
});

test('where neither side of a junction can be had, the left one says why', () => {
  expect(evaluated('x.a > 0 || x.b > 0', { x: {} })).toBe('! no such key: a');
  expect(evaluated('x.a > 0 && x.b > 0', { x: {} })).toBe('! no such key: a');
  expect(evaluated('x.a > 0 || x.b > 0', { x: { b: 1 } })).toBe(true);
});
