/** Room for critical pods: which others have to go (https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/). Pure. */
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { podRequests } from '../../rules/pod-resources.ts';
import { isCritical } from '../pod.ts';
import { admitPod } from './admission.ts';
import type { Rejection } from './admission.ts';

export const PREEMPTED = {
  reason: 'Preempting', message: 'Preempted in order to admit critical pod',
  condition: { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: 'Pod was preempted by Kubelet to accommodate a critical pod.' },
} as const;

const lacks = (rejection: Rejection | undefined): boolean => rejection?.reason.startsWith('OutOf') === true;

/**
 * The pods to end so that a critical pod fits, as few and as unimportant as may be; none where it will fit anyway.
 * @param others those that stay, as things are
 * @returns undefined where nobody's end would help
 */
export function planPreemption(pod: Pod, node: Node, others: readonly Pod[]): readonly Pod[] | undefined {
  if (!isCritical(pod)) return undefined;
  const refused = (gone: ReadonlySet<Pod>) => admitPod(pod, node, others.filter((other) => !gone.has(other)));
  const victims = new Set<Pod>();
  for (const candidate of others.filter((other) => mayPreempt(pod, other)).toSorted(byImportance)) {
    if (!lacks(refused(victims))) break;
    victims.add(candidate);
  }
  if (refused(victims)) return undefined;
  // Of those taken first some may not have been needed after all; the most important are spared first.
  for (const victim of [...victims].toReversed()) {
    const fewer = new Set([...victims].filter((other) => other !== victim));
    if (!refused(fewer)) victims.delete(victim);
  }
  return [...victims];
}

function mayPreempt(pod: Pod, other: Pod): boolean {
  if (!isCritical(other)) return true;
  return pod.spec.priority !== undefined && other.spec.priority !== undefined && pod.spec.priority > other.spec.priority;
}

const CLASSES = ['BestEffort', 'Burstable', 'Guaranteed'] as const;
const rank = ({ spec }: Pod): number => CLASSES.indexOf(qosClassOf(spec));
const requested = (pod: Pod): number => podRequests(pod).get('memory') ?? 0;

const byImportance = (a: Pod, b: Pod): number => rank(a) - rank(b) || (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || requested(b) - requested(a);
