import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { type Flow, QueueSet, type Ticket } from './queue-set.ts';
import { ONE_SEAT, type Work } from './work.ts';

const QUEUING = { queues: 8, handSize: 1, queueLengthLimit: 50 };
const flow = (name: string, queue: number): Flow => ({ schema: 's', distinguisher: name, hand: [queue] });
const ELEPHANT = flow('elephant', 1);
const MOUSE = flow('mouse', 2);
const wide = (seats: number): Work => ({ seats, finalSeats: 0, finalMillis: 0 });

/** Runs each request for `millis` once it is let in, and writes down the order they were let in. */
function office(clock: ManualClock, set: QueueSet, millis: number) {
  const order: string[] = [];
  const run = (ticket: Ticket) => {
    order.push(ticket.flow.distinguisher);
    clock.after(millis, () => set.finish(ticket));
  };
  const ask = (from: Flow, work = ONE_SEAT): Ticket | undefined => {
    const ticket = set.admit(from, work, undefined);
    if (ticket?.started !== undefined) run(ticket);
    else if (ticket) ticket.onTurn = (may) => void (may && run(ticket));
    return ticket;
  };
  return { order, ask };
}

test('a mouse that comes after an elephant is served in its turn, not at the elephant\'s end', async () => {
  const clock = new ManualClock();
  const set = new QueueSet(clock, { queuing: QUEUING, limit: 2 });
  const { order, ask } = office(clock, set, 10);
  for (let n = 0; n < 40; n++) ask(ELEPHANT);
  await clock.advance(1);
  for (let n = 0; n < 4; n++) ask(MOUSE);

  await clock.advance(1000);

  const last = order.lastIndexOf('mouse');
  expect(order.filter((one) => one === 'mouse')).toHaveLength(4);
  expect(last).toBeLessThan(14);
  expect(order).toHaveLength(44);
});

test('two flows that always want more get the same seats, whatever one of their requests takes', async () => {
  const clock = new ManualClock();
  const set = new QueueSet(clock, { queuing: QUEUING, limit: 4 });
  const { order, ask } = office(clock, set, 10);
  for (let n = 0; n < 40; n++) ask(ELEPHANT, wide(2));
  for (let n = 0; n < 40; n++) ask(MOUSE);

  await clock.advance(150);

  const seats = { elephant: order.filter((one) => one === 'elephant').length * 2, mouse: order.filter((one) => one === 'mouse').length };
  expect(Math.abs(seats.elephant - seats.mouse)).toBeLessThan(8);
});

test('what is wider than the level runs alone', async () => {
  const clock = new ManualClock();
  const set = new QueueSet(clock, { queuing: QUEUING, limit: 2 });
  const { order, ask } = office(clock, set, 10);
  ask(MOUSE);
  ask(ELEPHANT, wide(5));
  const before = [...order];
  await clock.advance(10);

  expect(before).toEqual(['mouse']);
  expect(order).toEqual(['mouse', 'elephant']);
  expect(set.seatsInUse).toBe(5);
});

test('a queue holds so many and no more; without queues nothing waits', () => {
  const clock = new ManualClock();
  const queued = new QueueSet(clock, { queuing: { ...QUEUING, queueLengthLimit: 2 }, limit: 1 });
  const refusing = new QueueSet(clock, { queuing: undefined, limit: 1 });
  const admitted = (set: QueueSet) => [0, 1, 2, 3].map(() => set.admit(ELEPHANT, ONE_SEAT, undefined) !== undefined);

  expect(admitted(queued)).toEqual([true, true, true, false]);
  expect(admitted(refusing)).toEqual([true, false, false, false]);
});

test('who leaves the queue makes room, and is told', () => {
  const set = new QueueSet(new ManualClock(), { queuing: { ...QUEUING, queueLengthLimit: 1 }, limit: 1 });
  set.admit(ELEPHANT, ONE_SEAT, undefined);
  const waiting = set.admit(ELEPHANT, ONE_SEAT, undefined)!;
  let told: boolean | undefined;
  waiting.onTurn = (may) => (told = may);

  expect(set.leave(waiting)).toBe(true);
  expect([told, set.waiting, set.seatsWaiting]).toEqual([false, 0, 0]);
  expect(set.admit(ELEPHANT, ONE_SEAT, undefined)).toBeDefined();
});

test('a write with many watchers holds its final seats after its answer', async () => {
  const clock = new ManualClock();
  const set = new QueueSet(clock, { queuing: QUEUING, limit: 4 });
  set.finish(set.admit(ELEPHANT, { seats: 1, finalSeats: 3, finalMillis: 20 }, undefined)!);
  const held = set.seatsInUse;
  await clock.advance(20);

  expect([held, set.seatsInUse, set.running]).toEqual([3, 0, 0]);
});

test('a higher limit lets more in at once; fewer queues leave those that wait where they are', () => {
  const clock = new ManualClock();
  const set = new QueueSet(clock, { queuing: QUEUING, limit: 1 });
  const { order, ask } = office(clock, set, 10);
  for (const from of [MOUSE, MOUSE, flow('far', 7)]) ask(from);

  set.configure({ queuing: { ...QUEUING, queues: 4 }, limit: 3 });

  expect(order).toEqual(['mouse', 'far', 'mouse']);
});
