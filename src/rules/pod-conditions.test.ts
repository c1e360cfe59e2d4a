import { expect, test } from 'vitest';
import { availableIn, type ConditionLike, isActive, isAvailable, isReady, setCondition } from './pod-conditions.ts';

const T0 = '2026-01-01T00:00:00Z';
const T1 = '2026-01-01T00:00:30Z';
const pod = (status: string, more: object = {}) => ({
  metadata: {}, status: { phase: 'Running', conditions: [{ type: 'Ready', status, lastTransitionTime: T0 }], ...more },
});

test('a condition keeps its transition time until its status changes', () => {
  const first = setCondition<ConditionLike>(undefined, { type: 'Ready', status: 'True', lastTransitionTime: T0 });
  const same = setCondition(first, { type: 'Ready', status: 'True', reason: 'Because', lastTransitionTime: T1 });
  const turned = setCondition(same, { type: 'Ready', status: 'False', lastTransitionTime: T1 });
  expect(same).toEqual([{ type: 'Ready', status: 'True', reason: 'Because', lastTransitionTime: T0 }]);
  expect(turned).toEqual([{ type: 'Ready', status: 'False', lastTransitionTime: T1 }]);
});

test('setting what is there already returns the same array', () => {
  const before: readonly ConditionLike[] = [{ type: 'Ready', status: 'True', lastTransitionTime: T0 }];
  expect(setCondition(before, { type: 'Ready', status: 'True', lastTransitionTime: T1 })).toBe(before);
});

test('a pod is available when it has been ready for long enough', () => {
  const now = Date.parse(T1);
  expect(isReady(pod('True'))).toBe(true);
  expect(isAvailable(pod('True'), 0, now)).toBe(true);
  expect(availableIn(pod('True'), 40_000, now)).toBe(10_000);
  expect(isAvailable(pod('True'), 30_000, now)).toBe(true);
  expect(availableIn(pod('False'), 0, now)).toBeUndefined();
});

test('ended and deleted pods are not active', () => {
  expect(isActive(pod('True'))).toBe(true);
  expect(isActive(pod('True', { phase: 'Failed' }))).toBe(false);
  expect(isActive({ ...pod('True'), metadata: { deletionTimestamp: T0 } })).toBe(false);
});
