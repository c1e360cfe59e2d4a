import type { Deployment } from '../../kinds/apps/deployment.ts';
import type { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { scaledValue } from '../../meta/int-or-string.ts';
import { byCreation } from '../by-creation.ts';
import { desiredWhenSized, MAX_REPLICAS, wholeNumber } from './annotations.ts';

/** A ReplicaSet and the replicas it is to have. */
export interface Size {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** How far a rolling update may stray from `spec.replicas`. */
export interface Leeway {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Surge rounds up, unavailability down; were both 0, nothing could move. */
export function leeway({ spec }: Deployment): Leeway {
  if (spec.strategy.type === 'Recreate' || spec.replicas === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge: surge = '25%', maxUnavailable: unavailable = '25%' } = spec.strategy.rollingUpdate ?? {};
  const maxSurge = scaledValue(surge, spec.replicas, 'up');
  const maxUnavailable = scaledValue(unavailable, spec.replicas, 'down');
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, spec.replicas) };
}

export const totalReplicas = (sets: readonly ReplicaSet[]): number => sum(sets, (set) => set.spec.replicas);
export const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number => sets.reduce((total, set) => total + count(set), 0);
/** Those that stay: right after it was made smaller, a set's status still counts pods that are about to go. */
export const availableReplicas = ({ spec, status }: ReplicaSet): number => Math.min(status.availableReplicas ?? 0, spec.replicas);
export const isActiveSet = (set: ReplicaSet): boolean => set.spec.replicas > 0;


/** As large as the surge allows while a rolling update is under way; `others` count, `present` may not exist yet. */
export function presentSize(deployment: Deployment, present: ReplicaSet | undefined, others: readonly ReplicaSet[]): number {
  const { replicas } = deployment.spec;
  if (deployment.spec.strategy.type === 'Recreate') return replicas;
  const now = present?.spec.replicas ?? 0;
  const room = replicas + leeway(deployment).maxSurge - now - totalReplicas(others);
  return room <= 0 ? now : now + Math.min(room, replicas - now);
}

/**
 * One step of a rolling update: grow the present set as the surge allows; else shrink old sets as availability
 * allows, pods that are not available first.
 */
export function rollingStep(deployment: Deployment, present: ReplicaSet, old: readonly ReplicaSet[]): readonly Size[] {
  const { replicas } = deployment.spec;
  const size = present.spec.replicas > replicas ? replicas : presentSize(deployment, present, old);
  if (size !== present.spec.replicas) return [{ set: present, replicas: size }];
  return shrinkOld(deployment, present, old);
}

function shrinkOld(deployment: Deployment, present: ReplicaSet, old: readonly ReplicaSet[]): readonly Size[] {
  const minAvailable = deployment.spec.replicas - leeway(deployment).maxUnavailable;
  const presentUnavailable = present.spec.replicas - availableReplicas(present);
  const spare = totalReplicas([present, ...old]) - minAvailable - presentUnavailable;
  if (spare <= 0) return [];
  const sizes = new Map(old.toSorted(byCreation).map((set) => [set, set.spec.replicas]));
  takeFrom(sizes, spare, (set) => set.spec.replicas - availableReplicas(set));
  const available = sum([present, ...old], availableReplicas);
  takeFrom(sizes, available - minAvailable, (set) => sizes.get(set)!);
  return changed(sizes);
}

/** Takes up to `count` replicas away, from each set no more than `most`. */
function takeFrom(sizes: Map<ReplicaSet, number>, count: number, most: (set: ReplicaSet) => number): void {
  let left = count;
  for (const [set, size] of sizes) {
    const taken = Math.max(0, Math.min(left, most(set), size));
    sizes.set(set, size - taken);
    left -= taken;
  }
}

const changed = (sizes: ReadonlyMap<ReplicaSet, number>): readonly Size[] =>
  [...sizes].filter(([set, replicas]) => replicas !== set.spec.replicas).map(([set, replicas]) => ({ set, replicas }));

/** Whether users changed `spec.replicas` since the active sets were last sized. */
export const isScaled = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.filter(isActiveSet).some((set) => (desiredWhenSized(set) ?? deployment.spec.replicas) !== deployment.spec.replicas);

/**
 * What `kubectl scale` asks for: a single active set gets it all; a finished rollout sends its old sets to 0; in the
 * midst of one each set grows or shrinks in proportion. Sets whose size stays are named too: what they were sized for has changed.
 */
export function scaleStep(deployment: Deployment, present: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Size[] {
  const all = [...(present ? [present] : []), ...old];
  const active = all.filter(isActiveSet);
  const { replicas } = deployment.spec;
  const single = active.length === 1 ? active[0] : active.length === 0 ? (present ?? old.toSorted(byCreation).at(-1)) : undefined;
  if (single) return single.spec.replicas === replicas ? [] : [{ set: single, replicas }];
  if (present && isSaturated(deployment, present)) return old.filter(isActiveSet).map((set) => ({ set, replicas: 0 }));
  return deployment.spec.strategy.type === 'Recreate' ? [] : proportional(deployment, active);
}

const isSaturated = ({ spec }: Deployment, set: ReplicaSet): boolean =>
  set.spec.replicas === spec.replicas && desiredWhenSized(set) === spec.replicas && availableReplicas(set) === spec.replicas;

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): readonly Size[] {
  const { replicas } = deployment.spec;
  const allowed = replicas > 0 ? replicas + leeway(deployment).maxSurge : 0;
  const change = allowed - totalReplicas(active);
  // Growth favours large and new sets, shrinking large and old ones.
  const order = active.toSorted((a, b) => b.spec.replicas - a.spec.replicas || (change > 0 ? byCreation(b, a) : byCreation(a, b)));
  let left = change;
  const sizes = order.map((set) => {
    const share = fraction(deployment, set);
    const part = change === 0 ? 0 : change > 0 ? Math.min(share, left) : Math.max(share, left);
    left -= part;
    return { set, replicas: set.spec.replicas + part };
  });
  const [first, ...rest] = sizes;
  return first ? [{ ...first, replicas: Math.max(0, first.replicas + left) }, ...rest] : [];
}

/** By how much a set changes when all sets keep their share of the whole. */
function fraction(deployment: Deployment, set: ReplicaSet): number {
  const { replicas } = deployment.spec;
  if (replicas === 0) return -set.spec.replicas;
  const before = wholeNumber(set.metadata.annotations?.[MAX_REPLICAS]) || (deployment.status.replicas ?? 0);
  if (before === 0) return 0;
  const share = (set.spec.replicas * (replicas + leeway(deployment).maxSurge)) / before;
  return Math.round(share) - set.spec.replicas;
}
