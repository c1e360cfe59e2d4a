import type { PodDisruptionBudget } from '../../../kinds/policy/pod-disruption-budget.ts';
import { matchesLabelSelector, type LabelSelector } from '../../../meta/label-selector.ts';
import type { FailedCycle } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { Rejection } from '../../framework/verdict.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';

/** Budgets that victims should not break, though they may where nothing else helps. */
export type Budgets = (namespace: string) => readonly PodDisruptionBudget[];

export interface Victims {
  readonly victims: readonly PodInfo[];
  /** How many of them break a budget. */
  readonly violations: number;
}

/** Why none of a node's pods would do; without a rejection there is nobody of lower priority. */
interface None {
  readonly rejection: Rejection | undefined;
}

/** The fewest, least important pods whose leaving lets `pod` in. The table is as before when it returns. */
export function selectVictims(pod: PodInfo, node: NodeInfo, { failed, budgets }: { failed: FailedCycle; budgets: Budgets }): Victims | None {
  const lower = [...node.pods.values()].filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return { rejection: undefined };
  const gone = new Set<PodInfo>();
  try {
    for (const other of lower) {
      gone.add(other);
      failed.remove(other, node);
    }
    const rejection = failed.filter(node);
    if (rejection) return { rejection };
    const { breaking, sparing } = byBudget(lower.toSorted(byImportance), budgets);
    let violations = 0;
    for (const other of [...breaking, ...sparing]) {
      failed.restore(other, node);
      gone.delete(other);
      if (failed.filter(node) === undefined) continue;
      failed.remove(other, node);
      gone.add(other);
      if (breaking.includes(other)) violations++;
    }
    return { victims: [...gone].toSorted(byImportance), violations };
  } finally {
    for (const other of gone) failed.restore(other, node);
  }
}

const startOf = ({ pod }: PodInfo): string => pod.status.startTime ?? '9999';

/** The more important first: higher priority, then longer running. */
export const byImportance = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0);

/** Those whose eviction a budget would not allow, counting down what it allows. */
function byBudget(pods: readonly PodInfo[], budgets: Budgets): { breaking: readonly PodInfo[]; sparing: readonly PodInfo[] } {
  const allowed = new Map<PodDisruptionBudget, number>();
  const breaking: PodInfo[] = [];
  const sparing: PodInfo[] = [];
  for (const pod of pods) {
    const covering = budgets(pod.namespace).filter((budget) => covers(budget, pod));
    let breaks = false;
    for (const budget of covering) {
      const left = (allowed.get(budget) ?? budget.status.disruptionsAllowed ?? 0) - 1;
      allowed.set(budget, left);
      breaks ||= left < 0;
    }
    (breaks ? breaking : sparing).push(pod);
  }
  return { breaking, sparing };
}

function covers({ spec, status }: PodDisruptionBudget, { pod, labels }: PodInfo): boolean {
  // As upstream, and unlike the eviction API: a budget that selects everything covers nothing here.
  if (!spec.selector || isEmpty(spec.selector) || Object.keys(labels).length === 0 || !matchesLabelSelector(spec.selector, labels)) return false;
  return status.disruptedPods?.[pod.metadata.name] === undefined;
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
