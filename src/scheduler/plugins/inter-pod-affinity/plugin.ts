import { definePlugin } from '../../framework/plugin.ts';
import { checkTerms, countTerms, type Constraints } from './constraints.ts';
import { normalize, preferences } from './preferences.ts';
import type { TopologyCounts } from '../../snapshot/topology.ts';
import { affinityWakes } from './wakes.ts';

/** Pods that want to be near others, or away from them, in zones, racks or nodes as their topology keys say. */
export const interPodAffinity = definePlugin<Constraints, TopologyCounts>({
  name: 'InterPodAffinity',
  wakeOn: ['pod-assigned', 'pod-labels', 'pod-removed', 'node-added', 'node-labels', 'namespace-labels', 'own-labels'],
  wakes: affinityWakes,

  preFilter(pod, snapshot) {
    const state = countTerms(pod, snapshot);
    return state ? { type: 'go', state } : { type: 'skip' };
  },

  filter: (pod, node, state) => checkTerms(pod, node, state),
  adjust: (state, { other, node, by }) => state.count(other, node, by),

  preScore(pod, _, snapshot) {
    const state = preferences(pod, snapshot);
    return state.empty ? { type: 'skip' } : { type: 'go', state };
  },

  score: (_, node, state) => state.sum(node.slot),
  normalize,
});
