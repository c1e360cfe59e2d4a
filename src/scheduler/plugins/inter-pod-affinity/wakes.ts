import type { ClusterEvent } from '../../framework/events.ts';
import type { PodInfo } from '../../framework/pod-info.ts';

/**
 * Whether an event may undo a rejection: a pod that came is one to be near, one that left was one to be away from, or the
 * last that the first of a group had to be near.
 */
export function affinityWakes(pod: PodInfo, { reason, pod: other, node }: ClusterEvent): boolean {
  const { requiredAffinity, requiredAntiAffinity } = pod.terms;
  if (node) return requiredAffinity.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined);
  if (!other || reason.startsWith('own-')) return true;
  if (requiredAffinity.some((term) => term.mayMatch(other))) return true;
  // A pod with other labels than before may be one less to be away from; one that came never is.
  if (reason !== 'pod-removed') return reason === 'pod-labels';
  return requiredAntiAffinity.some((term) => term.mayMatch(other)) || other.terms.requiredAntiAffinity.some((term) => term.mayMatch(pod));
}
