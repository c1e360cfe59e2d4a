import { expect, test } from 'vitest';
import { simulate } from './testing/simulation/simulate.ts';

// More seeds, and longer: test/fuzz/controllers.test.ts.
test.each([2, 6, 21])('whatever fails on the way, no promise is broken and all is done in the end (seed %i)', async (seed) => {
  expect((await simulate(seed, 40)).join('\n')).toBe('');
});
