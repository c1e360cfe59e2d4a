import { MAX_SCORE } from '../../framework/normalize.ts';
import type { Snapshot } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import { TopologyCounts } from '../../snapshot/topology.ts';

/** What a pod there that requires the incoming one near it adds to its topology (upstream's hardPodAffinityWeight). */
const REQUIRED_WEIGHT = 1;

/** The weights of all preferences, the incoming pod's and those of pods there about it, by topology. */
export function preferences(pod: PodInfo, { table, namespaceLabels }: Snapshot): TopologyCounts {
  const { preferredAffinity, preferredAntiAffinity } = pod.terms;
  const counts = new TopologyCounts();
  const countTheirs = (other: PodInfo, node: NodeInfo) => {
    const { terms } = other;
    for (const term of terms.requiredAffinity) if (term.matches(pod, namespaceLabels)) counts.add(term.topologyKey, node, REQUIRED_WEIGHT);
    for (const term of terms.preferredAffinity) if (term.matches(pod, namespaceLabels)) counts.add(term.topologyKey, node, term.weight);
    for (const term of terms.preferredAntiAffinity) if (term.matches(pod, namespaceLabels)) counts.add(term.topologyKey, node, -term.weight);
  };
  for (const node of table.nodesWithAffinity) for (const other of node.podsWithAffinity.values()) countTheirs(other, node);
  if (preferredAffinity.length === 0 && preferredAntiAffinity.length === 0) return counts;
  for (const node of table.nodes) {
    for (const other of node.pods.values()) {
      for (const term of preferredAffinity) if (term.matches(other, namespaceLabels)) counts.add(term.topologyKey, node, term.weight);
      for (const term of preferredAntiAffinity) if (term.matches(other, namespaceLabels)) counts.add(term.topologyKey, node, -term.weight);
    }
  }
  return counts;
}

/** The least wanted node gets 0, the most wanted 100. */
export function normalize(scores: Float64Array): void {
  let min = Infinity;
  let max = -Infinity;
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = max === min ? 0 : Math.trunc((MAX_SCORE * (scores[i]! - min)) / (max - min));
}
