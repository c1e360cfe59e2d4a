import type { Millis } from '../../base/clock.ts';
import { formatTime } from '../../meta/time.ts';
import { setCondition } from '../../rules/pod-conditions.ts';

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/**
 * The conditions with this one set. Its time of transition moves only when the status does, and the very same array comes back
 * when nothing changes: then there is nothing to write.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined, next: Omit<Condition, 'lastTransitionTime' | 'message'> & { readonly message?: string }, now: Millis,
): readonly Condition[] {
  return setCondition(conditions, { message: '', ...next, lastTransitionTime: formatTime(now) });
}
