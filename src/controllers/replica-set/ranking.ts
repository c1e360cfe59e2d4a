import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { parseTime } from '../../meta/time.ts';
import { findCondition, isReady } from '../../rules/pod-conditions.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** One pod as the ranking sees it. */
interface Ranked {
  readonly pod: Pod;
  /** Pods of the same workload on its node: crowded nodes are thinned first. */
  readonly neighbours: number;
}

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The pods in the order in which they can be spared: unassigned, then pending, then not ready, then cheap by annotation,
 * then on crowded nodes, then young (by orders of magnitude, so that equal ages do not always hit the newest), then
 * often restarted. https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
 * @param related all pods of the workload, which may span several ReplicaSets
 */
export function byDisposability(pods: readonly Pod[], related: readonly Pod[], now: Millis): readonly Pod[] {
  const crowds = new Map<string, number>();
  for (const { spec, metadata } of related) {
    const node = spec.nodeName ?? '';
    if (metadata.deletionTimestamp === undefined) crowds.set(node, (crowds.get(node) ?? 0) + 1);
  }
  return pods
    .map((pod): Ranked => ({ pod, neighbours: crowds.get(pod.spec.nodeName ?? '') ?? 0 }))
    .sort((a, b) => compare(a, b, now))
    .map(({ pod }) => pod);
}

function compare(a: Ranked, b: Ranked, now: Millis): number {
  return (
    Number(assigned(a.pod)) - Number(assigned(b.pod)) ||
    phase(a.pod) - phase(b.pod) ||
    Number(isReady(a.pod)) - Number(isReady(b.pod)) ||
    cost(a.pod) - cost(b.pod) ||
    b.neighbours - a.neighbours ||
    youngerFirst(readySince(a.pod), readySince(b.pod), now) ||
    restarts(b.pod) - restarts(a.pod) ||
    youngerFirst(parseTime(a.pod.metadata.creationTimestamp), parseTime(b.pod.metadata.creationTimestamp), now) ||
    (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1)
  );
}

const assigned = (pod: Pod): boolean => (pod.spec.nodeName ?? '') !== '';
const phase = (pod: Pod): number => PHASES[pod.status.phase ?? ''] ?? 0;
const restarts = (pod: Pod): number => Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount));

/** An int32 as text; anything else counts as 0. */
function cost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '';
  const value = /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
  return Math.abs(value) <= 2 ** 31 ? value : 0;
}

const readySince = (pod: Pod): Millis | undefined =>
  isReady(pod) ? parseTime(findCondition(pod.status.conditions, 'Ready')?.lastTransitionTime) : undefined;

/** A pod without a time counts as the youngest. */
function youngerFirst(a: Millis | undefined, b: Millis | undefined, now: Millis): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return magnitude(now - a) - magnitude(now - b);
}

/** Doublings of a nanosecond: 5 s and 8 s are the same age, 5 s and 30 s are not. */
const magnitude = (age: Millis): number => Math.floor(Math.log2(Math.max(age, 0) * 1e6 + 1));
