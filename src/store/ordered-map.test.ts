import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { OrderedMap } from './ordered-map.ts';

test('agrees with a sorted array through ten thousand random writes', () => {
  const random = seededRandom(1);
  const map = new OrderedMap<number>();
  const model = new Map<string, number>();
  for (let n = 0; n < 10_000; n++) {
    const key = Math.floor(random.next() * 3000).toString(36);
    if (random.next() < 0.4) expect(map.delete(key)).toBe(model.delete(key));
    else {
      map.set(key, n);
      model.set(key, n);
    }
  }
  const sorted = [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));
  expect([...map.walk('', '')]).toEqual(sorted.map(([, value]) => value));
  expect([...map.walk('5', 'a')]).toEqual(sorted.filter(([key]) => key >= '5' && key < 'a').map(([, value]) => value));
  expect(map.size).toBe(model.size);
});

test('an empty map walks nowhere', () => {
  expect([...new OrderedMap<number>().walk('', '')]).toEqual([]);
});
