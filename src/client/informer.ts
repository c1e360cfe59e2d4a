import type { KubeObject } from '../meta/object.ts';
import type { InstanceOf, Resource } from '../meta/resource.ts';

/** Told of changes after the indexer holds them; called one at a time, in order. Objects are immutable and shared. */
export interface Handler<T> {
  /** `initial`: part of the first list. */
  onAdd?(object: T, initial: boolean): void;
  /** Also called for a relist of an unchanged object: compare resourceVersions. */
  onUpdate?(object: T, old: T): void;
  /** The last known state, which may be stale where a deletion was missed. */
  onDelete?(object: T): void;
  /** After each batch: the cache now holds the state of this revision. */
  onProgress?(resourceVersion: string): void;
}

/** Reads of the local cache: no request, possibly stale. */
export interface Lister<T> {
  get(name: string, namespace?: string): T | undefined;
  /** All, or one namespace's. The array is fresh, its objects are shared. */
  list(namespace?: string): readonly T[];
  /** Objects for which the index function of that name gave `value`. */
  byIndex(index: string, value: string): readonly T[];
  readonly size: number;
}

/** One shared list-and-watch of a resource. */
export interface Informer<T> {
  readonly lister: Lister<T>;
  /** Whether the first list is in the lister and every handler has been told. */
  readonly synced: boolean;
  /** The revision the cache has reached, '' before the first list. */
  readonly resourceVersion: string;
  untilSynced(signal?: AbortSignal): Promise<void>;
  /** A handler added late is told of everything already there, as initial. */
  addHandler(handler: Handler<T>): Disposable;
  /** Adds an index; an object may have many values. Must be the same function when added again by name. */
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  /** Lists the latest state anew: for who suspects that the cache has fallen behind. */
  relist(): void;
}

export interface InformerScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** One informer for each resource and scope, shared by all who ask; started on first use, stopped by disposal. */
export interface Informers extends AsyncDisposable {
  for<R extends Resource>(resource: R, scope?: InformerScope): Informer<InstanceOf<R>>;
  /** Ends one informer whose resource is served no longer; a later `for` starts another. */
  stop(resource: Resource, scope?: InformerScope): Promise<void>;
  /** Until everything asked for so far has synced. */
  untilSynced(signal?: AbortSignal): Promise<void>;
}

/** The key of an object in caches and queues: `namespace/name`, or `name`. */
export function keyOf(object: { readonly metadata: Pick<KubeObject['metadata'], 'name' | 'namespace'> }): string {
  const { name, namespace } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}
