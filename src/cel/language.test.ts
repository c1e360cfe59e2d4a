/** The language's behaviours, as its specification has them (github.com/google/cel-spec). */
import { describe, expect, test } from 'vitest';
import { evaluated } from './testing/evaluate.ts';
import { DOUBLE, INT, listOf, objectOf, STRING, TIMESTAMP, DURATION, BYTES } from './types.ts';

type Row = readonly [source: string, result: unknown];
const bindings = { x: { a: 1, s: 'str', l: [1, 2, 3], m: { k: 'v' }, n: null, f: 2.5, big: 9007199254740991 }, empty: [] };

function rows(title: string, table: readonly Row[]): void {
  describe(title, () => {
    test.each(table)('%s', (source, result) => expect(evaluated(source, bindings)).toEqual(result));
  });
}

rows('integers keep to 64 bits', [
  ['1 + 2 * 3 - 4 / 2', 5],
  ['7 / -2', -3], ['-7 % 3', -1], ['7 % -3', 1],
  ['9223372036854775807 + 1', '! integer overflow'], ['-9223372036854775808 - 1', '! integer overflow'], ['-(-9223372036854775808)', '! integer overflow'],
  ['9223372036854775807 * 2', '! integer overflow'], ['-9223372036854775808 / -1', '! integer overflow'],
  ['string(9223372036854775806 + 1)', '9223372036854775807'], ['string(9007199254740991 + 2)', '9007199254740993'],
  ['x.big + 2 == 9007199254740993', true],
  ['9007199254740993 - 9007199254740990', 3],
  ['1 / 0', '! division by zero'], ['1 % 0', '! modulus by zero'], ['0x1F', 31], ['-0x10', -16], ['!!true', true], ['- -1', 1],
  ['1u + 2u', 3], ['0u - 1u', '! unsigned integer overflow'], ['18446744073709551615u + 1u', '! unsigned integer overflow'],
]);

rows('doubles', [
  ['1.5 + 1.5', 3], ['1.0 / 0.0 > 1.0', true], ['0.0 / 0.0 == 0.0 / 0.0', false], ['1e3', 1000], ['.5', 0.5], ['x.f * 2.0', 5], ['x.f > 2', true],
  ['double(1) / 4.0', 0.25], ['string(1000000.0)', '1e+06'], ['string(0.1)', '0.1'], ['string(-1.5e-7)', '-1.5e-07'], ['string(123456.0)', '123456'],
  ['int(2.9)', 2], ['int(-2.9)', -2], ['int(1e30)', '! integer overflow'],
]);

rows('numbers of different types compare', [
  ['dyn(1) == 1.0', true], ['1 < 1.5', true], ['2u > 1', true], ['dyn(1u) == 1', true], ['1 in {1.0: true}', '! compilation failed: ERROR: <input>:1:3: found no matching overload for \'@in\' applied to \'(int, map(double, bool))\'\n | 1 in {1.0: true}\n | ..^'],
  ['{1: "a"}[dyn(1.0)]', 'a'], ['dyn(1) in [1.0, 2.0]', true],
]);

rows('texts count code points', [
  ['size("héllo")', 5], ['size("😀")', 1], ['"a😀b".charAt(1)', '😀'], ['"abc" < "abd"', true], ['"\\u00e9" == "é"', true], ['"\\x41\\101"', 'AA'],
  ['r"\\d"', '\\d'], ['"""a\n"b"""', 'a\n"b'], ["'it''s'", "! compilation failed: ERROR: <input>:1:5: Syntax error: extraneous input ''s'' expecting <EOF>\n | 'it''s'\n | ....^"],
  ['"😀" > "\uffff"', true], ['b"abc" == bytes("abc")', true], ['size(b"é")', 2], ['string(b"\\xc3\\xa9")', 'é'], ['string(b"\\xff")', '! invalid UTF-8 in bytes, cannot convert to string'],
  ['"a" + "b"', 'ab'], ['"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c")', true],
]);

