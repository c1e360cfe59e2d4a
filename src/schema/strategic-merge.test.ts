import { expect, test } from 'vitest';
import { int32, list, map, object, string } from './field.ts';
import { strategicMerge } from './strategic-merge.ts';

const port = object('api.test.v1.Port', { port: int32(), name: string() });
const item = object('api.test.v1.Item', { name: string(), image: string(), ports: list(port).mapKeys('port').mergeKey('port'), args: list(string()) });
const { node } = object('api.test.v1.Spec', {
  items: list(item).keyedBy('name'),
  finalizers: list(string()).set().mergeKey(''),
  labels: map(string()),
  strategy: object('api.test.v1.Strategy', { type: string(), rolling: object('api.test.v1.Rolling', { surge: int32() }) }).retainKeys(),
  whole: object('api.test.v1.Whole', { a: string(), b: string() }).replaceWhole(),
});
const merge = (original: object, patch: object) => strategicMerge(node, original, patch);
const names = (result: unknown) => (result as { items: { name: string }[] }).items.map(({ name }) => name);

test('items merge by key, in place; new ones come before those the patch does not name', () => {
  expect(merge({ items: [{ name: 'a', image: '1', args: ['x'] }, { name: 'b' }] }, { items: [{ name: 'c' }, { name: 'a', image: '2' }] }))
    .toEqual({ items: [{ name: 'c' }, { name: 'a', image: '2', args: ['x'] }, { name: 'b' }] });
});

test('lists within merged items merge too, and lists without a key are replaced', () => {
  expect(merge({ items: [{ name: 'a', args: ['x'], ports: [{ port: 80, name: 'http' }] }] }, { items: [{ name: 'a', args: ['y'], ports: [{ port: 81 }, { port: 80, name: 'web' }] }] }))
    .toEqual({ items: [{ name: 'a', args: ['y'], ports: [{ port: 81 }, { port: 80, name: 'web' }] }] });
});

test('null removes a field, $patch: delete an item or an object', () => {
  expect(merge({ labels: { a: '1', b: '2' }, items: [{ name: 'a' }, { name: 'b' }] }, { labels: { a: null }, items: [{ name: 'a', $patch: 'delete' }] }))
    .toEqual({ labels: { b: '2' }, items: [{ name: 'b' }] });
  expect(merge({ labels: { a: '1' } }, { labels: { $patch: 'delete' } })).toEqual({});
});

test('$patch: replace replaces an object, or within a list the list', () => {
  expect(merge({ labels: { a: '1' } }, { labels: { b: '2', $patch: 'replace' } })).toEqual({ labels: { b: '2' } });
  expect(merge({ items: [{ name: 'a' }] }, { items: [{ $patch: 'replace' }, { name: 'z' }] })).toEqual({ items: [{ name: 'z' }] });
  expect(merge({ whole: { a: '1' } }, { whole: { b: '2' } })).toEqual({ whole: { b: '2' } });
});

test('$retainKeys clears what it does not name', () => {
  expect(merge({ strategy: { type: 'Rolling', rolling: { surge: 1 } } }, { strategy: { type: 'Recreate', $retainKeys: ['type'] } })).toEqual({ strategy: { type: 'Recreate' } });
  expect(() => merge({}, { strategy: { type: 'x', $retainKeys: [] } })).toThrow('retainKeys');
});

test('scalars are added once, and removed by $deleteFromPrimitiveList', () => {
  expect(merge({ finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] })).toEqual({ finalizers: ['a', 'b', 'c'] });
  expect(merge({ finalizers: ['a'] }, { finalizers: ['c'] })).toEqual({ finalizers: ['c', 'a'] });
  expect(merge({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({ finalizers: ['b'] });
  expect(merge({ finalizers: ['a', 'b'] }, { '$setElementOrder/finalizers': ['b', 'a'] })).toEqual({ finalizers: ['b', 'a'] });
});

test('$setElementOrder orders what its author knows; others stay before the neighbour they stood in front of', () => {
  const original = { items: [{ name: 'sidecar' }, { name: 'a' }, { name: 'b' }, { name: 'other' }] };
  expect(names(merge(original, { '$setElementOrder/items': [{ name: 'b' }, { name: 'new' }, { name: 'a' }], items: [{ name: 'new' }] }))).toEqual(['sidecar', 'b', 'new', 'a', 'other']);
});

test('the arguments are left as they were, and no prototype is reached', () => {
  const original = Object.freeze({ labels: Object.freeze({ a: '1' }) });
  const result = merge(original, JSON.parse('{"labels":{"__proto__":"x"}}') as object) as { labels: object };
  expect(Object.keys(result.labels)).toEqual(['a', '__proto__']);
  expect(original).toEqual({ labels: { a: '1' } });
});

test.each([
  [{ items: [{ image: 'x' }] }, 422, 'map: map[image:x] does not contain declared merge key: name'],
  [{ items: ['x'] }, 422, 'a list of objects holds something else'],
  [{ labels: { $patch: 'explode' } }, 422, 'unknown patch type: explode in map: map[$patch:explode]'],
  [{ '$setElementOrder/items': 'x' }, 400, 'invalid patch format of setElementOrder list'],
  [{ '$deleteFromPrimitiveList/finalizers': 'x' }, 400, 'invalid patch format of primitive list'],
  [{ strategy: { type: 'x', $retainKeys: ['rolling'] } }, 400, 'invalid patch format of retainKeys'],
  [{ '$setElementOrder/items': [{ name: 'a' }], items: [{ name: 'b' }] }, 422, 'The order in patch list:\n[map[name:b]]\n doesn\'t match $setElementOrder list:\n[map[name:a]]\n'],
])('a malformed patch is refused: %j', (patch, code, message) => {
  expect(() => merge({}, patch)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error);
});
