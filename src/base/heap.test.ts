import { expect, test } from 'vitest';
import { Heap } from './heap.ts';
import { seededRandom } from './random.ts';

interface Job {
  readonly name: string;
  readonly at: number;
}
const jobs = () => new Heap<Job>({ key: (job) => job.name, before: (a, b) => a.at < b.at });

test('a heap gives its entries back in order, whatever was changed or removed in between', () => {
  const random = seededRandom(7);
  const heap = jobs();
  const expected = new Map<string, number>();
  for (let step = 0; step < 2000; step++) {
    const name = `job-${Math.floor(random.next() * 300)}`;
    if (random.next() < 0.25) {
      heap.delete(name);
      expected.delete(name);
    } else {
      const at = Math.floor(random.next() * 1e9);
      heap.set({ name, at });
      expected.set(name, at);
    }
  }

  const order: number[] = [];
  for (let job = heap.pop(); job; job = heap.pop()) order.push(job.at);

  expect(order).toEqual([...expected.values()].sort((a, b) => a - b));
  expect(heap.size).toBe(0);
});

test('an entry is found by its key', () => {
  const heap = jobs();
  heap.set({ name: 'a', at: 2 });
  heap.set({ name: 'b', at: 1 });

  expect(heap.get('a')).toEqual({ name: 'a', at: 2 });
  expect(heap.peek()?.name).toBe('b');
  expect(heap.delete('b')?.name).toBe('b');
  expect(heap.has('b')).toBe(false);
  expect(heap.peek()?.name).toBe('a');
});
