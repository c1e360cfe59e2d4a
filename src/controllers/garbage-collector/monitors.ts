import type { DiscoveredResource, Discovery, Informer, Informers } from '../../client/index.ts';
import type { AnyObject, KubeObject, OwnerReference } from '../../meta/object.ts';
import { apiVersionOf, groupResource } from '../../meta/resource.ts';

const BY_OWNER = 'owner';

/** An object where the collector met it. */
export interface Item {
  readonly resource: DiscoveredResource;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
}

/** Told of what happens to any object. */
export interface Listener {
  seen(item: Item, object: AnyObject, old?: AnyObject): void;
  gone(item: Item, object: AnyObject): void;
}

interface Monitor {
  readonly resource: DiscoveredResource;
  readonly informer: Informer<KubeObject>;
  readonly handler: Disposable;
}

/** Events tell of others and have no dependents: following them would cost more than all else. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);
const collectible = ({ verbs }: DiscoveredResource): boolean => ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));

/**
 * A watch on every resource that can be deleted. The graph of owners and dependents is no structure of its own: each
 * cache is indexed by owner, and an owner is looked up by name in the cache of its kind.
 */
export class Monitors implements Disposable {
  readonly #informers: Informers;
  readonly #listener: Listener;
  readonly #monitors = new Map<string, Monitor>();

  constructor(informers: Informers, listener: Listener) {
    this.#informers = informers;
    this.#listener = listener;
  }

  /**
   * Follows what was discovered and nothing else; of a group that could not be asked, what it served before. Resolves once
   * all caches are filled.
   */
  async follow({ resources, failed }: Discovery, signal: AbortSignal): Promise<void> {
    const silent = new Set(failed.map(({ groupVersion }) => groupVersion.slice(0, Math.max(0, groupVersion.indexOf('/')))));
    const wanted = new Map(resources.filter((one) => collectible(one) && !IGNORED.has(groupResource(one))).map((one) => [groupResource(one), one]));
    for (const [id, { resource, handler }] of this.#monitors) {
      const now = wanted.get(id);
      if (silent.has(resource.group) || (now && apiVersionOf(now) === apiVersionOf(resource))) continue;
      handler[Symbol.dispose]();
      this.#monitors.delete(id);
      // A removed definition's informer would ask for ever for what is served no more.
      if (!now) await this.#informers.stop(resource);
    }
    for (const [id, resource] of wanted) if (!this.#monitors.has(id)) this.#monitors.set(id, this.#monitor(resource));
    await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.untilSynced(signal)));
  }

  /** The resource a reference's kind is served as. */
  resourceOf({ apiVersion, kind }: Pick<OwnerReference, 'apiVersion' | 'kind'>): DiscoveredResource | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    for (const { resource } of this.#monitors.values()) if (resource.kind === kind && resource.group === group) return resource;
    return undefined;
  }

  /** The resource of that name, `deployments.apps`, in the version that is followed. */
  resource(id: string): DiscoveredResource | undefined {
    return this.#monitors.get(id)?.resource;
  }

  cached({ resource, name, namespace }: Pick<Item, 'resource' | 'name' | 'namespace'>): AnyObject | undefined {
    return this.#monitors.get(groupResource(resource))?.informer.lister.get(name, namespace) as AnyObject | undefined;
  }

  /** Everything that refers to the object of this uid as an owner. */
  dependentsOf(uid: string): readonly { readonly item: Item; readonly object: AnyObject }[] {
    return [...this.#monitors.values()].flatMap(({ resource, informer }) =>
      informer.lister.byIndex(BY_OWNER, uid).map((object) => ({ item: itemOf(resource, object), object: object as AnyObject })));
  }

  /** Every object with an owner: what has to be looked at once when the collector starts. */
  owned(): readonly Item[] {
    return [...this.#monitors.values()].flatMap(({ resource, informer }) =>
      informer.lister.list().filter(({ metadata }) => metadata.ownerReferences !== undefined || metadata.deletionTimestamp !== undefined)
        .map((object) => itemOf(resource, object)));
  }

  [Symbol.dispose](): void {
    for (const { handler } of this.#monitors.values()) handler[Symbol.dispose]();
    this.#monitors.clear();
  }

  #monitor(resource: DiscoveredResource): Monitor {
    const informer = this.#informers.for(resource);
    informer.addIndex(BY_OWNER, (object) => object.metadata.ownerReferences?.map(({ uid }) => uid) ?? []);
    const handler = informer.addHandler({
      onAdd: (object) => this.#listener.seen(itemOf(resource, object), object as AnyObject),
      onUpdate: (object, old) => this.#listener.seen(itemOf(resource, object), object as AnyObject, old as AnyObject),
      onDelete: (object) => this.#listener.gone(itemOf(resource, object), object as AnyObject),
    });
    return { resource, informer, handler };
  }
}

export const itemOf = (resource: DiscoveredResource, { metadata: { name, namespace, uid } }: KubeObject): Item => ({ resource, name, namespace, uid });
