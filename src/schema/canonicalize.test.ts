import { expect, test } from 'vitest';
import { isApiError } from '../meta/api-error.ts';
import type { InstanceOf } from '../meta/resource.ts';
import { canonicalize, decodeBare, strictError } from './decode.ts';
import { any, boolean, bytes, double, duration, int32, int64, intOrString, lazy, list, map, microTime, object, quantity, string, time, type Field } from './field.ts';
import { defineKind } from './kind.ts';

const container = object('api.core.v1.Container', {
  name: string().required(),
  image: string(),
  args: list(string()),
  limits: map(quantity()),
  port: int32(),
  tty: boolean(),
  zero: int32().pointer(),
});
const Pod = defineKind({
  group: '', version: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced', package: 'api.core.v1',
  spec: object('api.core.v1.PodSpec', {
    containers: list(container),
    nodeSelector: map(string()),
    replicas: int32(),
    emptyDir: object('api.core.v1.EmptyDirVolumeSource', { medium: string() }),
  }),
  fields: { immutable: boolean() },
});
const of = (json: unknown) => decodeBare<InstanceOf<typeof Pod>>(Pod, json);
const pod = <T>(spec: T) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec });
const unknown = (path: string) => `unknown field "${path}"`;
const why = (json: unknown): string => {
  try {
    of(json);
  } catch (error) {
    if (isApiError(error, 'BadRequest')) return error.message;
    throw error;
  }
  return 'decoded';
};

test('what is canonical already is shared, not copied', () => {
  const json = pod({ containers: [{ name: 'a', limits: { cpu: '500m' } }] });
  expect(of(json).value).toBe(json);
});

test('quantities take their canonical form, and only what holds them is copied', () => {
  const json = pod({ containers: [{ name: 'a', limits: { cpu: '1000m', memory: '1024Mi', x: 2 } }, { name: 'b' }] });
  const { value } = of(json);
  expect(value.spec.containers![0]!.limits).toEqual({ cpu: '1', memory: '1Gi', x: '2' });
  expect(value.spec.containers![1]).toBe(json.spec.containers[1]);
});

test('null and what Go calls empty are absent', () => {
  const { value } = of(pod({ containers: [{ name: '', image: '', args: [], limits: {}, port: 0, tty: false, zero: 0 }], nodeSelector: null, emptyDir: {} }));
  expect(value.spec).toEqual({ containers: [{ name: '', zero: 0 }], emptyDir: {} });
});

test('null within a list or a map is the zero value', () => {
  const { value } = of(pod({ containers: [null, { name: 'a', args: [null, 'x'], limits: { cpu: null } }], nodeSelector: { a: null } }));
  expect(value.spec).toEqual({ containers: [{}, { name: 'a', args: ['', 'x'], limits: { cpu: '0' } }], nodeSelector: { a: '' } });
});

test('unknown fields are dropped and reported with their paths', () => {
  const { value, problems } = of({ ...pod({ foo: 1, containers: [{ name: 'a' }, { bar: {}, name: 'b' }] }), metadata: { name: 'a', z: 1 }, top: [] });
  expect(value).toEqual(pod({ containers: [{ name: 'a' }, { name: 'b' }] }));
  expect(problems).toEqual(['metadata.z', 'spec.foo', 'spec.containers[1].bar', 'top'].map(unknown));
  expect(strictError(Pod, problems.slice(1, 3)).message).toBe(
    'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo", unknown field "spec.containers[1].bar"');
});

