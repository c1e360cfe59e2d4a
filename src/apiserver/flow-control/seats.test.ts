import { expect, test } from 'vitest';
import { Demand, PERIOD } from './demand.ts';
import { boundsOf, shareOut, type SeatDemand } from './seats.ts';
import type { LevelSettings } from './settings.ts';
import { dealHand, hashOf } from './shuffle.ts';

const level = (name: string, shares: number, more: Partial<LevelSettings> = {}): LevelSettings =>
  ({ name, uid: '', exempt: false, shares, lendablePercent: 0, borrowingLimitPercent: undefined, queuing: undefined, ...more });

test('seats are shared by shares, rounded up; part of them may be lent', () => {
  const bounds = boundsOf([level('a', 30, { lendablePercent: 33 }), level('b', 10, { borrowingLimitPercent: 50 }), level('x', 0, { exempt: true })], 601);

  expect(Object.fromEntries(bounds)).toEqual({
    a: { nominal: 451, min: 302, max: Infinity },
    b: { nominal: 151, min: 151, max: 227 },
    x: { nominal: 0, min: 0, max: Infinity },
  });
});

const demand = (name: string, [nominal, min, max]: readonly [number, number, number], [high, smooth]: readonly [number, number], exempt = false): SeatDemand =>
  ({ name, exempt, bounds: { nominal, min, max }, high, smooth });

test('who wants more than its share borrows what others lend and do not want', () => {
  const limits = shareOut([demand('busy', [50, 25, Infinity], [200, 200]), demand('idle', [50, 10, Infinity], [0, 0])], 100);

  expect(limits.get('busy')! + limits.get('idle')!).toBe(100);
  expect(limits.get('busy')).toBeGreaterThanOrEqual(90);
  expect(limits.get('idle')).toBeGreaterThanOrEqual(5);
});

test('who wants its own share back has it at once', () => {
  const limits = shareOut([demand('busy', [50, 25, Infinity], [200, 200]), demand('back', [50, 10, Infinity], [50, 5])], 100);

  expect(Object.fromEntries(limits)).toEqual({ busy: 50, back: 50 });
});

test('nobody borrows beyond its limit; the exempt take theirs from all', () => {
  const limits = shareOut([demand('busy', [40, 40, 60], [200, 200]), demand('idle', [40, 0, Infinity], [0, 1]), demand('x', [20, 0, Infinity], [20, 20], true)], 100);

  expect(limits.get('busy')).toBe(60);
  expect(limits.get('x')).toBe(20);
  expect(limits.get('idle')).toBe(20);
});

test('demand rises at once and falls slowly, pauses included', () => {
  const demand = new Demand(0);
  demand.add(10, 0);
  demand.add(-10, PERIOD);
  const first = demand.endPeriod(PERIOD);
  const second = demand.endPeriod(2 * PERIOD);
  const later = demand.endPeriod(102 * PERIOD);

  expect(first).toEqual({ high: 10, smooth: 10 });
  expect(second.smooth).toBeCloseTo(9.77, 5);
  expect(later.smooth).toBeCloseTo(9.77 * 0.977 ** 100, 5);
});

test('a flow is always dealt the same hand of different queues, and most flows another', () => {
  const shape = { queues: 128, handSize: 6 };
  const hands = Array.from({ length: 200 }, (_, n) => dealHand(hashOf('schema', `user-${n}`), shape));

  expect(hands.every((hand) => new Set(hand).size === 6 && hand.every((queue) => queue >= 0 && queue < 128))).toBe(true);
  expect(dealHand(hashOf('schema', 'user-7'), shape)).toEqual(hands[7]);
  expect(new Set(hands.map((hand) => hand.toSorted().join())).size).toBe(200);
  expect(new Set(hands.flat()).size).toBe(128);
});
