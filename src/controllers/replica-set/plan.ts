import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { matchesLabels, type LabelSelector } from '../../meta/label-selector.ts';
import type { KubeObject } from '../../meta/object.ts';
import { availableIn, isActive, isReady, isTerminalPhase } from '../../rules/pod-conditions.ts';
import { claim } from '../runtime/index.ts';

/** What a ReplicaSet and a ReplicationController ask for alike. */
export interface Wanted {
  readonly owner: KubeObject;
  readonly replicas: number;
  readonly selector: LabelSelector | undefined;
  readonly templateLabels: Readonly<Record<string, string>>;
  readonly minReadyMillis: Millis;
}

/** How many pods there are and how far they have come. */
export interface Counts {
  readonly replicas: number;
  readonly fullyLabeledReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly terminatingReplicas: number;
}

/** What one pass does, as data. */
export interface Plan {
  readonly adopt: readonly Pod[];
  readonly release: readonly Pod[];
  readonly mine: readonly Pod[];
  /** Pods to make. */
  readonly create: number;
  /** Pods to spare: which ones, the ranking says. */
  readonly remove: number;
  readonly counts: Counts;
  /** When a pod that is ready will count as available: no event announces it. */
  readonly recheckIn: Millis | undefined;
}

/** Pods made or removed in one pass, at most. */
const BURST = 500;

/** @param candidates pods the owner manages, and those nobody manages */
export function plan(wanted: Wanted, candidates: readonly Pod[], now: Millis): Plan {
  const { owner, templateLabels, minReadyMillis } = wanted;
  const { mine, adopt, release } = claim(owner, wanted.selector, candidates.filter(isActive));
  const missing = owner.metadata.deletionTimestamp === undefined ? wanted.replicas - mine.length : 0;
  const waits = mine.map((pod) => availableIn(pod, minReadyMillis, now)).filter((wait) => wait !== undefined);
  const leaving = claim(owner, wanted.selector, candidates.filter(isTerminating));
  return {
    mine,
    adopt,
    release,
    create: Math.min(Math.max(missing, 0), BURST),
    remove: Math.min(Math.max(-missing, 0), BURST),
    counts: {
      replicas: mine.length,
      fullyLabeledReplicas: mine.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length,
      readyReplicas: mine.filter(isReady).length,
      availableReplicas: waits.filter((wait) => wait === 0).length,
      terminatingReplicas: leaving.mine.length,
    },
    recheckIn: waits.filter((wait) => wait > 0).sort((a, b) => a - b)[0],
  };
}

const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && !isTerminalPhase(pod.status.phase);

/** A condition of either kind. */
export interface FailureCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

const REPLICA_FAILURE = 'ReplicaFailure';

/** The conditions after a pass: a failure to make or remove pods stays until a pass succeeds. */
export function withFailure<C extends FailureCondition>(
  conditions: readonly C[] | undefined, failure: { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string; readonly at: string } | undefined,
): readonly (C | FailureCondition)[] {
  const others = (conditions ?? []).filter((condition) => condition.type !== REPLICA_FAILURE);
  if (!failure) return others;
  const { reason, message, at } = failure;
  const before = conditions?.find((condition) => condition.type === REPLICA_FAILURE);
  // The message may name another pod each time: the first stays, or every pass would write.
  return [...others, before?.reason === reason ? before : { type: REPLICA_FAILURE, status: 'True', lastTransitionTime: at, reason, message }];
}
