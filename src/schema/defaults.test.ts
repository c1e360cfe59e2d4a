import { expect, test } from 'vitest';
import type { AnyObject } from '../meta/object.ts';
import { decodeObject } from './decode.ts';
import { fillDefaults } from './defaults.ts';
import { int32, lazy, list, map, object, string, type Field } from './field.ts';
import { defineKind } from './kind.ts';

const port = object('api.Port', { name: string(), protocol: string().default('TCP') });
const spec = object('api.Spec', {
  replicas: int32().default(1),
  ports: list(port),
  named: map(port),
  strategy: object('api.Strategy', { type: string().default('RollingUpdate'), surge: int32() }).default({}),
  optional: object('api.Optional', { mode: int32().default(420) }),
  plain: object('api.Plain', { a: string() }),
});
const Thing = defineKind({
  group: 'x', version: 'v1', kind: 'Thing', plural: 'things', scope: 'Namespaced', package: 'api.x.v1', spec,
  defaults: (thing) => ({ ...thing, metadata: { ...thing.metadata, generation: (thing.spec as { replicas: number }).replicas } }),
});
const filled = (json: unknown) => fillDefaults(spec.node, json);

test('an empty default of an object is filled with the object\'s own', () => {
  expect(filled({})).toEqual({ replicas: 1, strategy: { type: 'RollingUpdate' } });
});

test('optional objects that are absent stay absent; what is there is filled', () => {
  expect(filled({ optional: {}, ports: [{}, { protocol: 'UDP' }], named: { a: {} }, replicas: 0 })).toEqual({
    replicas: 0,
    strategy: { type: 'RollingUpdate' },
    optional: { mode: 420 },
    ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }],
    named: { a: { protocol: 'TCP' } },
  });
});

test('a filled value is its own default form, and nothing else is copied', () => {
  const input = { ports: [{ protocol: 'TCP' }], plain: { a: 'b' }, strategy: { surge: 2 } };
  const once = filled(input) as typeof input;
  expect(once.plain).toBe(input.plain);
  expect(once.ports).toBe(input.ports);
  expect(input).toEqual({ ports: [{ protocol: 'TCP' }], plain: { a: 'b' }, strategy: { surge: 2 } });
  expect(filled(once)).toBe(once);
});

test('made values are frozen, since every object shares them', () => {
  expect(Object.isFrozen((filled({}) as { strategy: object }).strategy)).toBe(true);
});

test('the kind\'s own defaults see the schema\'s', () => {
  const { value } = decodeObject<AnyObject>(Thing, { metadata: { name: 'a' }, spec: { replicas: 0 } });
  expect(value.metadata.generation).toBe(1);
});

interface Tree {
  readonly left?: Tree;
  readonly size?: number;
}
const tree: Field<Tree> = object('api.Tree', { left: lazy<Tree>(() => tree), size: int32().default(7) });

test('a schema that contains itself is filled as deep as the value goes', () => {
  expect(fillDefaults(tree.node, { left: { left: { size: 1 } } })).toEqual({ size: 7, left: { size: 7, left: { size: 1 } } });
});
