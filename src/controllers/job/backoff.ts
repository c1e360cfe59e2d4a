import type { Millis } from '../../base/clock.ts';

const FIRST: Millis = 10_000;
const LONGEST: Millis = 10 * 60_000;

/** The pause before the pod that follows so many failures in a row: 10 s, doubling, 10 min at most. */
export const pauseAfter = (failures: number): Millis => (failures <= 0 ? 0 : Math.min(FIRST * 2 ** (failures - 1), LONGEST));

interface Run {
  readonly failures: number;
  readonly last: Millis;
  /** Ends already taken into account. */
  readonly seen: ReadonlySet<string>;
}

/** A pod's end, for the count of failures in a row. */
export interface End {
  readonly uid: string;
  readonly at: Millis;
  readonly failed: boolean;
}

/** Counts each job's failures since its last success. Kept in memory: after a restart the first failure waits 10 s again. */
export class Backoffs {
  readonly #runs = new Map<string, Run>();

  /** Takes newly ended pods into account. @returns when the next pod may be made */
  nextStart(job: string, ends: readonly End[]): Millis {
    const before = this.#runs.get(job) ?? { failures: 0, last: 0, seen: new Set<string>() };
    const fresh = ends.filter(({ uid }) => !before.seen.has(uid)).sort((a, b) => a.at - b.at);
    let { failures, last } = before;
    for (const { failed, at } of fresh) {
      failures = failed ? failures + 1 : 0;
      last = failed ? Math.max(last, at) : 0;
    }
    // What is no longer listed has been counted and let go.
    const listed = new Set(ends.map(({ uid }) => uid));
    if (failures > 0 || listed.size > 0) this.#runs.set(job, { failures, last, seen: listed });
    else this.#runs.delete(job);
    return last + pauseAfter(failures);
  }

  forget(job: string): void {
    this.#runs.delete(job);
  }
}
