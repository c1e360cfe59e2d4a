import type { ClusterEvent } from '../../framework/events.ts';
import { definePlugin } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { pass, reject, rejectForGood } from '../../framework/verdict.ts';
import { constraintsOf, defaultConstraints, type Constraint, type SelectorOf } from './constraints.ts';
import { countHard, type HardState } from './hard.ts';
import { countSoft, normalizeSoft, scoreSoft, type SoftState } from './soft.ts';

const SKEWED = reject("node(s) didn't match pod topology spread constraints");
const UNLABELLED = rejectForGood("node(s) didn't match pod topology spread constraints (missing required label)");

/** Spreads pods evenly over zones, racks or nodes. @param selectorOf which pods belong with one that says nothing itself */
export const podTopologySpread = (selectorOf: SelectorOf) => definePlugin<HardState, SoftState>({
  name: 'PodTopologySpread',
  wakeOn: ['pod-assigned', 'pod-labels', 'pod-removed', 'node-added', 'node-labels', 'node-taints', 'node-removed', 'own-labels'],
  wakes: spreadWakes,

  preFilter(pod, snapshot) {
    const constraints = constraintsOf(pod, 'DoNotSchedule');
    return constraints.length === 0 ? { type: 'skip' } : { type: 'go', state: countHard(pod, constraints, snapshot) };
  },

  filter(_, { slot }, { counts }) {
    for (const one of counts) {
      if (!one.has(slot)) return UNLABELLED;
      if (one.skewAt(slot) > one.constraint.maxSkew) return SKEWED;
    }
    return pass;
  },

  adjust: (state, { other, node, by }) => state.count(other, node, by),

  preScore(pod, nodes, snapshot) {
    const own = constraintsOf(pod, 'ScheduleAnyway');
    const constraints: readonly Constraint[] = pod.pod.spec.topologySpreadConstraints?.length ? own : defaultConstraints(pod, selectorOf);
    const requireAll = pod.pod.spec.topologySpreadConstraints !== undefined && own.length > 0;
    return constraints.length === 0 ? { type: 'skip' } : { type: 'go', state: countSoft(constraints, { nodes, snapshot, requireAll }) };
  },

  score: (_, node, state) => scoreSoft(node, state),
  normalize: normalizeSoft,
});

/** Pods that count where they come or go, and nodes of a domain that the constraints speak of. */
function spreadWakes(pod: PodInfo, { reason, pod: other, node, oldNode }: ClusterEvent): boolean {
  const constraints = constraintsOf(pod, 'DoNotSchedule');
  if (node) {
    const { labels = {} } = node.metadata;
    const old = oldNode?.metadata.labels ?? labels;
    return constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined || old[topologyKey] !== undefined);
  }
  if (!other || reason.startsWith('own-') || reason === 'pod-labels') return true;
  return other.namespace === pod.namespace && constraints.some(({ selects }) => selects(other.labels));
}
