import { definePlugin } from '../framework/plugin.ts';
import { pass, rejectForGood } from '../framework/verdict.ts';

const rejection = rejectForGood("node(s) didn't match the requested node name");

/** A pod that names its node goes there or nowhere. */
export const nodeName = definePlugin({
  name: 'NodeName',
  wakeOn: ['node-added'],
  wakes: ({ pod }, { node }) => pod.spec.nodeName === node?.metadata.name,
  preFilter: ({ pod }) => (pod.spec.nodeName ? { type: 'go', state: undefined } : { type: 'skip' }),
  filter: ({ pod }, node) => (pod.spec.nodeName === node.name ? pass : rejection),
});
