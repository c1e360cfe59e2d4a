import type { DeepPartial, KubeObject, ObjectList } from '../meta/object.ts';
import type { InstanceOf, Resource } from '../meta/resource.ts';
import type { ApiRequest, ApiResponse } from '../wire/api.ts';

export interface ReadOptions {
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly signal?: AbortSignal;
}

export interface ListOptions extends ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly limit?: number;
  readonly continue?: string;
}

export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export interface WriteOptions {
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  readonly signal?: AbortSignal;
}

/** One patch: its type is its media type. `apply` is server-side apply. */
export type Patch =
  | { readonly type: 'json'; readonly body: readonly unknown[] }
  | { readonly type: 'merge' | 'strategic' | 'apply'; readonly body: object };

export interface PatchOptions extends WriteOptions {
  readonly subresource?: string;
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly namespace?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: T };

/**
 * Typed verbs over any transport. Objects that come back are immutable and may be shared. Failures are ApiErrors with
 * the server's Status; a watch's ERROR event ends the iteration by throwing one. A namespaced object's own
 * metadata.namespace is used where the options name none.
 */
export interface Client {
  get<R extends Resource>(resource: R, name: string, options?: ReadOptions): Promise<InstanceOf<R>>;
  list<R extends Resource>(resource: R, options?: ListOptions): Promise<ObjectList<InstanceOf<R>>>;
  /** Yields one batch for each read off the wire. Ends when the server closes it. */
  watch<R extends Resource>(resource: R, options?: WatchOptions): AsyncIterable<readonly WatchEvent<InstanceOf<R>>[]>;
  create<R extends Resource>(resource: R, object: DeepPartial<InstanceOf<R>>, options?: WriteOptions): Promise<InstanceOf<R>>;
  update<R extends Resource>(resource: R, object: InstanceOf<R>, options?: WriteOptions): Promise<InstanceOf<R>>;
  updateStatus<R extends Resource>(resource: R, object: InstanceOf<R>, options?: WriteOptions): Promise<InstanceOf<R>>;
  /** PUTs the object to a subresource that takes it whole: a Namespace's `finalize`. */
  updateSubresource<R extends Resource>(resource: R, object: InstanceOf<R>, subresource: string, options?: WriteOptions): Promise<InstanceOf<R>>;
  patch<R extends Resource>(resource: R, name: string, patch: Patch, options?: PatchOptions): Promise<InstanceOf<R>>;
  /** Resolves with the object still there (finalizers, grace) or undefined once it is gone. */
  delete<R extends Resource>(resource: R, name: string, options?: DeleteOptions): Promise<InstanceOf<R> | undefined>;
  deleteCollection<R extends Resource>(resource: R, list?: ListOptions, options?: DeleteOptions): Promise<void>;
  /** POSTs `body` to a subresource: binding, eviction, token. */
  createSubresource<T extends object = KubeObject>(
    resource: Resource, name: string, subresource: string, body: object, options?: WriteOptions): Promise<T>;
  /** Any request, as is: discovery, logs, proxies. Statuses of 400 and above throw. */
  request(request: Partial<ApiRequest> & Pick<ApiRequest, 'url'>): Promise<ApiResponse>;
}
