import { fitMessage, type NodeVerdict } from '../../framework/diagnosis.ts';
import { definePlugin, type FailedCycle, type PostFiltered } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { reject, rejectForGood, type Rejection } from '../../framework/verdict.ts';
import { pickCandidate, type Candidate } from './candidates.ts';
import { selectVictims, type Budgets } from './victims.ts';

const NOT_HELPFUL = rejectForGood('Preemption is not helpful for scheduling');
const NO_VICTIMS = reject('No preemption victims found for incoming pod');
/** How many candidates are enough: a share of the nodes in large clusters. */
const MIN_CANDIDATES = 100;
const CANDIDATE_SHARE = 0.1;

/** Makes room for a pod by evicting pods of lower priority, as few and as unimportant as possible. */
export const defaultPreemption = (budgets: Budgets) => definePlugin({
  name: 'DefaultPreemption',
  wakeOn: ['pod-removed'],

  postFilter(pod, failed): PostFiltered {
    const ineligible = whyIneligible(pod, failed);
    if (ineligible) return { message: `preemption: ${ineligible}` };
    const { candidates, verdicts } = findCandidates(pod, failed, budgets);
    const best = pickCandidate(candidates);
    if (best) return { message: '', nominate: best.node.name, victims: best.victims };
    const { allNodes } = failed.diagnosis;
    const message = fitMessage({ allNodes, verdicts, absent: NOT_HELPFUL, plugins: new Set(), postFilterMessage: '' });
    return { message: `preemption: ${message}` };
  },
});

/** A pod whose earlier victims are still leaving waits for them. */
function whyIneligible({ pod, priority }: PodInfo, { snapshot: { table } }: FailedCycle): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.status.nominatedNodeName ? table.get(pod.status.nominatedNodeName) : undefined;
  for (const other of nominated?.pods.values() ?? []) {
    if (other.terminating && other.priority < priority) return 'not eligible due to a terminating pod on the nominated node.';
  }
  return undefined;
}

function findCandidates(pod: PodInfo, failed: FailedCycle, budgets: Budgets): { candidates: Candidate[]; verdicts: NodeVerdict[] } {
  const open = failed.diagnosis.verdicts.filter(({ rejection }) => !rejection.forGood);
  const enough = Math.max(MIN_CANDIDATES, Math.floor(failed.diagnosis.allNodes * CANDIDATE_SHARE));
  const candidates: Candidate[] = [];
  const verdicts: NodeVerdict[] = [];
  for (const { node } of open) {
    if (candidates.length >= enough) break;
    const found = selectVictims(pod, node, { failed, budgets });
    if ('victims' in found) candidates.push({ node, ...found });
    else verdicts.push({ node, plugin: 'DefaultPreemption', rejection: found.rejection ?? NO_VICTIMS satisfies Rejection });
  }
  return { candidates, verdicts };
}
