/** What a pod's phase, conditions and deletion say about it, and how conditions change. */

export interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** What of a pod is looked at. */
export interface PodStateLike {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status: { readonly phase?: string; readonly conditions?: readonly ConditionLike[] };
}

export const findCondition = <C extends { readonly type: string }>(conditions: readonly C[] | undefined, type: string): C | undefined =>
  conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (conditions: readonly ConditionLike[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True';

/**
 * The conditions with `next` in place of the one of its type, or behind the others. `lastTransitionTime` moves only when the
 * status does; the very same array comes back when nothing changes, so that callers can skip the write.
 */
export function setCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C): readonly C[] {
  const before = findCondition(conditions, next.type);
  if (!conditions || !before) return [...(conditions ?? []), next];
  const kept = before.status === next.status && before.lastTransitionTime !== undefined;
  const after = kept ? { ...next, lastTransitionTime: before.lastTransitionTime } : next;
  if (sameCondition(before, after)) return conditions;
  return conditions.map((condition) => (condition === before ? after : condition));
}

function sameCondition(a: object, b: object): boolean {
  const [left, right] = [Object.entries(a).filter(said), Object.entries(b).filter(said)];
  const other = new Map(right);
  return left.length === right.length && left.every(([key, value]) => other.get(key) === value);
}
const said = ([, value]: [string, unknown]): boolean => value !== undefined;

export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

/** Neither ended nor being deleted: what a workload counts as its own. */
export const isActive = ({ metadata, status }: PodStateLike): boolean =>
  !isTerminalPhase(status.phase) && metadata.deletionTimestamp === undefined;

export const isReady = ({ status }: PodStateLike): boolean => isConditionTrue(status.conditions, 'Ready');

/**
 * Milliseconds until a ready pod counts as available, 0 when it does, undefined while it is not ready.
 * @param now milliseconds since the epoch
 */
export function availableIn(pod: PodStateLike, minReadyMillis: number, now: number): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadyMillis === 0) return 0;
  const since = Date.parse(findCondition(pod.status.conditions, 'Ready')?.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : Math.max(0, since + minReadyMillis - now);
}

export const isAvailable = (pod: PodStateLike, minReadyMillis: number, now: number): boolean => availableIn(pod, minReadyMillis, now) === 0;
