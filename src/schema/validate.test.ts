import { expect, test } from 'vitest';
import { int32, list, map, object, oneOf, string } from './field.ts';
import { FieldPath, forbidden } from '../meta/field-error.ts';
import { defineKind } from './kind.ts';
import { validateObject, validateValue } from './validate.ts';

const item = object('api.Item', { name: string().required(), weight: int32().min(1).max(100), kind: string().immutable() });
const spec = object('api.Spec', {
  replicas: int32().min(0),
  percent: int32().max(100),
  policy: oneOf('Always', 'Never'),
  items: list(item).mapKeys('name').unique(),
  needed: list(string()).required(),
  by: map(item),
  selector: map(string()).immutable(),
  finalizers: list(string()).set().unique(),
  ports: list(object('api.Port', { port: int32(), protocol: string() })).mapKeys('port', 'protocol').unique(),
  env: list(item).mapKeys('name'),
});
const root = object('api.Root', { spec: spec.required() });
const check = (value: object, old?: object) =>
  validateValue(root.node, { spec: { needed: ['x'], ...value } }, old && { spec: { needed: ['x'], ...old } }).map(({ field, message }) => `${field}: ${message}`);

test('a valid value has no errors', () => {
  expect(check({ replicas: 0, policy: 'Never', items: [{ name: 'a' }], finalizers: ['a', 'b'] })).toEqual([]);
});

test('what is required must be there and not empty', () => {
  expect(validateValue(root.node, {})).toEqual([{ reason: 'FieldValueRequired', field: 'spec', message: 'Required value' }]);
  expect(check({ needed: [] })).toEqual(['spec.needed: Required value']);
  expect(check({ items: [{ name: 'a' }, {}, { name: '' }] })).toEqual(['spec.items[1].name: Required value', 'spec.items[2].name: Required value']);
});

test('numbers keep within their bounds', () => {
  expect(check({ replicas: -1 })).toEqual(['spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
  expect(check({ percent: 101 })).toEqual(['spec.percent: Invalid value: 101: must be less than or equal to 100']);
  expect(check({ by: { 'a/b': { name: 'x', weight: 0 } } })).toEqual(['spec.by[a/b].weight: Invalid value: 0: must be between 1 and 100, inclusive']);
});

test('closed sets name their members', () => {
  expect(check({ policy: 'Sometimes' })).toEqual(['spec.policy: Unsupported value: "Sometimes": supported values: "Always", "Never"']);
});

test('items that may not repeat are found', () => {
  expect(check({ finalizers: ['a', 'b', 'a'] })).toEqual(['spec.finalizers[2]: Duplicate value: "a"']);
  expect(check({ items: [{ name: 'a' }, { name: 'a' }] })).toEqual(['spec.items[1].name: Duplicate value: "a"']);
  expect(check({ ports: [{ port: 1, protocol: 'TCP' }, { port: 1, protocol: 'UDP' }, { port: 1, protocol: 'TCP' }] })).toEqual([
    'spec.ports[2]: Duplicate value: {"port":1,"protocol":"TCP"}',
  ]);
  expect(check({ env: [{ name: 'a' }, { name: 'a' }] })).toEqual([]);
});

test('what is immutable may be set once, and neither changed nor removed', () => {
  expect(check({ selector: { a: '1' } }, {})).toEqual([]);
  expect(check({ selector: { a: '1' } }, { selector: { a: '1' } })).toEqual([]);
  expect(check({ selector: { a: '2' } }, { selector: { a: '1' } })).toEqual(['spec.selector: Invalid value: {"a":"2"}: field is immutable']);
  expect(check({}, { selector: { a: '1' } })).toEqual(['spec.selector: Invalid value: null: field is immutable']);
});

test('items of keyed lists are compared with their former selves, wherever they stand', () => {
  const old = { items: [{ name: 'a', kind: 'x' }, { name: 'b', kind: 'y' }] };
  expect(check({ items: [{ name: 'b', kind: 'y' }, { name: 'a', kind: 'z' }] }, old)).toEqual(['spec.items[1].kind: Invalid value: "z": field is immutable']);
});

test('rules of creation are for creation alone, those of updates for updates', () => {
  const at = FieldPath.of();
  const kind = {
    ...defineKind({ group: '', version: 'v1', kind: 'Thing', plural: 'things', scope: 'Namespaced', package: 'test' }),
    validateCreate: () => [forbidden(at.child('spec'), 'created')], validateUpdate: () => [forbidden(at.child('spec'), 'updated')],
  };
  const object = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', uid: '', resourceVersion: '', creationTimestamp: '' } };
  const messages = (before?: typeof object | 'any') => validateObject(kind, object, before).map(({ message }) => message);
  expect([messages(), messages(object), messages('any')]).toEqual([['Forbidden: created'], ['Forbidden: updated'], []]);
});
