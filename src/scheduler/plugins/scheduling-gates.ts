import { definePlugin } from '../framework/plugin.ts';
import { pass, rejectForGood } from '../framework/verdict.ts';

/** Keeps a pod out of the queue until whoever gated it lets it go (KEP-3521). */
export const schedulingGates = definePlugin({
  name: 'SchedulingGates',
  wakeOn: ['own-gates'],

  preEnqueue({ pod: { spec } }) {
    const gates = spec.schedulingGates?.map(({ name }) => name) ?? [];
    return gates.length === 0 ? pass : rejectForGood(`waiting for scheduling gates: [${gates.join(' ')}]`);
  },
});
