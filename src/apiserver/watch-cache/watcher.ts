import type { CacheEvent } from './resource-cache.ts';
import type { Version } from './version.ts';

/** What one watcher is told. */
export interface WatchedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: Version;
}

/** Events a watcher may lag behind before it is cut off. */
export const MAX_LAG = 16_384;

/**
 * One watch: filters what the cache offers, queues it, and hands it out by ticks. It is pulled: while its consumer is
 * busy writing, events queue up; beyond {@link MAX_LAG} the watch ends as `lagged`.
 */
export class Watcher {
  readonly #matches: (version: Version) => boolean;
  readonly #after: number;
  #queue: WatchedEvent[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  /** Ended because the consumer was too slow. */
  lagged = false;

  /** @param after events up to this revision are known to the consumer already. */
  constructor(matches: (version: Version) => boolean, after: number) {
    this.#matches = matches;
    this.#after = after;
  }

  /** Nothing waits to be handed out. */
  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** Called for every change of the resource, in order. */
  offer(event: CacheEvent): void {
    if (event.revision <= this.#after || this.#ended) return;
    const seen = this.#view(event);
    if (!seen) return;
    this.#queue.push(seen);
    if (this.#queue.length > MAX_LAG) {
      this.lagged = true;
      this.#queue = [];
      this.end();
    }
  }

  /** An object that comes into or leaves the selection appears and vanishes, whatever happened to it. */
  #view({ type, version, previous, revision }: CacheEvent): WatchedEvent | undefined {
    const was = previous !== undefined && this.#matches(previous);
    const is = type !== 'DELETED' && this.#matches(version);
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', version };
    if (!was) return undefined;
    return { type: 'DELETED', version: type === 'DELETED' ? version : previous.at(revision) };
  }

  flush(): void {
    if (this.#queue.length > 0) this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The next tick's events; undefined when the watch is over; an empty list when `interrupt` was called. */
  async next(): Promise<readonly WatchedEvent[] | undefined> {
    if (this.#queue.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#queue.length === 0) return this.#ended ? undefined : [];
    const batch = this.#queue;
    this.#queue = [];
    return batch;
  }

  /** Lets a waiting `next` return with nothing: for bookmarks and time limits. */
  interrupt(): void {
    this.#wake?.();
  }
}
