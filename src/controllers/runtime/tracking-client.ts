import type { Client, DeleteOptions, ListOptions, Patch, PatchOptions, ReadOptions, WatchOptions, WriteOptions } from '../../client/index.ts';
import { ApiError, isApiError } from '../../meta/api-error.ts';
import type { DeepPartial, KubeObject } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import type { ApiRequest } from '../../wire/api.ts';
import { controllerReference } from './ownership.ts';
import type { Write } from './write-barrier.ts';

/** The client of one pass of a controller: it remembers what was written, for the barrier. */
export class TrackingClient implements Client {
  readonly writes: Write[] = [];
  readonly #client: Client;
  readonly #owner: Resource;
  /** One live look at an owner serves all adoptions of a pass. */
  #adopter: Promise<void> | undefined;

  readonly #ending: { readonly signal: AbortSignal };

  /** @param signal ends what is under way when the controller stops */
  constructor(client: Client, owner: Resource, signal: AbortSignal) {
    this.#client = client;
    this.#owner = owner;
    this.#ending = { signal };
  }

  /** Makes `owner` the controller of an orphan. Asks the server first whether the owner still stands. */
  async adopt<R extends Resource>(resource: R, object: KubeObject & InstanceOf<R>, owner: KubeObject): Promise<void> {
    await (this.#adopter ??= this.#mayAdopt(owner));
    const ownerReferences = [controllerReference(this.#owner, owner)];
    await this.#patchOf(resource, object, ownerReferences);
  }

  /** Takes the owner's reference off. What has gone, or was let go by another, is no failure. */
  async release<R extends Resource>(resource: R, object: KubeObject & InstanceOf<R>, owner: KubeObject): Promise<void> {
    const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
    await this.#patchOf(resource, object, ownerReferences).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound', 'Invalid')) throw error;
    });
  }

  get<R extends Resource>(resource: R, name: string, options?: ReadOptions) {
    return this.#client.get(resource, name, { ...this.#ending, ...options });
  }

  list<R extends Resource>(resource: R, options?: ListOptions) {
    return this.#client.list(resource, { ...this.#ending, ...options });
  }

  watch<R extends Resource>(resource: R, options?: WatchOptions) {
    return this.#client.watch(resource, { ...this.#ending, ...options });
  }

  async create<R extends Resource>(resource: R, object: DeepPartial<InstanceOf<R>>, options?: WriteOptions) {
    return this.#wrote(resource, await this.#client.create(resource, object, { ...this.#ending, ...options }));
  }

  async update<R extends Resource>(resource: R, object: InstanceOf<R>, options?: WriteOptions) {
    return this.#wrote(resource, await this.#client.update(resource, object, { ...this.#ending, ...options }));
  }

  async updateStatus<R extends Resource>(resource: R, object: InstanceOf<R>, options?: WriteOptions) {
    return this.#wrote(resource, await this.#client.updateStatus(resource, object, { ...this.#ending, ...options }));
  }

  async updateSubresource<R extends Resource>(resource: R, object: InstanceOf<R>, subresource: string, options?: WriteOptions) {
    return this.#wrote(resource, await this.#client.updateSubresource(resource, object, subresource, { ...this.#ending, ...options }));
  }

  async patch<R extends Resource>(resource: R, name: string, patch: Patch, options?: PatchOptions) {
    return this.#wrote(resource, await this.#client.patch(resource, name, patch, { ...this.#ending, ...options }));
  }

  async delete<R extends Resource>(resource: R, name: string, options: DeleteOptions = {}) {
    const left = await this.#client.delete(resource, name, { ...this.#ending, ...options });
    if (left) return this.#wrote(resource, left);
    const uid = options.preconditions?.uid;
    if (uid !== undefined) this.writes.push({ resource, name, namespace: options.namespace, uid });
    return undefined;
  }

  /**
   * Deletes this very object. @returns whether it was there: gone, or gone and another under its name, is no failure.
   */
  async remove<R extends Resource>(
    resource: R, { metadata: { name, namespace, uid } }: KubeObject & InstanceOf<R>, how: Pick<DeleteOptions, 'gracePeriodSeconds' | 'propagationPolicy'> = {},
  ): Promise<boolean> {
    try {
      await this.delete(resource, name, { ...(namespace === undefined ? {} : { namespace }), ...how, preconditions: { uid } });
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound', 'Conflict')) return false;
      throw error;
    }
  }

  deleteCollection<R extends Resource>(resource: R, list?: ListOptions, options?: DeleteOptions) {
    return this.#client.deleteCollection(resource, list, { ...this.#ending, ...options });
  }

  createSubresource<T extends object = KubeObject>(
    resource: Resource, name: string, subresource: string, body: object, options?: WriteOptions,
  ): Promise<T> {
    return this.#client.createSubresource<T>(resource, name, subresource, body, { ...this.#ending, ...options });
  }

  request(request: Partial<ApiRequest> & Pick<ApiRequest, 'url'>) {
    return this.#client.request({ ...this.#ending, ...request });
  }

  #wrote<R extends Resource, T extends InstanceOf<R>>(resource: R, object: T): T {
    const { name, namespace, resourceVersion, uid } = (object as KubeObject).metadata;
    // The last finalizer of what was leaving is off: the answer is what it was, its end has a revision of its own.
    this.writes.push(hasGone(object as KubeObject) ? { resource, name, namespace, uid } : { resource, name, namespace, resourceVersion, uid });
    return object;
  }

  async #mayAdopt(owner: KubeObject): Promise<void> {
    const { name, namespace, uid } = owner.metadata;
    const at = { ...this.#ending, ...(namespace === undefined ? {} : { namespace }) };
    const { metadata } = await this.#client.get<Resource>(this.#owner, name, at);
    if (metadata.uid !== uid) throw new ApiError('Conflict', `original ${this.#owner.kind} ${namespace}/${name} is gone: got uid ${metadata.uid}, wanted ${uid}`);
    if (metadata.deletionTimestamp) throw new ApiError('Conflict', `${namespace}/${name} has just been deleted at ${metadata.deletionTimestamp}`);
  }

  async #patchOf(resource: Resource, { metadata }: KubeObject, ownerReferences: readonly object[]): Promise<void> {
    const { name, namespace, uid } = metadata;
    const body = { metadata: { uid, ownerReferences } };
    await this.patch(resource, name, { type: 'strategic', body }, namespace === undefined ? {} : { namespace });
  }
}

const hasGone = ({ metadata: { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } }: KubeObject): boolean =>
  deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0;
