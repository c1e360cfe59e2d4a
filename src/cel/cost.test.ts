import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { bounded, BOOL, DYN, INT, listOf, mapOf, objectOf, STRING } from './types.ts';

const field = (property: string, type: Parameters<typeof listOf>[0]) => ({ property, type });
const self = objectOf('Self', {
  n: field('n', INT), name: field('name', bounded(STRING, 40)), text: field('text', STRING), tags: field('tags', bounded(listOf(bounded(STRING, 10)), 5)), all: field('all', listOf(INT)), labels: field('labels', bounded(mapOf(STRING, bounded(STRING, 20)), 3)),
  ref: field('ref', objectOf('Ref', { name: field('name', STRING) })), refs: field('refs', bounded(listOf(objectOf('Ref', { name: field('name', STRING) })), 4)),
});
const variables = { self, x: DYN };

function costOf(source: string) {
  const compiled = compileExpression(source, { variables });
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.program.cost;
}

describe('the estimate is cel-go\'s', () => {
  test.each([
    ['true', 0, 0], ['self.n', 2, 2], ['self.n == 1', 3, 3], ['self.n > 1 && self.n < 5', 3, 6], ['has(self.n)', 1, 1], ['[1, 2]', 10, 10], ['{"a": 1}', 30, 30],
    // A string's equality costs by the shorter of the two.
    ['self.name == self.name', 5, 8], ['self.name == "abc"', 3, 3], ['self.name.startsWith("abcdefghijklm")', 4, 4], ['self.name + "abc"', 3, 7],
    // Objects count for nothing there, however long their strings may be: published definitions compare a lot of them.
    ['self.ref == self.ref', 4, 4], ['self.refs.all(a, a == self.ref)', 3, 2 + 4 * (3 + 3) + 1],
    ['type(x) == string', 4, 4],
    // Either list's items are bounded.
    ['(has(self.tags) ? self.tags : []).all(t, t.contains("/"))', 4, 1 + 10 + 5 * (3 + 2) + 1],
    // 5 items, each of them 3 + what is asked of it, 1 behind.
    ['self.tags.all(t, t != "")', 3, 2 + 5 * (3 + 1) + 1],
    ['self.tags.map(t, t)', 13, 2 + 10 + 5 * 13 + 1],
    ['self.labels.all(k, self.labels[k] != "a")', 3, 2 + 3 * (3 + 5) + 1],
  ])('%s', (source, min, max) => expect(costOf(source)).toEqual({ min, max }));
});

test('without a bound there is no knowing', () => {
  expect(costOf('self.all.all(i, i > 0)').max).toBe(2 ** 64);
  expect(costOf('self.text.matches("a+")').max).toBeGreaterThan(1e17);
});

test('evaluation stays within the estimate', () => {
  const value = { n: 3, name: 'x'.repeat(40), text: 'text', tags: ['a', 'bb', 'ccc', 'dddd', 'e'.repeat(10)], all: [1, 2], labels: { a: 'b', c: 'd', e: 'f' } };
  const sources = [
    'self.n > 1 && self.n < 5', 'self.name == self.name', 'self.tags.all(t, t != "")', 'self.tags.map(t, t + "x")', 'self.tags.filter(t, t != "a")', 'self.tags.exists_one(t, t == "a")', 'self.labels.all(k, self.labels[k] != "a")',
    'self.name.matches("^x+$")', 'self.name.replace("x", "yy").size() == 80', 'self.name.split("").join(",").size() > 3', 'self.tags.exists(t, t.contains("d"))', 'self.tags.isSorted()', 'cel.bind(t, self.tags, t.all(i, i in t))',
    'self.labels.transformMap(k, v, v + k)', 'self.tags.transformList(i, v, v)', 'has(self.n) ? self.name : "x"', 'self.name.lowerAscii()', 'self.name.findAll("x")', 'sets.contains(self.tags, ["a"])', 'self.name in ["a", "b"]',
  ];

  const over = sources.filter((source) => {
    const compiled = compileExpression(source, { variables });
    if (!compiled.ok) throw new Error(compiled.reason);
    const result = compiled.program.evaluate({ self: value });
    if (!result.ok) throw new Error(`${source}: ${result.message}`);
    return result.cost > compiled.program.cost.max || result.cost < compiled.program.cost.min;
  });

  expect(over).toEqual([]);
});

test('the declared type of a result can be asked', () => {
  const compiled = compileExpression('self.tags.exists(t, t == "a")', { variables, returns: [BOOL] });
  expect(compiled.ok && compiled.program.type).toEqual(BOOL);
});
