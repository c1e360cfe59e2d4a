import { expect, test } from 'vitest';
import { any, int32, intOrString, lazy, list, map, object, quantity, string, time } from '../schema/field.ts';
import { escapeIdentifier } from './escape.ts';
import { typeOfSchema } from './schema-type.ts';
import { formatType } from './types.ts';
import { evaluated, refusal } from './testing/evaluate.ts';

test('a kind\'s schema is a type', () => {
  const schema = object('api.test.v1.Thing', { replicas: int32(), port: intOrString(), at: time(), names: list(string()), labels: map(quantity()), 'my-name': string(), anything: any() }).node;
  const type = typeOfSchema(schema);
  const texts = ['replicas', 'port', 'at', 'names', 'labels', 'my__dash__name', 'anything'].map((name) => type.kind === 'object' && formatType(type.field(name)!.type));

  expect(texts).toEqual(['int', 'dyn', 'timestamp', 'list(string)', 'map(string, string)', 'string', 'dyn']);
  expect(refusal('self.replicas == "a"', { self: type })).toContain("applied to '(int, string)'");
  expect(evaluated('self.my__dash__name', { self: { 'my-name': 'x' } }, { self: type })).toBe('x');
});

test('a schema may contain itself', () => {
  interface Tree { readonly children?: readonly Tree[] }
  const tree = (): ReturnType<typeof lazy<Tree>> => lazy<Tree>(() => node as never);
  const node = object('api.test.v1.Tree', { children: list(tree()) });

  expect(refusal('self.children[0].children[0].children.size() == 0', { self: typeOfSchema(node.node) })).toBeUndefined();
});

test.each([
  ['namespace', '__namespace__'], ['my-name', 'my__dash__name'], ['a.b/c', 'a__dot__b__slash__c'], ['a__b', 'a__underscores__b'], ['a_b', 'a_b'], ['$ref', undefined], ['1a', undefined],
])('the property %s is said %s', (property, name) => expect(escapeIdentifier(property)).toBe(name));
