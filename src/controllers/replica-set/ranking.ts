import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { parseTime } from '../../meta/time.ts';
import { findCondition, isReady } from '../../rules/pod-conditions.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** One pod as the ranking sees it: read once, though each is compared with many. */
interface Ranked {
  readonly pod: Pod;
  readonly assigned: boolean;
  readonly phase: number;
  readonly ready: boolean;
  readonly cost: number;
  /** Pods of the same workload on its node: crowded nodes are thinned first. */
  readonly neighbours: number;
  /** Ages by magnitude; undefined counts as the youngest. */
  readonly readyFor: number | undefined;
  readonly restarts: number;
  readonly age: number | undefined;
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
    .map((pod) => ranked(pod, crowds.get(pod.spec.nodeName ?? '') ?? 0, now))
    .sort(compare)
    .map(({ pod }) => pod);
}

function ranked(pod: Pod, neighbours: number, now: Millis): Ranked {
  const ready = isReady(pod);
  const since = ready ? findCondition(pod.status.conditions, 'Ready')?.lastTransitionTime : undefined;
  return {
    pod, neighbours, ready,
    assigned: (pod.spec.nodeName ?? '') !== '',
    phase: PHASES[pod.status.phase ?? ''] ?? 0,
    cost: cost(pod),
    readyFor: magnitude(parseTime(since), now),
    restarts: restarts(pod),
    age: magnitude(parseTime(pod.metadata.creationTimestamp), now),
  };
}

function compare(a: Ranked, b: Ranked): number {
  return (
    Number(a.assigned) - Number(b.assigned) ||
    a.phase - b.phase ||
    Number(a.ready) - Number(b.ready) ||
    a.cost - b.cost ||
    b.neighbours - a.neighbours ||
    youngerFirst(a.readyFor, b.readyFor) ||
    b.restarts - a.restarts ||
    youngerFirst(a.age, b.age) ||
    (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1)
  );
}

const restarts = (pod: Pod): number => Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount));

/** An int32 as text; anything else counts as 0. */
function cost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '';
  const value = /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
  return Math.abs(value) <= 2 ** 31 ? value : 0;
}

function youngerFirst(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return a - b;
}

/** Doublings of a nanosecond: 5 s and 8 s are the same age, 5 s and 30 s are not. */
const magnitude = (since: Millis | undefined, now: Millis): number | undefined =>
  since === undefined ? undefined : Math.floor(Math.log2(Math.max(now - since, 0) * 1e6 + 1));
