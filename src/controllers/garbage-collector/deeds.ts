import type { Client } from '../../client/index.ts';
import { ApiError, isApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Item } from './monitors.ts';
import { ORPHAN, type Plan } from './plan.ts';

/** The object a plan is about, with what depends on it. */
export interface Case {
  readonly item: Item;
  readonly object: AnyObject;
  readonly dependents: readonly { readonly item: Item; readonly object: AnyObject }[];
}

/** Carries plans out. What has gone meanwhile is no failure; what changed meanwhile is a Conflict and decided anew. */
export class Deeds {
  readonly #client: Client;
  readonly #signal: AbortSignal;

  constructor(client: Client, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** The object as the server has it, if it is still the same. */
  async read({ resource, name, namespace, uid }: Item): Promise<AnyObject | undefined> {
    const object = await this.#client.get(resource, name, this.#at(namespace)).catch(absent);
    return object?.metadata.uid === uid ? (object as AnyObject) : undefined;
  }

  async carryOut(todo: Plan, { item, object, dependents }: Case): Promise<void> {
    switch (todo.type) {
      case 'delete':
        return this.#delete(item, object, todo.policy);
      case 'unblock-and-delete':
        return this.#delete(item, await this.#unblock(item, object), 'Foreground');
      case 'drop-owners':
        await this.#dropOwners(item, object, todo.uids);
        return;
      case 'orphan':
        await Promise.all(dependents.map((one) => this.#dropOwners(one.item, one.object, [item.uid])));
        return this.#release(item, object, ORPHAN);
      case 'release':
        return this.#release(item, object, todo.finalizer);
      case 'await-dependents':
      case 'keep':
    }
  }

  async #delete({ resource, name, namespace, uid }: Item, { metadata }: AnyObject, propagationPolicy: 'Orphan' | 'Foreground' | 'Background'): Promise<void> {
    // The version too: an owner added since would have kept it.
    const preconditions = { uid, resourceVersion: metadata.resourceVersion };
    await this.#client.delete(resource, name, { ...this.#at(namespace), propagationPolicy, preconditions }).catch(absent);
  }

  async #unblock(item: Item, object: AnyObject): Promise<AnyObject> {
    const ownerReferences = object.metadata.ownerReferences?.map((one) => (one.blockOwnerDeletion ? { ...one, blockOwnerDeletion: false } : one));
    return (await this.#patch(item, object, { ownerReferences })) ?? object;
  }

  /** By merge patch with the version, which every resource takes: custom ones know no strategic merge. */
  async #dropOwners(item: Item, object: AnyObject, uids: readonly string[]): Promise<void> {
    const ownerReferences = (one: AnyObject) => one.metadata.ownerReferences?.filter((reference) => !uids.includes(reference.uid)) ?? [];
    try {
      await this.#patch(item, object, { ownerReferences: ownerReferences(object) });
    } catch (error) {
      // The cache's copy of a dependent may be old: once more with the server's.
      const fresh = isApiError(error, 'Conflict') ? await this.read(item) : undefined;
      if (!fresh) {
        if (isApiError(error, 'Conflict')) return;
        throw error;
      }
      await this.#patch(item, fresh, { ownerReferences: ownerReferences(fresh) });
    }
  }

  async #release(item: Item, object: AnyObject, finalizer: string): Promise<void> {
    await this.#patch(item, object, { finalizers: object.metadata.finalizers?.filter((one) => one !== finalizer) ?? [] });
  }

  async #patch({ resource, name, namespace, uid }: Item, { metadata: { resourceVersion } }: AnyObject, change: object): Promise<AnyObject | undefined> {
    const body = { metadata: { uid, resourceVersion, ...change } };
    return (await this.#client.patch(resource, name, { type: 'merge', body }, this.#at(namespace)).catch(absent)) as AnyObject | undefined;
  }

  #at(namespace: string | undefined) {
    return { signal: this.#signal, ...(namespace === undefined ? {} : { namespace }) };
  }
}

function absent(error: unknown): undefined {
  if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error;
}
