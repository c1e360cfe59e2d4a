/** What node taints and device taints have in common: when a pod has to go, and how it goes. */
import type { Millis } from '../base/clock.ts';
import type { PodCondition } from '../kinds/core/pod-status.ts';
import { Pod } from '../kinds/core/pod.ts';
import { isApiError } from '../meta/api-error.ts';
import { formatTime, parseTime } from '../meta/time.ts';
import { setCondition } from '../rules/pod-conditions.ts';
import { tolerates, type TaintLike, type TolerationLike } from '../rules/tolerations.ts';
import type { Context } from './runtime/index.ts';

export interface Moment {
  readonly now: Millis;
  /** Since when taints without a time of their own are there. */
  readonly since: Millis;
}

/** Of all tolerations that cover the taint the shortest counts; one without seconds lasts for ever. */
export function toleratedFor(tolerations: readonly (TolerationLike & { readonly tolerationSeconds?: number })[], taint: TaintLike & { readonly timeAdded?: string }, { now, since }: Moment): Millis {
  const covering = tolerations.filter((one) => tolerates(one, taint));
  if (covering.length === 0) return 0;
  const seconds = Math.min(...covering.map(({ tolerationSeconds }) => tolerationSeconds ?? Infinity));
  // The taint says since when: a restart of ours does not begin the wait anew.
  return (parseTime(taint.timeAdded) ?? since) + Math.max(0, seconds) * 1000 - now;
}

/** The shortest of the waits, from now on; undefined for never. */
export function shortestOf(waits: readonly Millis[]): Millis | undefined {
  const shortest = Math.min(Infinity, ...waits);
  return shortest === Infinity ? undefined : Math.max(0, shortest);
}

/** Says on the pod why it goes, and deletes it; one that has gone is as good. */
export async function disrupt(pod: Pod, why: Pick<PodCondition, 'reason' | 'message'>, { client, now }: Pick<Context, 'client' | 'now'>): Promise<void> {
  const conditions = setCondition(pod.status.conditions, { type: 'DisruptionTarget', status: 'True', ...why, lastTransitionTime: formatTime(now) });
  try {
    await client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } });
    await client.remove(Pod, pod);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
