import { expect, test } from 'vitest';
import { following, onAbort, orAborted } from './abort.ts';

test('all who wait for a signal are told once, those who left are not', () => {
  const controller = new AbortController();
  const told: string[] = [];
  onAbort(controller.signal, () => told.push('a'));
  onAbort(controller.signal, () => told.push('b'))[Symbol.dispose]();
  controller.abort();
  expect(told).toEqual(['a']);
  onAbort(controller.signal, () => told.push('late'));
  expect(told).toEqual(['a', 'late']);
});

test('a following signal aborts with its parent until it is let go', () => {
  const parent = new AbortController();
  const [kept, left] = [following(parent.signal), following(parent.signal)];
  left[Symbol.dispose]();
  parent.abort(new Error('enough'));
  expect([kept.signal.aborted, left.signal.aborted]).toEqual([true, false]);
  expect(kept.signal.reason).toMatchObject({ message: 'enough' });
});

test('a promise is given up when its signal aborts', async () => {
  const controller = new AbortController();
  const waiting = orAborted(new Promise(() => {}), controller.signal);
  controller.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  await expect(orAborted(Promise.resolve(1), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  expect(await orAborted(Promise.resolve(1), new AbortController().signal)).toBe(1);
});
