import { expect, test } from 'vitest';
import { nextTurn } from '../../../base/clock.ts';
import { Turns } from '../../../base/turns.ts';
import { compileExpression } from '../../../cel/compile.ts';
import { evaluateConditions } from './conditions.ts';

test('between two expressions that take their time others have their turn', async () => {
  let now = 0;
  const slow = { monotonic: () => (now += 100) };
  const conditions = Array.from({ length: 6 }, (_, index) => ({ name: `c${index}`, compiled: compileExpression('true', { variables: {} }) }));
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    for (; !isDone; turns++) await nextTurn();
  })();

  expect(await evaluateConditions(conditions, {}, new Turns(slow))).toEqual({ ok: true, matches: true });

  isDone = true;
  await others;
  expect(turns).toBeGreaterThan(4);
});
