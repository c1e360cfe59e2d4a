import { MAX_SCORE } from '../../framework/normalize.ts';
import type { Snapshot } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { TopologyCounts } from '../../snapshot/topology.ts';
import { meeting } from './constraints.ts';

/** What a pod there that requires the incoming one near it adds to its topology (upstream's hardPodAffinityWeight, by default). */
const REQUIRED_WEIGHT = 1;

/** The weights of all preferences, the incoming pod's and those of pods there about it, by topology. */
export function preferences(pod: PodInfo, { table, namespaceLabels }: Snapshot, requiredWeight = REQUIRED_WEIGHT): TopologyCounts {
  const counts = new TopologyCounts((key) => table.domains(key));
  const theirs = [['requiredAffinity', requiredWeight], ['preferredAffinity', 1], ['preferredAntiAffinity', -1]] as const;
  for (const [kind, sign] of theirs) {
    if (sign === 0) continue;
    for (const { term, counts: perNode } of table.terms(kind)) {
      if (term.matches(pod, namespaceLabels)) counts.addAll(term.topologyKey, perNode, sign * (term.weight || 1));
    }
  }
  for (const [kind, sign] of [['preferredAffinity', 1], ['preferredAntiAffinity', -1]] as const) {
    for (const term of pod.terms[kind]) counts.addAll(term.topologyKey, table.podCounts(meeting([term], namespaceLabels)), sign * term.weight);
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
