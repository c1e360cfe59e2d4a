import { isApiError } from '../../meta/api-error.ts';
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

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.#ended;
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
  #view(event: CacheEvent): WatchedEvent | undefined {
    const { type, version, previous, revision } = event;
    const was = previous !== undefined && this.#selects(previous);
    const is = type !== 'DELETED' && this.#selects(version);
    if (is) return was === (type === 'MODIFIED') ? event : { type: was ? 'MODIFIED' : 'ADDED', version };
    if (!was) return undefined;
    return { type: 'DELETED', version: type === 'DELETED' ? version : previous.at(revision) };
  }

  /** What nobody can read nobody has selected by what it says; whoever watches all is told that it cannot be read. */
  #selects(version: Version): boolean {
    try {
      return this.#matches(version);
    } catch (error) {
      if (isApiError(error, 'InternalError')) return false;
      throw error;
    }
  }

  flush(): void {
    if (this.#queue.length > 0) this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What has come since the last call. */
  take(): readonly WatchedEvent[] {
    const batch = this.#queue;
    if (batch.length > 0) this.#queue = [];
    return batch;
  }

  /** Whoever waits is called when something has come, when the watch is over, and by `interrupt`. */
  wake(wake: (() => void) | undefined): void {
    this.#wake = wake;
  }

  /** Wakes who waits though nothing has come: for bookmarks. */
  interrupt(): void {
    this.#wake?.();
  }
}
