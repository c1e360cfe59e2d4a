import { definePlugin } from '../framework/plugin.ts';

/** Higher priority first, then who has waited longest. */
export const prioritySort = definePlugin({
  name: 'PrioritySort',
  less: (a, b) => (a.info.priority === b.info.priority ? a.since < b.since : a.info.priority > b.info.priority),
});
