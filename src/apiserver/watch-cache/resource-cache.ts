import type { Change, Entry } from '../../store/index.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Codec } from '../registry/codec.ts';
import { isReadable } from '../encryption/index.ts';
import { Shelf } from './shelf.ts';
import { Version } from './version.ts';
import type { Watcher } from './watcher.ts';

/** One change of one object, shared by everyone who watches. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** The new state; for DELETED the last one, at the revision of the deletion. */
  readonly version: Version;
  readonly previous: Version | undefined;
}

/** Events kept for watches that start in the past. */
const RING = 8192;

/** The present state of one resource, its recent past, and who watches it. Fed by the hub alone, in revision order. */
export class ResourceCache {
  #codec: Codec;
  readonly #items = new Map<string, Version>();
  readonly #shelf = new Shelf();
  #ring: CacheEvent[] = [];
  /** Events after this revision are all in the ring. */
  #oldest = 0;
  #loadedAt = -1;
  #lastChange = 0;
  #bytes = 0;
  /** Objects there were when it was loaded. */
  initialEvents = 0;
  /** Changes since. */
  received = 0;
  /** Watches cut off because they were too slow. */
  laggards = 0;
  readonly #early: Change[] = [];
  #behind: Promise<void> | undefined;
  readonly #watchers = new Set<Watcher>();
  readonly #listeners = new Set<(event: CacheEvent) => void>();

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  get codec(): Codec {
    return this.#codec;
  }

  /** Reads what there is, and what comes, by another schema of the same resource; watches go on, and are told nothing of it. */
  recode(codec: Codec): void {
    this.#codec = codec;
    for (const { key, value, revision } of this.#items.values()) this.#put(new Version(codec, { key, value, revision }));
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** The last revision at which anything of this resource changed. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** Watches of it now. */
  get watching(): number {
    return this.#watchers.size;
  }

  /** What its objects take in the store. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Events kept for watches that start in the past. */
  get capacity(): number {
    return RING;
  }

  get size(): number {
    return this.#items.size;
  }

  load(entries: readonly Entry[], revision: number): void {
    for (const { key, value, modRevision } of entries) {
      const at = Number(modRevision);
      this.#put(new Version(this.#codec, { key, value, revision: at }));
      this.#bytes += value.length;
      this.#lastChange = Math.max(this.#lastChange, at);
    }
    this.#loadedAt = revision;
    this.initialEvents = entries.length;
    this.#oldest = revision;
    for (const change of this.#early.splice(0)) for (const op of change.ops) this.apply(Number(change.revision), op);
  }

  apply(revision: number, op: Change['ops'][number]): void {
    if (this.#loadedAt < 0) return void this.#early.push({ revision: BigInt(revision), ops: [op] });
    if (revision <= this.#loadedAt || !op.key.startsWith(this.#codec.prefix)) return;
    if (this.#behind || (this.#codec.isRemote && this.#watchers.size > 0)) this.#applyLater(revision, op);
    else this.#applyNow(revision, op);
  }

  /** Resolves once everything applied so far is there. */
  async settled(): Promise<void> {
    await this.#behind;
  }

  /** Who watches is told of what can be read: where that takes a webhook, all wait for it in their order. */
  #applyLater(revision: number, op: Change['ops'][number]): void {
    const work = (this.#behind ?? Promise.resolve()).then(async () => {
      const previous = this.#items.get(op.key)?.value;
      // What cannot be converted nobody can be told of: who watches begins anew, and is told why.
      await this.#codec.ready([...(op.type === 'put' ? [op.value] : []), ...(previous ? [previous] : [])]).catch(() => this.close());
      this.#applyNow(revision, op);
      this.flush();
      if (this.#behind === work) this.#behind = undefined;
    });
    this.#behind = work;
  }

  #applyNow(revision: number, op: Change['ops'][number]): void {
    const event = this.#change(revision, op);
    if (!event) return;
    this.#lastChange = revision;
    this.received++;
    this.#ring.push(event);
    if (this.#ring.length >= 2 * RING) {
      this.#oldest = this.#ring[RING - 1]!.revision;
      this.#ring = this.#ring.slice(RING);
    }
    for (const listener of this.#listeners) tell(listener, event);
    for (const watcher of this.#watchers) watcher.offer(event);
  }

  #change(revision: number, op: Change['ops'][number]): CacheEvent | undefined {
    const previous = this.#items.get(op.key);
    if (op.type === 'put') {
      const version = new Version(this.#codec, { key: op.key, value: op.value, revision });
      this.#put(version);
      // The writer's own is at hand, and who read the last state reads this one. What a webhook converts is not at hand.
      if (previous?.isRead && !this.#codec.isRemote && isReadable(op.value)) void version.object;
      this.#bytes += op.value.length - (previous?.value.length ?? 0);
      return { type: previous ? 'MODIFIED' : 'ADDED', revision, version, previous };
    }
    if (!previous) return undefined;
    this.#items.delete(op.key);
    this.#bytes -= previous.value.length;
    this.#shelf.delete(op.key);
    return { type: 'DELETED', revision, version: previous.at(revision), previous };
  }

  #put(version: Version): void {
    this.#items.set(version.key, version);
    this.#shelf.set(version);
  }

  get(key: string): Version | undefined {
    return this.#items.get(key);
  }

  /** The decoded object, or undefined: what admission and authorization read. */
  object(namespace: string, name: string): AnyObject | undefined {
    return this.#items.get(this.#codec.keyOf(namespace, name))?.object;
  }

  /** In key order, from `start` on: as things stand at this call, whenever it is read. */
  list(namespace: string, start = ''): Iterable<Version> {
    const prefix = this.#prefix(namespace);
    return this.#shelf.snapshot(start > prefix ? start : prefix, end(prefix));
  }

  /** How many `list` would hold. */
  count(namespace: string, start = ''): number {
    const prefix = this.#prefix(namespace);
    return this.#shelf.count(start > prefix ? start : prefix, end(prefix));
  }

  #prefix(namespace: string): string {
    return namespace === '' ? this.#codec.prefix : `${this.#codec.prefix}${namespace}/`;
  }

  /** Events after `revision`, or undefined when they are no longer all there. */
  since(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.#oldest) return undefined;
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#ring[mid]!.revision <= revision) low = mid + 1;
      else high = mid;
    }
    return this.#ring.slice(low);
  }

  addWatcher(watcher: Watcher): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => {
      if (this.#watchers.delete(watcher) && watcher.lagged) this.laggards++;
    } };
  }

  /** Called for every change from now on, synchronously and in order. */
  onChange(listener: (event: CacheEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Hands what one tick gathered to whoever waits for it. */
  flush(): void {
    for (const watcher of this.#watchers) watcher.flush();
  }

  /** Ends every watch: the resource is gone, or the server stops. */
  close(): void {
    for (const watcher of this.#watchers) watcher.end();
  }
}

/** Whoever looks at what cannot be read, as another server's key sealed it, learns nothing; the rest goes on. */
function tell(listener: (event: CacheEvent) => void, event: CacheEvent): void {
  try {
    listener(event);
  } catch (error) {
    if (isReadable(event.version.value) && (!event.previous || isReadable(event.previous.value))) throw error;
  }
}

/** The first key behind everything that starts with `prefix`, which ends in '/'. */
export function end(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}