rows('lists and maps', [
  ['[1, 2] + [3]', [1, 2, 3]], ['[1, 2, 3][1]', 2], ['[1][1]', '! index out of bounds: 1'], ['[1][-1]', '! index out of bounds: -1'], ['{"a": 1}.a', 1], ['{"a": 1}["b"]', '! no such key: b'],
  ['{1: "a", 2: "b"}[2]', 'b'], ['size({"a": 1, "b": 2})', 2], ['2 in [1, 2]', true], ['"k" in x.m', true], ['"z" in x.m', false],
  ['[1, 2] == [1, 2]', true], ['{"a": [1]} == {"a": [1]}', true], ['{"a": 1, "b": 2} == {"b": 2, "a": 1}', true], ['x.l == [1, 2, 3]', true], ['{"a": 1, "a": 2}', '! Failed with repeated key'],
  ['{1u: "a"}[1u]', 'a'], ['{true: 1}[true]', 1], ['{1.5: 1}', '! unsupported key type'], ['{dyn(1): 1, dyn(1u): 2}', '! Failed with repeated key'], ['{1: 1}.all(k, k == 1)', true], ['[1, 2, 3,]', [1, 2, 3]], ['[]', []], ['{}', {}],
]);

rows('fields', [
  ['x.a', 1], ['x.z', '! no such key: z'], ['has(x.a)', true], ['has(x.z)', false], ['has(x.z.y)', '! no such key: z'], ['has(x.n)', true], ['x.n == null', true], ['x.s.y', '! no such overload'],
  ['x["a"]', 1], ['x.namespace', '! no such key: namespace'], ['y', "! compilation failed: ERROR: <input>:1:1: undeclared reference to 'y' (in container '')\n | y\n | ^"],
]);

rows('&& and || take what decides from either side', [
  ['false && x.z', false], ['x.z && false', false], ['true || x.z', true], ['x.z || true', true], ['x.z && true', '! no such key: z'], ['x.z || false', '! no such key: z'],
  ['true ? 1 : x.z', 1], ['x.a == 1 && x.s == "str" && x.f > 1.0 || false', true],
]);

rows('macros', [
  ['[1, 2, 3].all(i, i > 0)', true], ['[1, 2, 3].all(i, i > 1)', false], ['[].all(i, false)', true], ['[0, 1].all(i, 1 / i > 0)', '! division by zero'], ['[0, 1].all(i, 1 / i > 5)', false],
  ['[1, 2].exists(i, i == 2)', true], ['[0, 1].exists(i, 1 / i == 1)', true], ['[0].exists(i, 1 / i == 1)', '! division by zero'], ['[1, 2, 2].exists_one(i, i == 2)', false], ['[1, 2].exists_one(i, i == 2)', true],
  ['[1, 2].map(i, i * 2)', [2, 4]], ['[1, 2, 3].map(i, i > 1, i * 2)', [4, 6]], ['[1, 2, 3].filter(i, i % 2 == 1)', [1, 3]], ['{"a": 1}.map(k, k)', ['a']], ['x.m.all(k, x.m[k] == "v")', true],
  ['[[1, 2], [3]].map(l, l.map(i, i + size(l)))', [[3, 4], [4]]], ['[1].map(i, [2].map(i, i))', [[2]]],
  ['cel.bind(a, 2, a * a)', 4], ['cel.bind(a, 1 / 0, true)', true],
]);

rows('comprehensions over two variables', [
  ['["a", "b"].all(i, v, i < 2 && v != "c")', true], ['{"a": 1}.exists(k, v, k == "a" && v == 1)', true], ['["a"].existsOne(i, v, v == "a")', true],
  ['["a", "b"].transformList(i, v, string(i) + v)', ['0a', '1b']], ['["a", "b"].transformList(i, v, i > 0, v)', ['b']],
  ['{"a": 1, "b": 2}.transformMap(k, v, v * 10)', { a: 10, b: 20 }], ['{"a": 1, "b": 2}.transformMap(k, v, k == "a", v)', { a: 1 }],
  ['{"a": "x"}.transformMapEntry(k, v, {v: k})', { x: 'a' }], ['["x", "x"].transformMapEntry(i, v, {v: i})', '! insert failed: key x already exists'],
]);

