import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { defineProfile } from '../framework/profile.ts';
import { podInfo, testPlugins } from '../testing/cluster.ts';
import { SchedulingQueue, type Failure } from './scheduling-queue.ts';

function makeQueue() {
  const clock = new ManualClock();
  const profile = defineProfile('default-scheduler', testPlugins);
  const queue = new SchedulingQueue({ clock, profileOf: () => profile, less: profile.less, onReady: () => {} });
  const names = () => {
    const found: string[] = [];
    for (let next = queue.pop(); next; next = queue.pop()) found.push(next.info.pod.metadata.name);
    return found;
  };
  return { clock, queue, names };
}
const rejectedBy = (...plugins: string[]): Failure => ({ type: 'rejected', plugins: new Set(plugins) });

test('higher priority goes first, then who came first', async () => {
  const { clock, queue, names } = makeQueue();
  queue.add(podInfo('early'));
  await clock.advance(10);
  queue.add(podInfo('late'));
  queue.add(podInfo('urgent', { spec: { priority: 100 } }));

  expect(names()).toEqual(['urgent', 'early', 'late']);
});

test('a rejected pod sleeps until something happens that its plugins wake on', () => {
  const { queue, names } = makeQueue();
  queue.add(podInfo('web'));
  queue.returned(queue.pop()!, rejectedBy('NodeResourcesFit'));

  queue.wake({ reason: 'node-labels' });
  expect(names()).toEqual([]);

  queue.wake({ reason: 'node-allocatable' });
  expect(names()).toEqual(['web']);
});

test('a woken pod backs off behind active ones, but not beside an idle scheduler', async () => {
  const { clock, queue, names } = makeQueue();
  queue.add(podInfo('web'));
  queue.returned(queue.pop()!, rejectedBy('NodeResourcesFit'));
  queue.wake({ reason: 'node-added' });
  expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });

  queue.add(podInfo('other', { spec: { priority: -1 } }));
  expect(names()).toEqual(['other', 'web']);
  await clock.advance(1_000);
});

test('after an error the back-off doubles from one second to ten and no event shortens it', async () => {
  const { clock, queue } = makeQueue();
  queue.add(podInfo('web'));
  const waits: number[] = [];
  let queued = queue.pop()!;
  for (let attempt = 0; attempt < 6; attempt++) {
    queue.returned(queued, { type: 'error' });
    queue.wake({ reason: 'node-added' });
    const since = clock.now();
    let next = queue.pop();
    while (!next) {
      await clock.advance(500);
      next = queue.pop();
    }
    waits.push(clock.now() - since);
    queued = next;
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('nobody sleeps longer than five minutes', async () => {
  const { clock, queue, names } = makeQueue();
  queue.add(podInfo('web'));
  queue.returned(queue.pop()!, rejectedBy('NodeAffinity'));

  await clock.advance(299_000);
  expect(names()).toEqual([]);
  await clock.advance(1_000);
  expect(names()).toEqual(['web']);
});

test('a gated pod stays out until its gates are gone', () => {
  const { queue, names } = makeQueue();
  queue.add(podInfo('web', { spec: { schedulingGates: [{ name: 'quota' }] } }));
  queue.wake({ reason: 'node-added' });
  expect(names()).toEqual([]);

  queue.update(podInfo('web'), ['own-gates']);
  expect(names()).toEqual(['web']);
});

test('a deleted pod is forgotten wherever it waits', () => {
  const { queue, names } = makeQueue();
  for (const name of ['active', 'asleep', 'failed']) queue.add(podInfo(name));
  const popped = [queue.pop()!, queue.pop()!, queue.pop()!];
  queue.returned(popped.find(({ info }) => info.pod.metadata.name === 'asleep')!, rejectedBy('NodeName'));
  queue.returned(popped.find(({ info }) => info.pod.metadata.name === 'failed')!, { type: 'error' });
  queue.add(podInfo('active'));

  for (const name of ['active', 'asleep', 'failed']) queue.delete(podInfo(name).uid);

  expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
  expect(names()).toEqual([]);
});
