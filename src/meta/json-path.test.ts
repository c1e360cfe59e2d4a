import { expect, test } from 'vitest';
import { findAll, parseJsonPath } from './json-path.ts';

const object = {
  spec: { replicas: 3, list: ['a', 'b', 'c'], 'a.b': 1 },
  metadata: { annotations: { 'example.com/x': 'y' } },
  status: { conditions: [{ type: 'Ready', status: 'True', at: 4 }, { type: 'Late', status: 'False', at: 9 }] },
};
const find = (path: string) => findAll(parseJsonPath(path), object);

test.each([
  ['.spec.replicas', [3]],
  ['{.spec.replicas}', [3]],
  ['.spec.none.deeper', []],
  ['.metadata.annotations[\'example.com/x\']', ['y']],
  ['.metadata.annotations.example\\.com/x', ['y']],
  ['.spec.list[0]', ['a']],
  ['.spec.list[-1]', ['c']],
  ['.spec.list[9]', []],
  ['.spec.list[1:]', ['b', 'c']],
  ['.spec.list[*]', ['a', 'b', 'c']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  ['.status.conditions[?(@.type==\'Late\')].status', ['False']],
  ['.status.conditions[?(@.at > 5)].type', ['Late']],
  ['.status.conditions[?(@.type!="Ready")].type', ['Late']],
  ['.status.conditions[?(@.gone)].type', []],
  ['..status.conditions[*].at', [4, 9]],
])('%s finds %j', (path, expected) => {
  expect(find(path)).toEqual(expected);
});

test.each(['.a[', '.a[?(@.b==]', 'a b', '.a[]'])('%s is no path', (path) => {
  expect(() => parseJsonPath(path)).toThrow();
});
