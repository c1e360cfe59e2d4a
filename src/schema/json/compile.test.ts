import { expect, test } from 'vitest';
import { canonicalize, decode } from '../decode.ts';
import { compileStructural } from './compile.ts';

const schema = {
  type: 'object',
  properties: {
    kept: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { inner: { type: 'object', properties: { a: { type: 'string' } } } } },
    map: { type: 'object', additionalProperties: { type: 'object', properties: { n: { type: 'integer', default: 1 } } } },
    list: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer', default: 2 } } } },
    nullable: { type: 'string', nullable: true, default: 'x' },
    plain: { type: 'string', default: 'y' },
    embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const node = compileStructural(schema);

test('what is undeclared goes, unless it is to be preserved; empty values stay', () => {
  const { value, problems } = canonicalize(node, { stray: 1, kept: { any: [1], inner: { a: '', b: 1 } }, map: { x: { n: 0, m: 1 } }, list: [] });
  expect(value).toEqual({ kept: { any: [1], inner: { a: '' } }, map: { x: { n: 0 } }, list: [] });
  expect(problems).toEqual(['unknown field "stray"', 'unknown field "kept.inner.b"', 'unknown field "map.x.m"']);
});

test('defaults come where nothing is, or a null that may not be', () => {
  expect(decode(node, { map: { x: {}, y: null }, list: [{}], nullable: null, plain: null }).value).toEqual({ map: { x: { n: 1 } }, list: [{ n: 2 }], nullable: null, plain: 'y' });
});

test('types are not looked at here', () => {
  expect(decode(node, { map: 'x', list: { n: 1 }, plain: 3, nullable: 'x' }).value).toEqual({ map: 'x', list: { n: 1 }, plain: 3, nullable: 'x' });
});

test('an embedded object keeps what every object has', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', labels: {}, nonsense: 1 }, spec: { x: 1 } };
  expect(decode(node, { embedded: pod, plain: 'y', nullable: 'x' }).value).toEqual({ embedded: { ...pod, metadata: { name: 'a' } }, plain: 'y', nullable: 'x' });
});
