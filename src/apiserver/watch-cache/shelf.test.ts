import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { Codec } from '../registry/codec.ts';
import { testKinds } from '../testing/test-kinds.ts';
import { Shelf } from './shelf.ts';
import { Version } from './version.ts';

const codec = new Codec(testKinds.find(({ kind }) => kind === 'ConfigMap')!, (_kind, object) => object as never);
const value = new Uint8Array();
const at = (key: string, revision: number) => new Version(codec, { key, value, revision });
const END = '\uffff';
const all = (versions: Iterable<Version>) => [...versions].map(({ key, revision }) => [key, revision]);

test('agrees with a sorted map through ten thousand random writes, and each snapshot stays as it was', () => {
  const random = seededRandom(1);
  const shelf = new Shelf();
  const model = new Map<string, number>();
  const sorted = () => [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const kept: { readonly snapshot: Iterable<Version>; readonly was: readonly (readonly [string, number])[] }[] = [];
  for (let n = 1; n <= 10_000; n++) {
    const key = Math.floor(random.next() * 3000).toString(36);
    if (random.next() < 0.4) {
      shelf.delete(key);
      model.delete(key);
    } else {
      shelf.set(at(key, n));
      model.set(key, n);
    }
    if (n % 1111 === 0) kept.push({ snapshot: shelf.snapshot('', END), was: sorted() });
  }
  expect(all(shelf.snapshot('', END))).toEqual(sorted());
  expect(all(shelf.snapshot('5', 'a'))).toEqual(sorted().filter(([key]) => key >= '5' && key < 'a'));
  expect(shelf.count('5', 'a')).toBe(sorted().filter(([key]) => key >= '5' && key < 'a').length);
  for (const { snapshot, was } of kept) expect(all(snapshot)).toEqual(was);
});

test('an emptied shelf takes what comes after', () => {
  const shelf = new Shelf();
  shelf.set(at('a', 1));
  const before = shelf.snapshot('', END);
  shelf.delete('a');
  expect(all(shelf.snapshot('', END))).toEqual([]);
  shelf.set(at('b', 2));
  expect(all(shelf.snapshot('', END))).toEqual([['b', 2]]);
  expect(all(before)).toEqual([['a', 1]]);
});
