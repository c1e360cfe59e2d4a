import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { TokenBucket } from './rate-limiter.ts';
import { WorkQueue } from './work-queue.ts';

test('a key is queued once, and comes up again when added while in work', async () => {
  using queue = new WorkQueue(new ManualClock());
  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect(queue.length).toBe(2);
  expect(await queue.get()).toBe('a');
  queue.add('a');
  queue.add('a');
  expect(await queue.get()).toBe('b');
  expect(queue.length).toBe(0);
  queue.done('a');
  expect(await queue.get()).toBe('a');
  queue.done('a');
  queue.done('b');
  expect(queue.idle).toBe(true);
});

test('a waiting worker is handed the next key', async () => {
  using queue = new WorkQueue(new ManualClock());
  const got = queue.get();
  queue.add('a');
  expect(await got).toBe('a');
});

test('of several delays for a key the earliest counts', async () => {
  const clock = new ManualClock();
  using queue = new WorkQueue(clock);
  queue.addAfter('a', 5000);
  queue.addAfter('a', 1000);
  queue.addAfter('a', 9000);
  await clock.advance(999);
  expect(queue.length).toBe(0);
  await clock.advance(1);
  expect(await queue.get()).toBe('a');
  queue.done('a');
  await clock.advance(10_000);
  expect(queue.length).toBe(0);
});

test('failures double the wait until forgotten', async () => {
  const clock = new ManualClock();
  using queue = new WorkQueue(clock);
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    queue.addRateLimited('a');
    waits.push(clock.nextAlarm! - clock.now());
    await clock.advance(waits.at(-1)!);
    queue.done((await queue.get())!);
  }
  expect(waits).toEqual([5, 10, 20, 40]);
  queue.forget('a');
  expect(queue.failures('a')).toBe(0);
  queue.addRateLimited('a');
  expect(clock.nextAlarm! - clock.now()).toBe(5);
});

test('closing ends the workers', async () => {
  const queue = new WorkQueue(new ManualClock());
  const got = queue.get();
  queue[Symbol.dispose]();
  expect(await got).toBeUndefined();
  queue.add('a');
  expect(await queue.get()).toBeUndefined();
});

test('a token bucket gives its burst at once, then its rate', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, { perSecond: 10, burst: 2 });
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100, 200]);
  await clock.advance(300);
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
});
