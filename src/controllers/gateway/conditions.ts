import type { Millis } from '../../base/clock.ts';
import { formatTime } from '../../meta/time.ts';
import type { Verdict } from '../../rules/gateway/attach.ts';
import type { Condition } from '../../rules/gateway/kinds.ts';
import { findCondition } from '../../rules/pod-conditions.ts';

/** When a condition is written, of which generation of the object. */
export interface Stamp {
  readonly generation: number | undefined;
  readonly now: Millis;
}

/** By their types. True where the verdict is well. */
export type Verdicts = Readonly<Record<string, Verdict>>;

/** Conditions for these verdicts; a time of transition moves only with its status. */
export function conditionsFor(verdicts: Verdicts, before: readonly Condition[] | undefined, { generation, now }: Stamp): readonly Condition[] {
  return Object.entries(verdicts).map(([type, { ok, reason, message }]): Condition => {
    const status = ok ? 'True' : 'False';
    const earlier = findCondition(before, type);
    return {
      type, status, reason, message, ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: earlier?.status === status ? earlier.lastTransitionTime : formatTime(now),
    };
  });
}

export const yes = (reason: string, message = ''): Verdict => ({ ok: true, reason, message });
export const no = (reason: string, message = ''): Verdict => ({ ok: false, reason, message });
