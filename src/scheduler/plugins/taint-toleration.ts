import { untolerated } from '../../rules/tolerations.ts';
import { fewerIsBetter } from '../framework/normalize.ts';
import { definePlugin } from '../framework/plugin.ts';
import { pass, rejectForGood } from '../framework/verdict.ts';

const HARD = ['NoSchedule', 'NoExecute'];
const SOFT = ['PreferNoSchedule'];
const rejection = rejectForGood('node(s) had untolerated taint(s)');

/** Keeps pods off nodes whose taints they do not tolerate; prefers fewer soft taints. */
export const taintToleration = definePlugin({
  name: 'TaintToleration',
  wakeOn: ['node-added', 'node-taints', 'own-tolerations'],
  wakes: (pod, { node }) => untolerated(pod.tolerations, node?.spec.taints, HARD).length === 0,

  filter(pod, { hardTaints }) {
    return hardTaints.length === 0 || untolerated(pod.tolerations, hardTaints, HARD).length === 0 ? pass : rejection;
  },

  preScore: (_, nodes) => (nodes.some(({ softTaints }) => softTaints.length > 0) ? { type: 'go', state: undefined } : { type: 'skip' }),
  score: (pod, { softTaints }) => (softTaints.length === 0 ? 0 : untolerated(pod.tolerations, softTaints, SOFT).length),
  normalize: fewerIsBetter,
});
