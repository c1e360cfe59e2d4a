/** Every controller under faults, for many seeds. `SIMULATION_SEEDS=100-140 npm run fuzz` runs longer, and elsewhere. */
import { expect, test } from 'vitest';
import { simulate } from '../../src/controllers/testing/simulation/simulate.ts';

const [FIRST = 1, LAST = 12] = (process.env['SIMULATION_SEEDS'] ?? '11-22').split('-').map(Number);

test.each(Array.from({ length: LAST - FIRST + 1 }, (_, n) => FIRST + n))('no promise is broken and all is done in the end (seed %i)', async (seed) => {
  expect((await simulate(seed, 60)).join('\n')).toBe('');
}, 300_000);
