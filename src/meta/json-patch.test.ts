import { expect, test } from 'vitest';
import { isApiError } from './api-error.ts';
import { applyJsonPatch, MAX_OPERATIONS } from './json-patch.ts';

const doc = { a: { b: 1, 'x/y': 2, 'm~n': 3 }, list: ['p', 'q'], n: null };

test.each([
  ['add a field', [{ op: 'add', path: '/a/c', value: 9 }], { ...doc, a: { ...doc.a, c: 9 } }],
  ['add over a field', [{ op: 'add', path: '/a', value: 9 }], { ...doc, a: 9 }],
  ['add null', [{ op: 'add', path: '/z', value: null }], { ...doc, z: null }],
  ['insert', [{ op: 'add', path: '/list/1', value: 'x' }], { ...doc, list: ['p', 'x', 'q'] }],
  ['append', [{ op: 'add', path: '/list/-', value: 'x' }], { ...doc, list: ['p', 'q', 'x'] }],
  ['append by position', [{ op: 'add', path: '/list/2', value: 'x' }], { ...doc, list: ['p', 'q', 'x'] }],
  ['remove', [{ op: 'remove', path: '/a/b' }], { ...doc, a: { 'x/y': 2, 'm~n': 3 } }],
  ['remove an item', [{ op: 'remove', path: '/list/0' }], { ...doc, list: ['q'] }],
  ['remove from the end', [{ op: 'remove', path: '/list/-1' }], { ...doc, list: ['p'] }],
  ['unescape', [{ op: 'replace', path: '/a/x~1y', value: 7 }, { op: 'remove', path: '/a/m~0n' }], { ...doc, a: { b: 1, 'x/y': 7 } }],
  ['move', [{ op: 'move', from: '/a/b', path: '/list/0' }], { a: { 'x/y': 2, 'm~n': 3 }, list: [1, 'p', 'q'], n: null }],
  ['copy', [{ op: 'copy', from: '/list', path: '/a/b' }], { ...doc, a: { ...doc.a, b: ['p', 'q'] } }],
  ['test', [{ op: 'test', path: '/a/b', value: 1 }, { op: 'test', path: '/absent', value: null }, { op: 'test', path: '/n' }], doc],
  ['replace all', [{ op: 'replace', path: '', value: { b: 1 } }], { b: 1 }],
  ['replace what is not there', [{ op: 'replace', path: '/z', value: 1 }], { ...doc, z: 1 }],
  ['copy what is not there', [{ op: 'copy', from: '/absent', path: '/z' }], { ...doc, z: null }],
  ['add nothing', [{ op: 'add', path: '/z' }], { ...doc, z: null }],
  ['forget what stands before the slash', [{ op: 'remove', path: 'x/n' }], { a: doc.a, list: doc.list }],
  ['count from the end', [{ op: 'add', path: '/list/-2', value: 'x' }, { op: 'replace', path: '/list/+0', value: 'y' }], { ...doc, list: ['y', 'x', 'q'] }],
] as const)('%s', (_, patch, expected) => {
  const before = structuredClone(doc);
  expect(applyJsonPatch(doc, patch)).toEqual(expected);
  expect(doc).toEqual(before);
});

test.each([
  [{ op: 'test', path: '/a/b', value: 2 }],
  [{ op: 'remove', path: '/absent' }],
  [{ op: 'remove', path: '' }],
  [{ op: 'replace', path: '/absent/x', value: 1 }],
  [{ op: 'replace', path: '', value: 1 }],
  [{ op: 'add', path: '', value: {} }],
  [{ op: 'add', path: 'a', value: 1 }],
  [{ op: 'grow', path: '/a' }],
  [{ op: 'add' }],
  [{ op: 'test', path: '/absent/x', value: null }],
  [{ op: 'add', path: '/absent/x', value: 1 }],
  [{ op: 'add', path: '/list/3', value: 1 }],
  [{ op: 'add', path: '/list/1x', value: 1 }],
  [{ op: 'add', path: '/a/b/c', value: 1 }],
  [{ op: 'copy', from: '/absent/y', path: '/x' }],
  [{ op: 'copy', from: '', path: '/x' }],
  [{ op: 'move', path: '/a' }],
  [{ op: 'move', from: '/a', path: '/a/b' }],
  [{ op: 'remove', path: '/list/-' }],
  [{ op: 'remove', path: '/a/constructor' }],
  [{ op: 'copy', from: '/__proto__/x', path: '/x' }],
])('%j does not apply', (operation) => {
  const attempt = () => applyJsonPatch(doc, [operation]);
  expect(attempt).toThrow('the server rejected our request due to an error in our request');
  try {
    attempt();
  } catch (error) {
    expect(isApiError(error, 'Invalid') && error.code).toBe(422);
  }
});

test.each([[{}], ['x'], [[1]], [[[]]], [null]])(
  '%j is no patch', (patch) => {
    expect(() => applyJsonPatch(doc, patch)).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
  });

test('a patch may not be endless', () => {
  const patch = Array.from({ length: MAX_OPERATIONS + 1 }, () => ({ op: 'test', path: '/n' }));
  expect(() => applyJsonPatch(doc, patch)).toThrow('The allowed maximum operations in a JSON patch is 10000, got 10001');
});

test('no patch reaches the prototype', () => {
  const result = applyJsonPatch({}, JSON.parse('[{"op":"add","path":"/__proto__","value":{"polluted":true}}]')) as object;
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  expect(Object.keys(result)).toEqual(['__proto__']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(() => applyJsonPatch({}, [{ op: 'add', path: '/__proto__/polluted', value: 1 }])).toThrow();
  expect(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }])).toThrow();
});

test('copies may not double the document for ever', () => {
  const patch = Array.from({ length: 100 }, (_, round) => ({ op: 'copy', from: '/a', path: `/a/x${round}` }));
  expect(() => applyJsonPatch({ a: { a: 'b' } }, patch)).toThrow(expect.objectContaining({ reason: 'Invalid' }));
});
