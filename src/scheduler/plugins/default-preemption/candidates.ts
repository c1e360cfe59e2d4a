import type { PodInfo } from '../../framework/pod-info.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import type { Victims } from './victims.ts';

/** A node, and who would have to leave it. Victims are in order of importance. */
export interface Candidate extends Victims {
  readonly node: NodeInfo;
}

const MIN_PRIORITY = -(2 ** 31);
const highest = ({ victims }: Candidate): number => victims[0]?.priority ?? MIN_PRIORITY;
/** Priorities may be negative: moved up, so that more victims always sum to more. */
const sum = ({ victims }: Candidate): number => victims.reduce((total, { priority }) => total + priority - MIN_PRIORITY, 0);

/** When the first of the most important victims started: the later, the less is lost. */
function earliestStart(candidate: Candidate): string {
  const top = candidate.victims.filter(({ priority }) => priority === highest(candidate));
  return top.map(({ pod }: PodInfo) => pod.status.startTime ?? '9999').toSorted()[0] ?? '9999';
}

/** In this order; the next decides only among equals. Smaller is better. */
const CRITERIA: readonly ((a: Candidate, b: Candidate) => number)[] = [
  (a, b) => a.violations - b.violations,
  (a, b) => highest(a) - highest(b),
  (a, b) => sum(a) - sum(b),
  (a, b) => a.victims.length - b.victims.length,
  (a, b) => (earliestStart(a) > earliestStart(b) ? -1 : earliestStart(a) < earliestStart(b) ? 1 : 0),
];

/** The candidate that costs least; the first of equals. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.toSorted((a, b) => CRITERIA.reduce((order, criterion) => order || criterion(a, b), 0))[0];
}
