import type { Clock, Millis } from '../../base/clock.ts';

/** Waits between tries, by key, doubling from `first` to `most`; a key untouched for twice `most` starts afresh. */
export class Backoff {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #first: Millis;
  readonly #most: Millis;
  readonly #entries = new Map<string, { readonly wait: Millis; readonly at: Millis }>();

  constructor(clock: Pick<Clock, 'now'>, { first = 10_000, most = 300_000 }: { readonly first?: Millis | undefined; readonly most?: Millis | undefined } = {}) {
    this.#clock = clock;
    this.#most = most;
    this.#first = Math.min(first, most);
  }

  /** How long the next try has to wait still, given when the last one failed; 0 when it may go on. */
  remaining(key: string, failedAt: Millis): Millis {
    const entry = this.#entry(key, failedAt);
    return entry === undefined ? 0 : Math.max(0, failedAt + entry.wait - this.#clock.now());
  }

  /** The present wait of the key. */
  wait(key: string): Millis {
    return this.#entries.get(key)?.wait ?? 0;
  }

  /** Counts a try. */
  next(key: string, failedAt: Millis): void {
    const entry = this.#entry(key, failedAt);
    this.#entries.set(key, { wait: entry === undefined ? this.#first : Math.min(entry.wait * 2, this.#most), at: this.#clock.now() });
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #entry(key: string, failedAt: Millis) {
    const entry = this.#entries.get(key);
    return entry === undefined || failedAt - entry.at > 2 * this.#most ? undefined : entry;
  }
}

/** As Go prints a duration of whole seconds: `40s`, `1m20s`, `5m0s`. */
export function formatDuration(millis: Millis): string {
  const seconds = Math.floor(millis / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return hours > 0 ? `${hours}h${minutes}m${rest}s` : minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
