import { expect, test } from 'vitest';
import { Alarm } from './alarm.ts';
import { ManualClock } from './clock.ts';

function ringing() {
  const clock = new ManualClock();
  const began = clock.now();
  const rang: number[] = [];
  return { clock, rang, alarm: new Alarm(clock, () => rang.push(clock.now() - began)) };
}

test('it rings once, at the earliest time asked for', async () => {
  const { clock, rang, alarm } = ringing();
  alarm.within(500);
  alarm.within(100);
  alarm.within(300);
  await clock.advance(1000);
  expect(rang).toEqual([100]);
  alarm.within(50);
  await clock.advance(1000);
  expect(rang).toEqual([100, 1050]);
});

test('a time that has passed is now', async () => {
  const { clock, rang, alarm } = ringing();
  alarm.within(-5);
  await clock.advance(1);
  expect(rang).toHaveLength(1);
});

test('it rings no more once disposed', async () => {
  const { clock, rang, alarm } = ringing();
  alarm.within(10);
  alarm[Symbol.dispose]();
  alarm.within(10);
  await clock.advance(100);
  expect(rang).toEqual([]);
});