const wrong: readonly (readonly [unknown, string])[] = [
  [pod({ containers: 'x' }), 'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container'],
  [pod({ containers: ['x'] }), 'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container'],
  [pod({ containers: [{ name: 5 }] }), 'json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string'],
  [pod({ containers: [{ name: 'a' }, { name: {} }] }), 'json: cannot unmarshal object into Go struct field Container.spec.containers.name of type string'],
  [pod({ containers: [{ args: [true] }] }), 'json: cannot unmarshal bool into Go struct field Container.spec.containers.args of type string'],
  [pod({ replicas: 1.5 }), 'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.replicas of type int32'],
  [pod({ replicas: 2147483648 }), 'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.replicas of type int32'],
  [pod({ replicas: '1' }), 'json: cannot unmarshal string into Go struct field PodSpec.spec.replicas of type int32'],
  [pod({ nodeSelector: { a: 1 } }), 'json: cannot unmarshal number into Go struct field PodSpec.spec.nodeSelector of type string'],
  [pod({ nodeSelector: [] }), 'json: cannot unmarshal array into Go struct field PodSpec.spec.nodeSelector of type map[string]string'],
  [pod([]), 'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec'],
  [[], 'json: cannot unmarshal array into Go value of type v1.Pod'],
  ['x', 'json: cannot unmarshal string into Go value of type v1.Pod'],
  [{ immutable: 'yes' }, 'json: cannot unmarshal string into Go struct field Pod.immutable of type bool'],
  [pod({ containers: [{ limits: { cpu: 'much' } }] }), "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  [{ metadata: { creationTimestamp: 5 } }, 'json: cannot unmarshal number into Go value of type string'],
  [{ metadata: { creationTimestamp: 'x' } }, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
];
test.each(wrong)('a wrong type is a BadRequest in upstream\'s words: %j', (json, message) => {
  expect(why(json)).toBe(`Pod in version "v1" cannot be handled as a Pod: ${message}`);
});

const scalar = (field: Field, json: unknown) => canonicalize<unknown>(field.node, json).value;

test('each scalar has one canonical form', () => {
  expect(scalar(time(), '2026-01-02T05:04:05.999+02:00')).toBe('2026-01-02T03:04:05Z');
  expect(scalar(microTime(), '2026-01-02T03:04:05Z')).toBe('2026-01-02T03:04:05.000000Z');
  expect(scalar(duration(), '90m')).toBe('1h30m0s');
  expect(scalar(bytes(), 'aGVs\nbG8=')).toBe('aGVsbG8=');
  expect(scalar(intOrString(), '50%')).toBe('50%');
  expect(scalar(intOrString(), 8080)).toBe(8080);
  expect(scalar(double(), 1.5)).toBe(1.5);
  expect(scalar(int64(), 2 ** 40)).toBe(2 ** 40);
  expect(scalar(any(), { a: [null, { b: 1 }] })).toEqual({ a: [null, { b: 1 }] });
});

test.each([
  [bytes(), 'a', 'illegal base64 data at input byte 0'],
  [bytes(), 'aGVsb*8=', 'illegal base64 data at input byte 5'],
  [intOrString(), true, 'json: cannot unmarshal bool into Go value of type int32'],
  [intOrString(), 1.5, 'json: cannot unmarshal number 1.5 into Go value of type int32'],
  [duration(), '5', 'time: missing unit in duration "5"'],
  [duration(), '5q', 'time: unknown unit "q" in duration "5q"'],
] as const)('%o refuses %j', (field, json, message) => {
  expect(() => scalar(field, json)).toThrow(message);
});

test('keys named after parts of the prototype are ordinary keys of maps and unknown fields of objects', () => {
  const labels = JSON.parse('{"__proto__":null,"constructor":"c","toString":"s"}');
  const { value, problems } = of(JSON.parse('{"metadata":{"labels":{},"__proto__":{"x":1}},"spec":{"constructor":1,"toString":2}}'));
  expect(problems).toEqual(['metadata.__proto__', 'spec.constructor', 'spec.toString'].map(unknown));
  expect(value).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: {} });
  expect(Object.getPrototypeOf(value.metadata)).toBe(Object.prototype);

  const decoded = of(pod({ nodeSelector: labels })).value.spec.nodeSelector!;
  expect(JSON.stringify(decoded)).toBe('{"__proto__":"","constructor":"c","toString":"s"}');
  expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
});

interface Tree {
  readonly children?: readonly Tree[];
  readonly size?: string;
}
const tree: Field<Tree> = object('api.Tree', { children: list(lazy<Tree>(() => tree)), size: quantity() });

test('a schema that contains itself decodes, up to a depth', () => {
  expect(scalar(tree, { children: [{ size: '1000m', children: [{ x: 1 }] }] })).toEqual({ children: [{ size: '1', children: [{}] }] });
  let deep: Tree = {};
  for (let depth = 0; depth < 2000; depth++) deep = { children: [deep] };
  expect(() => scalar(tree, deep)).toThrow('exceeded max depth');
  expect(() => scalar(any(), deep)).toThrow('exceeded max depth');
});

test('fields nobody declared are kept where the schema says so', () => {
  const open = object('api.Open', { size: quantity() }).preserveUnknown();
  expect(canonicalize(open.node, { size: '0.5', other: { a: null } })).toEqual({ value: { size: '500m', other: { a: null } }, problems: [] });
});

test('null is kept where it is a value', () => {
  const field = object('api.X', { a: string().nullable(), b: string() });
  expect(scalar(field, { a: null, b: null })).toEqual({ a: null });
});
