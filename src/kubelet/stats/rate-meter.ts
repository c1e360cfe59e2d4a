import type { Millis } from '../../base/clock.ts';
import type { CgroupUsage } from '../cgroups/cgroups.ts';
import type { RatedUsage } from './samples.ts';

/** The least span that makes a rate: shorter ones show the noise of the sampling. */
const LEAST_SPAN: Millis = 1000;
/** A base older than this gives way to a newer one, so that rates are of late. */
const MOST_SPAN: Millis = 15_000;

interface Point {
  readonly at: Millis;
  readonly cpuNanos: number;
}

/** Makes rates of counters, from each sample and an earlier one. */
export class RateMeter {
  readonly #points = new Map<string, { base: Point; latest: Point; rate?: number }>();

  rated(key: string, usage: CgroupUsage | undefined): RatedUsage | undefined {
    if (!usage) return undefined;
    const point = { at: usage.at, cpuNanos: usage.cpuNanos };
    const known = this.#points.get(key);
    // A counter that went back is another cgroup's.
    if (!known || point.cpuNanos < known.latest.cpuNanos) {
      this.#points.set(key, { base: point, latest: point });
      return usage;
    }
    if (point.at - known.base.at > MOST_SPAN && known.latest.at < point.at - LEAST_SPAN) known.base = known.latest;
    const span = point.at - known.base.at;
    if (span >= LEAST_SPAN) {
      known.rate = Math.round(((point.cpuNanos - known.base.cpuNanos) * 1000) / span);
      known.latest = point;
    }
    return known.rate === undefined ? usage : { ...usage, nanoCores: known.rate };
  }

  prune(isWanted: (key: string) => boolean): void {
    for (const key of this.#points.keys()) if (!isWanted(key)) this.#points.delete(key);
  }
}
