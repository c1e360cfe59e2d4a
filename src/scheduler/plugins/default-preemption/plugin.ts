import type { Pod } from '../../../kinds/core/pod.ts';
import { fitMessage, type NodeVerdict } from '../../framework/diagnosis.ts';
import { definePlugin, type FailedCycle, type PostFiltered } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { pass, reject, rejectForGood } from '../../framework/verdict.ts';
import { pickCandidate, type Candidate } from './candidates.ts';
import { selectVictims, type Budgets } from './victims.ts';

const NOT_HELPFUL = rejectForGood('Preemption is not helpful for scheduling');
const NO_VICTIMS = reject('No preemption victims found for incoming pod');
const UNDER_WAY = rejectForGood('waiting for the preemption for this pod to be finished');
/** How many candidates are enough: a share of the nodes in large clusters. */
const MIN_CANDIDATES = 100;
const CANDIDATE_SHARE = 0.1;

export interface PreemptionServices {
  readonly budgets: Budgets;
  /** Whether the pod's victims are just being told to go. */
  readonly isPreempting: (uid: string) => boolean;
}

/** Makes room for a pod by evicting pods of lower priority, as few and as unimportant as possible. */
export const defaultPreemption = ({ budgets, isPreempting }: PreemptionServices) => definePlugin({
  name: 'DefaultPreemption',
  wakeOn: ['pod-removed'],

  // A second try meanwhile would choose victims again.
  preEnqueue: ({ uid }) => (isPreempting(uid) ? UNDER_WAY : pass),

  postFilter(pod, failed): PostFiltered {
    if (pod.pod.spec.preemptionPolicy === 'Never') return { message: 'preemption: not eligible due to preemptionPolicy=Never.', keepsNomination: true };
    if (waitsForVictims(pod, failed)) return { message: 'preemption: not eligible due to a terminating pod on the nominated node.', keepsNomination: true };
    const { candidates, verdicts } = findCandidates(pod, failed, budgets);
    const best = pickCandidate(candidates);
    if (best) return { message: '', nominate: best.node.name, victims: best.victims };
    const { allNodes } = failed.diagnosis;
    const message = fitMessage({ allNodes, verdicts, absent: NOT_HELPFUL, plugins: new Set(), postFilterMessage: '' });
    return { message: `preemption: ${message}` };
  },
});

/** Victims of an earlier preemption are still leaving, with their grace periods, a node that is still good for the pod. */
function waitsForVictims({ pod, priority }: PodInfo, { diagnosis: { verdicts }, snapshot: { table } }: FailedCycle): boolean {
  const nominated = pod.status.nominatedNodeName ? table.get(pod.status.nominatedNodeName) : undefined;
  if (!nominated || verdicts.some(({ node, rejection }) => node === nominated && rejection.forGood)) return false;
  return [...nominated.pods.values()].some((other) => other.priority < priority && isLeavingAsVictim(other.pod));
}

const isLeavingAsVictim = ({ metadata, status }: Pod): boolean => metadata.deletionTimestamp !== undefined &&
  (status.conditions?.some((one) => one.type === 'DisruptionTarget' && one.status === 'True' && one.reason === 'PreemptionByScheduler') ?? false);

/** From a random node on, until there are enough and one of them breaks no budget. */
function findCandidates(pod: PodInfo, failed: FailedCycle, budgets: Budgets): { candidates: Candidate[]; verdicts: NodeVerdict[] } {
  const open = failed.diagnosis.verdicts.filter(({ rejection }) => !rejection.forGood);
  const enough = Math.max(MIN_CANDIDATES, Math.trunc(open.length * CANDIDATE_SHARE));
  const offset = Math.trunc(failed.random.next() * open.length);
  const candidates: Candidate[] = [];
  const verdicts: NodeVerdict[] = [];
  for (let i = 0; i < open.length; i++) {
    if (candidates.length >= enough && candidates.some(({ violations }) => violations === 0)) break;
    const { node } = open[(offset + i) % open.length]!;
    const found = selectVictims(pod, node, { failed, budgets });
    if ('victims' in found) candidates.push({ node, ...found });
    else verdicts.push({ node, plugin: 'DefaultPreemption', rejection: found.rejection ?? NO_VICTIMS });
  }
  return { candidates, verdicts };
}
