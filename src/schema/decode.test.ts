import { expect, test } from 'vitest';
import type { AnyObject } from '../meta/object.ts';
import { boolean, bytes, int32, intOrString, list, map, object, oneOf, quantity, string, time } from './field.ts';
import { decodeObject } from './decode.ts';
import { defineKind } from './kind.ts';
import { validateObject } from './validate.ts';

const part = () =>
  object('api.test.v1.Part', {
    name: string().required(),
    image: string(),
    ports: list(int32()),
    limits: map(quantity()),
    probe: object('api.test.v1.Probe', { period: int32().default(10), port: intOrString() }),
  });
const Ship = defineKind({
  group: 'test', version: 'v1', kind: 'Ship', plural: 'ships', package: 'api.test.v1', scope: 'Namespaced',
  spec: object('api.test.v1.ShipSpec', {
    replicas: int32().pointer().min(0).default(1),
    paused: boolean(),
    mode: oneOf('Sail', 'Row').default('Sail'),
    strategy: object('api.test.v1.Strategy', { type: string().default('Rolling') }).default({}),
    parts: list(part()).keyedBy('name').unique(),
    cargo: bytes(),
    key: string().immutable(),
    since: time(),
  }),
  status: object('api.test.v1.ShipStatus', { ready: boolean().required(), count: int32() }),
});
const read = (spec: unknown, more: object = {}) => decodeObject(Ship, { apiVersion: 'test/v1', kind: 'Ship', metadata: { name: 'a' }, spec, ...more });
const messages = (spec: object, old?: object) =>
  validateObject(Ship, read(spec).value, old && read(old).value).map(({ field, message }) => `${field}: ${message}`);

test('defaults fill what is absent or null, and nothing more', () => {
  expect(read({ replicas: null, parts: [{ name: 'x', probe: {} }, { name: 'y' }] }).value.spec).toEqual({
    replicas: 1, mode: 'Sail', strategy: { type: 'Rolling' }, parts: [{ name: 'x', probe: { period: 10 } }, { name: 'y' }],
  });
  expect(read({ replicas: 0 }).value.spec).toMatchObject({ replicas: 0 });
});

test('spec and status are always there', () => {
  expect(decodeObject(Ship, { metadata: { name: 'a' } }).value).toEqual({
    apiVersion: 'test/v1', kind: 'Ship', metadata: { name: 'a' },
    spec: { replicas: 1, mode: 'Sail', strategy: { type: 'Rolling' } }, status: { ready: false },
  });
});

test('empty values that upstream omits are dropped, inside lists and maps they are kept', () => {
  const { value } = decodeObject(Ship, { metadata: { name: 'a', labels: { x: '', y: null }, annotations: {} }, spec: { paused: false, key: '', parts: [], mode: '' } });
  expect(value.metadata).toEqual({ name: 'a', labels: { x: '', y: '' } });
  expect(value.spec).toEqual({ replicas: 1, mode: 'Sail', strategy: { type: 'Rolling' } });
});

test('a day that its month lacks is no time', () => {
  expect(() => read({ since: '2026-02-30T00:00:00Z' })).toThrow('parsing time "2026-02-30T00:00:00Z"');
});

test('quantities and times come out in canonical form', () => {
  expect(read({ since: '2026-01-02T03:04:05.678+02:00', parts: [{ name: 'x', limits: { cpu: 0.5, memory: '1024Mi' } }] }).value.spec).toMatchObject({
    since: '2026-01-02T01:04:05Z', parts: [{ limits: { cpu: '500m', memory: '1Gi' } }],
  });
});

test('unknown fields are dropped and named with their path', () => {
  const { value, problems } = read({ parts: [{ name: 'x', foo: 1 }], bar: {} }, { baz: 1 });
  expect(problems).toEqual(['unknown field "spec.parts[0].foo"', 'unknown field "spec.bar"', 'unknown field "baz"']);
  expect(JSON.stringify(value)).not.toMatch(/foo|bar|baz/);
});

test.each([
  [{ replicas: '3' }, 'json: cannot unmarshal string into Go struct field ShipSpec.spec.replicas of type int32'],
  [{ replicas: 1.5 }, 'json: cannot unmarshal number 1.5 into Go struct field ShipSpec.spec.replicas of type int32'],
  [{ parts: {} }, 'json: cannot unmarshal object into Go struct field ShipSpec.spec.parts of type []v1.Part'],
  [{ parts: [{ name: 'x', ports: 'y' }] }, 'json: cannot unmarshal string into Go struct field Part.spec.parts.ports of type []int32'],
  [{ paused: 'yes' }, 'json: cannot unmarshal string into Go struct field ShipSpec.spec.paused of type bool'],
  [{ parts: [{ name: 'x', limits: { cpu: 'lots' } }] }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  [{ cargo: 'YQ=' }, 'illegal base64 data at input byte 3'],
])('a wrong type is told as Go tells it: %j', (spec, message) => {
  expect(() => read(spec)).toThrow(`Ship in version "v1" cannot be handled as a Ship: ${message}`);
});

test('names of Object.prototype are data, never a way to it', () => {
  const json: unknown = JSON.parse('{"metadata":{"name":"a","labels":{"__proto__":"x","constructor":"y"}},"__proto__":{"spec":{}},"constructor":1}');
  const { value, problems } = decodeObject<AnyObject>(Ship, json);
  expect(Object.keys(value.metadata.labels!)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(value.metadata.labels)).toBe(Object.prototype);
  expect(problems).toEqual(['unknown field "__proto__"', 'unknown field "constructor"']);
});

test('what the schema forbids is listed with path and value', () => {
  expect(messages({ replicas: -1, mode: 'Fly', parts: [{ name: 'x' }, { name: 'x' }, { image: 'y' }] })).toEqual([
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    'spec.mode: Unsupported value: "Fly": supported values: "Sail", "Row"',
    'spec.parts[2].name: Required value',
    'spec.parts[1].name: Duplicate value: "x"',
  ]);
});

test('an immutable field stays as it is', () => {
  expect(messages({ key: 'b' }, { key: 'a' })).toEqual(['spec.key: Invalid value: "b": field is immutable']);
  expect(messages({ key: 'a' }, { key: 'a' })).toEqual([]);
});
