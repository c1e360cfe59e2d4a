import { definePlugin } from '../../framework/plugin.ts';
import { pass, reject, rejectForGood } from '../../framework/verdict.ts';
import { constraintsOf, defaultConstraints, type Constraint, type SelectorOf } from './constraints.ts';
import { countHard, type HardState } from './hard.ts';
import { countSoft, normalizeSoft, scoreSoft, type SoftState } from './soft.ts';

const SKEWED = reject("node(s) didn't match pod topology spread constraints");
const UNLABELLED = rejectForGood("node(s) didn't match pod topology spread constraints (missing required label)");

/** Spreads pods evenly over zones, racks or nodes. @param selectorOf which pods belong with one that says nothing itself */
export const podTopologySpread = (selectorOf: SelectorOf) => definePlugin<HardState, SoftState>({
  name: 'PodTopologySpread',
  wakeOn: ['pod-assigned', 'pod-labels', 'pod-removed', 'node-added', 'node-labels', 'node-taints', 'own-labels'],

  preFilter(pod, snapshot) {
    const constraints = constraintsOf(pod, 'DoNotSchedule');
    return constraints.length === 0 ? { type: 'skip' } : { type: 'go', state: countHard(pod, constraints, snapshot) };
  },

  filter(_, node, { constraints }) {
    for (const one of constraints) {
      const value = node.labels[one.constraint.topologyKey];
      if (value === undefined) return UNLABELLED;
      if (one.skewAt(value) > one.constraint.maxSkew) return SKEWED;
    }
    return pass;
  },

  adjust: (state, { other, node, by }) => state.count(other, node, by),

  preScore(pod, nodes, snapshot) {
    const own = constraintsOf(pod, 'ScheduleAnyway');
    const constraints: readonly Constraint[] = pod.pod.spec.topologySpreadConstraints?.length ? own : defaultConstraints(pod, selectorOf);
    const requireAll = pod.pod.spec.topologySpreadConstraints !== undefined && own.length > 0;
    return constraints.length === 0 ? { type: 'skip' } : { type: 'go', state: countSoft(pod, constraints, { nodes, snapshot, requireAll }) };
  },

  score: (_, node, state) => scoreSoft(node, state),
  normalize: normalizeSoft,
});
