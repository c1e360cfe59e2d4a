import type { DaemonSet } from '../../kinds/apps/daemon-set.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { scaledValue } from '../../meta/int-or-string.ts';
import type { Observed, Post } from './plan.ts';
import { revisionHashOf } from './placement.ts';

/** Nodes that get a pod of the new template beside the old one, and old pods that make way. */
export interface RollingStep {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** A node's one pod of each revision. */
interface Pair {
  readonly node: string;
  /** There are two of one revision: one has to go first. */
  readonly crowded: boolean;
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
}

type Test = (pod: Pod) => boolean;

/** One step of a rolling update, with surge or without (KEP-1591). */
export function rollingStep({ set, hash }: Observed, posts: readonly Post[], isAvailable: Test): RollingStep {
  const due = posts.filter(({ shouldRun }) => shouldRun);
  const { maxSurge, maxUnavailable } = leeway(set, due.length);
  const pairs = posts.map(({ node, pods }): Pair => {
    const fresh = pods.filter((pod) => revisionHashOf(pod) === hash);
    const old = pods.filter((pod) => revisionHashOf(pod) !== hash);
    return { node, crowded: fresh.length > 1 || old.length > 1, fresh: fresh[0], old: old[0] };
  });
  return maxSurge > 0 ? surge(pairs, maxSurge, isAvailable) : replace(pairs, maxUnavailable, isAvailable);
}

/** Shares round up; were both 0, nothing could move. */
function leeway({ spec }: DaemonSet, desired: number): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { maxSurge: surging = 0, maxUnavailable: missing = 1 } = spec.updateStrategy.rollingUpdate ?? {};
  const maxSurge = scaledValue(surging, desired, 'up');
  const maxUnavailable = scaledValue(missing, desired, 'up');
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

const isLeaving: Test = ({ metadata }) => metadata.deletionTimestamp !== undefined;

/** Old pods that do not serve go at once; of those that do, as many as may be missing. */
function replace(pairs: readonly Pair[], maxUnavailable: number, isAvailable: Test): RollingStep {
  let missing = 0;
  const idle: Pod[] = [];
  const serving: Pod[] = [];
  for (const { fresh, old, crowded } of pairs) {
    if (!fresh && !old) continue;
    if (crowded) missing++;
    else if (fresh) missing += Number(old !== undefined || !isAvailable(fresh));
    else if (isLeaving(old!)) missing++;
    else if (isAvailable(old!)) serving.push(old!);
    else {
      missing++;
      idle.push(old!);
    }
  }
  return { create: [], remove: [...idle, ...serving.slice(0, Math.max(0, maxUnavailable - missing))] };
}

/** New pods come beside old ones, as many as may be too many; an old pod goes once the new one serves. */
function surge(pairs: readonly Pair[], maxSurge: number, isAvailable: Test): RollingStep {
  const remove: Pod[] = [];
  const atOnce: string[] = [];
  const candidates: string[] = [];
  let extra = 0;
  for (const { node, fresh, old, crowded } of pairs) {
    if (crowded) extra++;
    if (!old || crowded) continue;
    if (fresh) {
      if (isAvailable(fresh)) {
        if (!isLeaving(old)) remove.push(old);
      } else extra++;
    } else if (isAvailable(old) && !isLeaving(old)) candidates.push(node);
    // An old pod that does not serve needs no successor to wait for.
    else atOnce.push(node);
  }
  return { create: [...atOnce, ...candidates.slice(0, Math.max(0, maxSurge - extra))], remove };
}
