import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../kinds/policy/pod-disruption-budget.ts';
import { scaledValue } from '../../meta/int-or-string.ts';
import { formatTime, parseTime } from '../../meta/time.ts';
import { isReady, isTerminalPhase, setCondition } from '../../rules/pod-conditions.ts';

/** A workload some of the pods belong to, and how many it wants. */
export interface Workload {
  readonly uid: string;
  readonly replicas: number;
}

export interface Observed {
  readonly budget: PodDisruptionBudget;
  /** Those its selector matches. */
  readonly pods: readonly Pod[];
  /** The workload a pod belongs to in the end; undefined where it belongs to none that says how many it wants. */
  readonly workloadOf: (pod: Pod) => Workload | undefined;
  readonly now: Millis;
}

/** What one pass finds, as data. */
export interface Plan {
  readonly status: PodDisruptionBudgetStatus;
  /** Pods whose eviction was granted and that are still there. */
  readonly notDeleted: readonly Pod[];
  /** Pods that belong to no workload, though the budget needs to know how many there should be. */
  readonly unmanaged: readonly Pod[];
  readonly recheckIn: Millis | undefined;
}

/** How long a granted eviction may take to show. */
const PATIENCE: Millis = 2 * 60_000;

export function plan({ budget, pods, workloadOf, now }: Observed): Plan {
  const { wanted, unmanaged } = expected(budget, pods, workloadOf);
  const { disrupted, notDeleted, recheckIn } = pending(budget, pods, now);
  const healthy = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && isReady(pod) && disrupted[pod.metadata.name] === undefined).length;
  const desired = desiredHealthy(budget, wanted);
  const allowed = wanted <= 0 ? 0 : Math.max(0, healthy - desired);
  const generation = budget.metadata.generation;
  const status: PodDisruptionBudgetStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: wanted,
    conditions: verdict(budget, allowed > 0 ? 'SufficientPods' : 'InsufficientPods', now),
  };
  return { status, notDeleted, unmanaged, recheckIn };
}

/** How many pods there should be: a plain minimum counts those there are, all else asks their workloads. */
function expected({ spec }: PodDisruptionBudget, pods: readonly Pod[], workloadOf: Observed['workloadOf']): { readonly wanted: number; readonly unmanaged: readonly Pod[] } {
  const standing = pods.filter(({ status }) => !isTerminalPhase(status.phase));
  if (spec.maxUnavailable === undefined && typeof (spec.minAvailable ?? 1) === 'number') return { wanted: standing.length, unmanaged: [] };
  const workloads = new Map<string, number>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const workload = workloadOf(pod);
    if (workload) workloads.set(workload.uid, workload.replicas);
    else unmanaged.push(pod);
  }
  return { wanted: [...workloads.values()].reduce((sum, count) => sum + count, 0), unmanaged };
}

/** Shares round up: of 7 pods, 50 % must stay are 4. Without either bound one must stay. */
function desiredHealthy({ spec }: PodDisruptionBudget, wanted: number): number {
  if (spec.maxUnavailable !== undefined) return Math.max(0, wanted - scaledValue(spec.maxUnavailable, wanted, 'up'));
  return scaledValue(spec.minAvailable ?? 1, wanted, 'up');
}

/** Evictions granted and not seen yet: they count as gone, for a while. */
function pending({ status }: PodDisruptionBudget, pods: readonly Pod[], now: Millis) {
  const byName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const disrupted: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  let recheckIn: Millis | undefined;
  for (const [name, at] of Object.entries(status.disruptedPods ?? {})) {
    const pod = byName.get(name);
    if (!pod || pod.metadata.deletionTimestamp !== undefined) continue;
    const left = (parseTime(at) ?? now) + PATIENCE - now;
    if (left <= 0) notDeleted.push(pod);
    else {
      disrupted[name] = at;
      recheckIn = Math.min(recheckIn ?? left, left);
    }
  }
  return { disrupted, notDeleted, recheckIn };
}

export function verdict({ metadata, status }: PodDisruptionBudget, reason: 'SufficientPods' | 'InsufficientPods' | 'SyncFailed', now: Millis, message = ''): NonNullable<PodDisruptionBudgetStatus['conditions']> {
  const { generation } = metadata;
  return setCondition(status.conditions, {
    type: 'DisruptionAllowed', status: reason === 'SufficientPods' ? 'True' : 'False', reason, message, lastTransitionTime: formatTime(now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  });
}
