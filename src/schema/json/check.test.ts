import { expect, test } from 'vitest';
import { checkJson } from './check.ts';
import type { JsonSchema } from './json-schema.ts';
import { listErrors } from './list-rules.ts';

const spec = (schema: JsonSchema): JsonSchema => ({ type: 'object', properties: { a: schema } });
const said = (schema: JsonSchema, value: unknown, ...old: unknown[]) =>
  checkJson(spec(schema), { a: value }, ...old.map((a) => ({ a }))).map(({ field, message }) => `${field}: ${message}`);

test.each<[JsonSchema, unknown, readonly string[]]>([
  [{ type: 'string' }, 1, ['a: Invalid value: "integer": a in body must be of type string: "integer"']],
  [{ type: 'string' }, null, ['a: Invalid value: "null": a in body must be of type string: "null"']],
  [{ type: 'string', nullable: true }, null, []],
  [{ type: 'integer' }, 1.5, ['a: Invalid value: "number": a in body must be of type integer: "number"']],
  [{ type: 'number' }, 1, []],
  [{ 'x-kubernetes-int-or-string': true }, true, ['a: Invalid value: "boolean": a in body must be of type integer,string: "boolean"']],
  [{ 'x-kubernetes-int-or-string': true }, '50%', []],
  [{ type: 'integer', minimum: 1, exclusiveMinimum: true }, 1, ['a: Invalid value: 1: a in body should be greater than 1']],
  [{ type: 'integer', maximum: 10 }, 11, ['a: Invalid value: 11: a in body should be less than or equal to 10']],
  [{ type: 'number', multipleOf: 0.1 }, 0.3, []],
  [{ type: 'integer', multipleOf: 3 }, 4, ['a: Invalid value: 4: a in body should be a multiple of 3']],
  [{ type: 'string', minLength: 2 }, 'x', ['a: Invalid value: "x": a in body should be at least 2 chars long']],
  [{ type: 'string', maxLength: 2 }, '😀😀', []],
  [{ type: 'string', maxLength: 2 }, 'xyz', ['a: Too long: may not be more than 2 bytes']],
  [{ type: 'string', pattern: '^[a-z]+$' }, 'A', ['a: Invalid value: "A": a in body should match \'^[a-z]+$\'']],
  [{ type: 'string', pattern: '(?i)^[a-z]+$' }, 'A', []],
  [{ type: 'string', format: 'date-time' }, 'soon', ['a: Invalid value: "soon": a in body must be of type date-time: "soon"']],
  [{ type: 'string', format: 'ipv4' }, '10.0.0.1', []],
  [{ type: 'string', format: 'of-our-own' }, 'x', []],
  [{ type: 'string', enum: ['x', 'y'] }, 'z', ['a: Unsupported value: "z": supported values: "x", "y"']],
  [{ type: 'array', items: { type: 'string' }, maxItems: 1 }, ['x', 1], [
    'a[1]: Invalid value: "integer": a[1] in body must be of type string: "integer"', 'a: Too many: 2: must have at most 1 item',
  ]],
  [{ type: 'array', items: { type: 'string' }, minItems: 1 }, [], ['a: Invalid value: 0: a in body should have at least 1 items']],
  [{ type: 'object', required: ['x', 'y'] }, { x: 1 }, ['a.y: Required value']],
  [{ type: 'object', additionalProperties: { type: 'integer' } }, { 'b.c': 'd' }, ['a.b.c: Invalid value: "string": a.b.c in body must be of type integer: "string"']],
  [{ type: 'object', minProperties: 1 }, {}, ['a: Invalid value: 0: a in body should have at least 1 properties']],
  [{ type: 'object', oneOf: [{ required: ['x'] }, { required: ['y'] }] }, {}, ['<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found none valid', 'a.x: Required value']],
  [{ type: 'object', oneOf: [{ required: ['x'] }, { required: ['y'] }] }, { x: 1, y: 2 }, ['<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid alternatives']],
  [{ type: 'string', anyOf: [{ minLength: 3 }, { enum: ['x'] }] }, 'yy', ['<nil>: Invalid value: "": "a" must validate at least one schema (anyOf)', 'a: Invalid value: "yy": a in body should be at least 3 chars long']],
  [{ type: 'string', allOf: [{ minLength: 3 }, { maxLength: 5 }] }, 'yy', ['a: Invalid value: "yy": a in body should be at least 3 chars long', '<nil>: Invalid value: "": "a" must validate all the schemas (allOf)']],
  [{ type: 'string', not: { enum: ['x'] } }, 'x', ['<nil>: Invalid value: "": "a" must not validate the schema (not)']],
])('%j of %j says %j', (schema, value, expected) => {
  expect(said(schema, value)).toEqual(expected);
});

test('what was wrong before may stay, but not change', () => {
  const list: JsonSchema = { type: 'array', items: { type: 'string', maxLength: 1 } };
  expect(said(list, ['long', 'x'], ['long'])).toEqual([]);
  expect(said(list, ['longer'], ['long'])).toEqual(['a[0]: Too long: may not be more than 1 bytes']);
  const keyed: JsonSchema = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer' } } } };
  expect(said(keyed, [{ k: 'new', v: 1 }, { k: 'b', v: 'bad' }], [{ k: 'b', v: 'bad' }])).toEqual([]);
  expect(said({ ...list, 'x-kubernetes-list-type': 'set' }, ['long', 'x'], ['long'])).toEqual(['a[0]: Too long: may not be more than 1 bytes']);
});

test('items of sets and keyed lists do not repeat', () => {
  const errors = (schema: JsonSchema, a: unknown) => listErrors(spec(schema), { a }).map(({ field, message }) => `${field}: ${message}`);
  expect(errors({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }, ['x', 'y', 'x', 'x'])).toEqual(['a[2]: Duplicate value: "x"']);
  const keyed: JsonSchema = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'l'], items: { type: 'object' } };
  expect(errors(keyed, [{ k: 1, l: 2 }, { l: 2, k: 1 }, { k: 1 }])).toEqual(['a[1]: Duplicate value: {"k":1,"l":2}']);
  expect(errors(keyed, ['x'])).toEqual(['a[0]: Invalid value: "x": must be an object for an array of list-type map']);
});

test('no pattern takes longer than its text is long', () => {
  const schema: JsonSchema = { type: 'string', pattern: '^(a+)+$' };
  expect(said(schema, `${'a'.repeat(20_000)}!`)).toHaveLength(1);
  expect(said(schema, 'a'.repeat(20_000))).toEqual([]);
});