rows('optionals', [
  ['x.?a.orValue(5)', 1], ['x.?z.orValue(5)', 5], ['x.?z.y.orValue(5)', 5], ['x.?m.k.value()', 'v'], ['x.?z.hasValue()', false], ['x.?z.value()', '! optional.none() dereference'],
  ['dyn(optional.of([1]))[0].value()', 1], ['optional.of({"a": 1})["b"].hasValue()', false], ['x.l[?0].orValue(9)', 1], ['x.l[?7].orValue(9)', 9], ['x.m[?"k"].orValue("-")', 'v'], ['[1, ?x.?z, ?x.?a]', [1, 1]], ['{"a": 1, ?"b": x.?z}', { a: 1 }],
  ['optional.of(1).optMap(v, v + 1).value()', 2], ['optional.none().optMap(v, v + 1).hasValue()', false], ['optional.of(1).optFlatMap(v, optional.of(v)).value()', 1],
  ['optional.ofNonZeroValue("").hasValue()', false], ['optional.of(1).or(optional.of(2)).value()', 1], ['optional.of(1) == optional.of(1)', true], ['[1, 2].first().value() + [1, 2].last().value()', 3], ['[].first().hasValue()', false],
  ['optional.unwrap([optional.of(1), optional.none()])', [1]], ['[optional.none(), optional.of(2)].unwrapOpt()', [2]], ['x.?m.k == optional.of("v")', true],
]);

rows('conversions', [
  ['int("12")', 12], ['int("x")', '! strconv.ParseInt: parsing "x": invalid syntax'], ['uint("7") == 7u', true], ['double("1.5")', 1.5], ['bool("true")', true], ['string(true)', 'true'],
  ['type(1) == int', true], ['type("a") == string', true], ['type([]) == list', true], ['type(null) == null_type', true], ['type(type(1)) == type', true], ['type(timestamp("2020-01-01T00:00:00Z")) == google.protobuf.Timestamp', true],
]);

rows('times', [
  ['timestamp("2024-02-29T12:30:45.123Z").getFullYear()', 2024], ['timestamp("2024-02-29T12:30:45.123Z").getMonth()', 1], ['timestamp("2024-02-29T12:30:45.123Z").getDayOfMonth()', 28],
  ['timestamp("2024-02-29T12:30:45.123Z").getDate()', 29], ['timestamp("2024-02-29T12:30:45.123Z").getDayOfYear()', 59], ['timestamp("2024-02-29T12:30:45.123Z").getDayOfWeek()', 4],
  ['timestamp("2024-02-29T12:30:45.123Z").getMilliseconds()', 123], ['timestamp("2024-02-29T23:30:00Z").getHours("America/New_York")', 18], ['timestamp("2024-02-29T23:30:00Z").getDate("+02:00")', 1],
  ['string(timestamp("2024-02-29T23:30:00.5+01:00"))', '2024-02-29T22:30:00.5Z'], ['int(timestamp("1970-01-01T00:01:00Z"))', 60], ['timestamp(60) == timestamp("1970-01-01T00:01:00Z")', true],
  ['string(duration("1h30m"))', '5400s'], ['duration("1.5s").getMilliseconds()', 500], ['duration("90m").getHours()', 1], ['timestamp("2024-01-01T00:00:00Z") + duration("24h") == timestamp("2024-01-02T00:00:00Z")', true],
  ['timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z") == duration("24h")', true], ['timestamp("9999-12-31T23:59:59Z") + duration("1s")', '! timestamp overflow'],
]);

test('a declared field is of its type, whatever JSON made of it', () => {
  const field = (property: string, type: Parameters<typeof listOf>[0]) => ({ property, type });
  const types = { self: objectOf('T', {
    ratio: field('ratio', DOUBLE), at: field('at', TIMESTAMP), day: field('day', TIMESTAMP), span: field('span', DURATION), data: field('data', BYTES), ratios: field('ratios', listOf(DOUBLE)), my__dash__name: field('my-name', STRING), n: field('n', INT),
  }) };
  const self = { ratio: 1, at: '2020-01-01T00:00:00Z', day: '2020-01-02', span: '1h', data: 'aGk=', ratios: [1, 2], 'my-name': 'x', n: 3 };

  const all = ['self.ratio / 2.0 == 0.5', 'self.at < self.day', 'self.span == duration("60m")', 'self.data == b"hi"', 'self.ratios[0] / 2.0 == 0.5', 'self.ratios.all(r, r / 2.0 > 0.1)', 'self.ratios.sum() == 3.0', 'self.my__dash__name == "x"'];

  expect(all.map((source) => evaluated(source, { self }, types))).toEqual(all.map(() => true));
});

test('what objects inherit is no field of theirs', () => {
  expect(evaluated('has(x.toString) || has(x.__proto__) || "constructor" in x', { x: {} })).toBe(false);
  expect(evaluated('{"__proto__": 1}.size()')).toBe(1);
});
