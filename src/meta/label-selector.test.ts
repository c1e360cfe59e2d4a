import { expect, test } from 'vitest';
import { formatLabelSelector, formatRequirements, matchesLabelSelector, matchesRequirements, parseLabelSelector } from './label-selector.ts';

const labels = { app: 'web', tier: 'front', rank: '5' };

test.each([
  ['', true], ['app=web', true], ['app==web,tier!=back', true], ['app = web , tier', true], ['!app', false], ['!gone', true],
  ['app in (web, api)', true], ['app notin (web)', false], ['gone notin (x)', true], ['gone!=x', true], ['gone=', false],
  ['rank>4', true], ['rank<5', false], ['in in (in)', false], ['tier in (,front)', true],
])('%s selects: %s', (text, expected) => {
  expect(matchesRequirements(parseLabelSelector(text), labels)).toBe(expected);
});

test.each([
  ['app in web', "unable to parse requirement: found 'web' expected: '('"],
  ['app=web tier', "found 'tier', expected: ',' or 'end of string'"],
  ['app=web,', "found '', expected: identifier after ','"],
  ['rank>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ['=web', "found '=', expected: !, identifier, or 'end of string'"],
])('%s is refused', (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(message);
});

test('labels that objects inherit are not labels', () => {
  expect(matchesRequirements(parseLabelSelector('constructor'), {})).toBe(false);
});

test('an absent selector selects nothing, an empty one everything', () => {
  expect(matchesLabelSelector(undefined, labels)).toBe(false);
  expect(matchesLabelSelector({}, labels)).toBe(true);
  expect(matchesLabelSelector({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, labels)).toBe(false);
});

test('a selector prints as kubectl takes it', () => {
  expect(formatRequirements(parseLabelSelector('a=1,b in (y,x),!c'))).toBe('a=1,b in (x,y),!c');
  expect(formatLabelSelector({})).toBe('<none>');
  expect(formatLabelSelector({ matchLabels: { b: '2', a: '1' } })).toBe('a=1,b=2');
});

test('a selector that cannot be read prints as an error, even where its operator is named like a part of every object', () => {
  expect(formatLabelSelector({ matchExpressions: [{ key: 'b', operator: 'Exists' }, { key: 'a', operator: 'In', values: ['y', 'x'] }] })).toBe('a in (x,y),b');
  expect(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'constructor' }] })).toBe('<error>');
  expect(() => matchesLabelSelector({ matchExpressions: [{ key: 'a', operator: 'toString' }] }, {})).toThrow('"toString" is not a valid label selector operator');
});
