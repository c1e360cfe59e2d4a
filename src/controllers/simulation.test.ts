import { expect, test } from 'vitest';
import { simulate } from './testing/simulation/simulate.ts';

/** A second or two each, but for a machine that has other things to do. */
const PATIENCE = 180_000;

// More seeds, and longer: test/fuzz/controllers.test.ts.
test.each([2, 6, 21])('whatever fails on the way, no promise is broken and all is done in the end (seed %i)', async (seed) => {
  expect((await simulate(seed, 25)).join('\n')).toBe('');
}, PATIENCE);
