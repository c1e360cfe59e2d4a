import { orAborted } from '../base/abort.ts';
import { nextTurn } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { KubeObject, ObjectList } from '../meta/object.ts';
import type { InstanceOf, Resource } from '../meta/resource.ts';
import type { Client, WatchEvent } from './client.ts';
import { Indexer } from './indexer.ts';
import { keyOf, type Handler, type Informer, type InformerScope, type Lister } from './informer.ts';
import { Reflector, type ReflectorTarget, type Surroundings } from './reflector.ts';

/** Objects of a list told to all handlers before others get their turn. */
const AT_ONCE = 100;

/**
 * Client-go puts a DeltaFIFO between reflector and cache so that slow handlers hold nothing up. On one event loop
 * handlers are plain calls that at most queue a key, so each batch goes straight into the cache and on to them: the
 * same order and the same deletions found by relisting, without the copy.
 */
export class SharedInformer<R extends Resource, T extends KubeObject = InstanceOf<R> & KubeObject> implements Informer<T>, AsyncDisposable {
  readonly #indexer = new Indexer<T>();
  readonly #handlers = new Set<Handler<T>>();
  readonly #log: Logger;
  readonly #reflector: Reflector<R>;
  readonly #synced: PromiseWithResolvers<void> = withResolvers();
  #isSynced = false;
  #resourceVersion = '';

  constructor(source: { client: Client; resource: R; scope: InformerScope }, around: Surroundings) {
    this.#log = around.log.with({ resource: source.resource.plural });
    const target: ReflectorTarget<T> = { replace: (list) => this.#replace(list), apply: (events, at) => this.#apply(events, at) };
    this.#reflector = new Reflector<R>(source, target as unknown as ReflectorTarget<InstanceOf<R>>, around);
  }

  get lister(): Lister<T> {
    return this.#indexer;
  }

  get synced(): boolean {
    return this.#isSynced;
  }

  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  untilSynced(signal?: AbortSignal): Promise<void> {
    return orAborted(this.#synced.promise, signal);
  }

  addHandler(handler: Handler<T>): Disposable {
    this.#handlers.add(handler);
    // Before it is synced: the part of the first list that the others have been told.
    for (const object of this.#indexer.list()) this.#tell(handler, (it) => it.onAdd?.(object, true));
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    this.#indexer.addIndex(name, values);
  }

  relist(): void {
    this.#reflector.relist();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reflector[Symbol.asyncDispose]();
  }

  /** What the list lacks was deleted while nobody watched. A long list is taken in pieces: others run in between. */
  async #replace(list: ObjectList<T>): Promise<void> {
    const listed = new Set(list.items.map(keyOf));
    for (const key of this.#indexer.keys()) if (!listed.has(key)) this.#remove(key);
    let taken = 0;
    for (const object of list.items) {
      this.#put(object, !this.#isSynced);
      if (++taken % AT_ONCE === 0) await nextTurn();
    }
    this.#reached(list.metadata.resourceVersion);
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#synced.resolve();
  }

  #apply(events: readonly WatchEvent<T>[], resourceVersion: string): void {
    for (const { type, object } of events) {
      if (type === 'DELETED') this.#remove(keyOf(object), object);
      else if (type !== 'BOOKMARK') this.#put(object, false);
    }
    this.#reached(resourceVersion);
  }

  #put(object: T, initial: boolean): void {
    const old = this.#indexer.set(object);
    for (const handler of this.#handlers) {
      // The same name with another uid is another object: its predecessor's deletion was missed.
      const replaced = old !== undefined && old.metadata.uid !== object.metadata.uid;
      if (replaced) this.#tell(handler, (it) => it.onDelete?.(old));
      if (old && !replaced) this.#tell(handler, (it) => it.onUpdate?.(object, old));
      else this.#tell(handler, (it) => it.onAdd?.(object, initial));
    }
  }

  #remove(key: string, last?: T): void {
    const old = this.#indexer.delete(key);
    const object = last ?? old;
    if (!old || !object) return;
    for (const handler of this.#handlers) this.#tell(handler, (it) => it.onDelete?.(object));
  }

  #reached(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    for (const handler of this.#handlers) this.#tell(handler, (it) => it.onProgress?.(resourceVersion));
  }

  #tell(handler: Handler<T>, call: (handler: Handler<T>) => void): void {
    try {
      call(handler);
    } catch (error) {
      this.#log.error('informer handler failed', { error: String(error) });
    }
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): PromiseWithResolvers<void> {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
