import type { Clock, Millis } from '../../base/clock.ts';

interface Entry {
  readonly wait: Millis;
  /** When the try began; of the monotonic clock. */
  readonly at: Millis;
  /** How it ended: as it was told, by the wall's clock, and when that was by ours. */
  failure?: { readonly told: Millis; readonly at: Millis };
}

/**
 * Waits between tries, by key, doubling from `first` to `most`; a try that lasted for twice `most` starts the next afresh.
 * Failures are told with the wall's time, which may jump: what counts is how long ago they were when first told of.
 */
export class Backoff {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #first: Millis;
  readonly #most: Millis;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, { first = 10_000, most = 300_000 }: { readonly first?: Millis | undefined; readonly most?: Millis | undefined } = {}) {
    this.#clock = clock;
    this.#most = most;
    this.#first = Math.min(first, most);
  }

  /** How long the next try has to wait still, given when the last one failed; 0 when it may go on. */
  remaining(key: string, failedAt: Millis): Millis {
    const entry = this.#entry(key, failedAt);
    return entry === undefined ? 0 : Math.max(0, this.#failed(entry, failedAt) + entry.wait - this.#clock.monotonic());
  }

  /** The present wait of the key. */
  wait(key: string): Millis {
    return this.#entries.get(key)?.wait ?? 0;
  }

  /** Counts a try. */
  next(key: string, failedAt: Millis): void {
    const entry = this.#entry(key, failedAt);
    this.#entries.set(key, { wait: entry === undefined ? this.#first : Math.min(entry.wait * 2, this.#most), at: this.#clock.monotonic() });
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #entry(key: string, failedAt: Millis): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || this.#failed(entry, failedAt) - entry.at > 2 * this.#most ? undefined : entry;
  }

  /** No try fails before it begins, or in the future. */
  #failed(entry: Entry, told: Millis): Millis {
    if (entry.failure?.told !== told) {
      const now = this.#clock.monotonic();
      entry.failure = { told, at: Math.min(now, Math.max(entry.at, now - (this.#clock.now() - told))) };
    }
    return entry.failure.at;
  }
}

/** As Go prints a duration of whole seconds: `40s`, `1m20s`, `5m0s`. */
export function formatDuration(millis: Millis): string {
  const seconds = Math.floor(millis / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return hours > 0 ? `${hours}h${minutes}m${rest}s` : minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
