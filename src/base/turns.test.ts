import { expect, test } from 'vitest';
import { nextTurn } from './clock.ts';
import { Turns } from './turns.ts';

/** A clock that only work moves. */
function workClock() {
  let now = 0;
  return { monotonic: () => now, work: (millis: number) => void (now += millis) };
}

/** Someone who works in pieces of so many milliseconds, and notes each. */
function worker(clock: ReturnType<typeof workClock>, turns: Turns, { name, pieces, millis, did }: { name: string; pieces: number; millis: number; did: string[] }): Promise<void> {
  return (async () => {
    for (let piece = 0; piece < pieces; piece++) {
      const wait = turns.take();
      if (wait) await wait;
      did.push(name);
      clock.work(millis);
    }
  })();
}

test('one who is alone and quick is never kept waiting', () => {
  const turns = new Turns(workClock());
  expect(Array.from({ length: 100 }, () => turns.take())).toEqual(Array.from({ length: 100 }, () => undefined));
});

test('no turn of the loop is longer than a slice and a piece of work, however many work', async () => {
  const clock = workClock();
  const turns = new Turns(clock);
  const did: string[] = [];
  const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => worker(clock, turns, { name, pieces: 6, millis: 2, did })));
  const lengths: number[] = [];
  for (let before = 0; did.length < 24; before = did.length) {
    await nextTurn();
    lengths.push(did.length - before);
  }
  await all;
  expect(Math.max(...lengths)).toBeLessThanOrEqual(4); // 5 ms and a piece of 2
  expect(did.filter((name) => name === 'a')).toHaveLength(6);
});

test('who waits is let on in order, and who comes later waits behind', async () => {
  const clock = workClock();
  const turns = new Turns(clock);
  turns.take();
  clock.work(10);
  const order: number[] = [];
  const waits = [1, 2, 3].map(async (n) => {
    await turns.take();
    order.push(n);
  });
  await Promise.all(waits);
  expect(order).toEqual([1, 2, 3]);
});

test('those who share a clock share the turns', () => {
  const clock = workClock();
  expect(Turns.of(clock)).toBe(Turns.of(clock));
  expect(Turns.of(workClock())).not.toBe(Turns.of(clock));
});
