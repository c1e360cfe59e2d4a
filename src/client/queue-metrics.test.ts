import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { expose } from '../base/metrics/exposition.ts';
import { QueueMetrics } from './queue-metrics.ts';
import { WorkQueue } from './work-queue.ts';

test('a queue counts what is added, waits, is in work and is tried again', async () => {
  const clock = new ManualClock();
  const metrics = new QueueMetrics(clock);
  using queue = new WorkQueue(clock, undefined, metrics.of('pods'));
  const told = (name: string) => expose(metrics.families()).split('\n').find((line) => line.startsWith(`workqueue_${name}{`) || line.startsWith(`workqueue_${name} `))?.split(' ').at(-1);

  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect([told('adds_total'), told('depth')]).toEqual(['2', '2']);
  await clock.advance(2000);
  await queue.get();
  await clock.advance(3000);
  await queue.get();
  queue.add('a'); // while in work: it waits from now on
  await clock.advance(1000);
  expect([told('depth'), told('unfinished_work_seconds'), told('longest_running_processor_seconds')]).toEqual(['1', '5', '4']);
  expect([told('queue_duration_seconds_sum'), told('queue_duration_seconds_count')]).toEqual(['7', '2']);
  queue.done('a');
  queue.done('b');
  expect([told('work_duration_seconds_sum'), told('work_duration_seconds_count'), told('depth')]).toEqual(['5', '2', '1']);
  queue.addRateLimited('c');
  expect([told('retries_total'), told('adds_total')]).toEqual(['1', '3']);
  queue[Symbol.dispose]();
  expect(told('depth')).toBe('0');
});

test('a worker that waits leaves nothing in the depth', async () => {
  const clock = new ManualClock();
  const metrics = new QueueMetrics(clock);
  using queue = new WorkQueue(clock, undefined, metrics.of('pods'));
  const got = queue.get();
  queue.add('a');
  await got;
  expect(expose(metrics.families())).toContain('workqueue_depth{name="pods"} 0\n');
});
