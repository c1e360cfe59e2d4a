import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Change, Driver, Revision } from '../../store/index.ts';
import { Compacted } from '../../store/index.ts';
import type { Codec } from '../registry/codec.ts';
import { end, ResourceCache } from './resource-cache.ts';

export interface HubOptions {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
}

/** How long a read waits for the cache to catch up with the store. */
const FRESH_TIMEOUT = 3_000;

/** Follows the store's one log of commits and keeps every resource's cache, all at the same revision. */
export class Hub implements AsyncDisposable {
  readonly driver: Driver;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By prefix; several where kinds are stored as one. */
  readonly #caches = new Map<string, readonly ResourceCache[]>();
  /** For what is kept in the store but served as no resource (allocations). */
  readonly #taps: { readonly prefix: string; readonly apply: (op: Change['ops'][number]) => void }[] = [];
  /** What the last batch of changes put. */
  readonly #applied: { readonly codec: Codec; readonly value: Uint8Array }[] = [];
  readonly #stop = new AbortController();
  #revision = 0;
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;

  constructor({ driver, clock, log }: HubOptions) {
    this.driver = driver;
    this.#clock = clock;
    this.#log = log;
  }

  /** The revision every cache has reached. */
  get revision(): number {
    return this.#revision;
  }

  /** Adds a resource: at once complete, and from then on followed. */
  async add(codec: Codec): Promise<ResourceCache> {
    const cache = new ResourceCache(codec);
    this.#caches.set(codec.prefix, [...(this.#caches.get(codec.prefix) ?? []), cache]);
    const { entries, revision } = await this.driver.range({ from: codec.prefix, to: end(codec.prefix), at: 0n, limit: 0 });
    cache.load(entries, Number(revision));
    this.#advance(this.#running ? this.#revision : Number(revision));
    return cache;
  }

  remove(codec: Codec): void {
    const caches = this.#caches.get(codec.prefix) ?? [];
    for (const cache of caches) if (cache.codec === codec) cache.close();
    this.#caches.set(codec.prefix, caches.filter((cache) => cache.codec !== codec));
  }

  /** Tells of every entry below `prefix`, first those there now, then each change. Call before `start`. */
  async tap(prefix: string, apply: (op: Change['ops'][number]) => void): Promise<void> {
    this.#taps.push({ prefix, apply });
    const { entries } = await this.driver.range({ from: prefix, to: end(prefix), at: 0n, limit: 0 });
    for (const { key, value } of entries) apply({ type: 'put', key, value });
  }

  /** Starts following from where the first load left off. Changes that a cache loaded already, it skips. */
  start(from: Revision): void {
    this.#revision = Number(from);
    this.#running = this.#follow(from);
  }

  async #follow(from: Revision): Promise<void> {
    let reached = from;
    while (!this.#stop.signal.aborted) {
      try {
        for await (const changes of this.driver.after(reached, this.#stop.signal)) {
          this.#apply(changes);
          reached = changes.at(-1)?.revision ?? reached;
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#log.error('the store\'s feed broke off', { error: String(error) });
        if (error instanceof Compacted) throw error; // caches with a gap must not serve
        await this.#clock.sleep(500, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  #apply(changes: readonly Change[]): void {
    // Those who wrote the last ones have had their answers by now.
    for (const { codec, value } of this.#applied.splice(0)) codec.settled(value);
    const touched = new Set<ResourceCache>();
    for (const { revision, ops } of changes) {
      const at = Number(revision);
      for (const op of ops) {
        const caches = this.#caches.get(prefixOf(op.key));
        if (!caches) this.#tell(op);
        for (const cache of caches ?? []) {
          cache.apply(at, op);
          touched.add(cache);
          if (op.type === 'put') this.#applied.push({ codec: cache.codec, value: op.value });
        }
      }
      this.#revision = Math.max(this.#revision, at);
    }
    for (const cache of touched) cache.flush();
    this.#wake();
  }

  #tell(op: Change['ops'][number]): void {
    for (const { prefix, apply } of this.#taps) if (op.key.startsWith(prefix)) apply(op);
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#wake();
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const due = this.#waiters.filter((waiter) => waiter.revision <= this.#revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#revision);
    for (const { resolve } of due) resolve();
  }

  /** Resolves once the caches have seen everything committed before the call: a linearizable read may follow. */
  async fresh(): Promise<void> {
    const { revision } = await this.driver.range(NOWHERE);
    if (Number(revision) > this.#revision) await this.reach(Number(revision));
  }

  /** Whether the caches reach `revision` within the time that a read may wait. */
  async reach(revision: number): Promise<boolean> {
    if (revision <= this.#revision) return true;
    return new Promise<boolean>((resolve) => {
      const timer = this.#clock.after(FRESH_TIMEOUT, () => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        resolve(false);
      });
      const waiter: Waiter = {
        revision,
        resolve: () => {
          timer[Symbol.dispose]();
          resolve(true);
        },
      };
      this.#waiters.push(waiter);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const caches of this.#caches.values()) for (const cache of caches) cache.close();
    await this.#running;
  }
}

/** A range that holds nothing: asks for the latest revision. */
const NOWHERE = { from: '\u0000', to: '\u0001', at: 0n, limit: 1 } as const;

/** `/registry/core/pods/` of `/registry/core/pods/default/web`. */
function prefixOf(key: string): string {
  const group = key.indexOf('/', 1);
  const plural = key.indexOf('/', group + 1);
  const name = key.indexOf('/', plural + 1);
  return name < 0 ? key : key.slice(0, name + 1);
}
