import type { Informer, Informers, Lister } from '../../client/index.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import { controllerOf } from './ownership.ts';

const BY_CONTROLLER = 'controller';

/** A way to find objects of a cache: what `values` gives for each. */
export interface Index<T> {
  readonly name: string;
  readonly values: (object: T) => readonly string[];
}

/** Reads of everything the cluster's informers hold. No request, possibly stale; the manager waits for one's own writes. */
export class Cache {
  readonly #informers: Informers;
  readonly #known = new Map<Resource, Informer<KubeObject>>();

  constructor(informers: Informers) {
    this.#informers = informers;
  }

  /** The informer of a resource, indexed by controller. */
  informer<R extends Resource>(resource: R): Informer<InstanceOf<R>> {
    let informer = this.#known.get(resource);
    if (!informer) {
      informer = this.#informers.for<Resource>(resource);
      informer.addIndex(BY_CONTROLLER, (object) => [controllerOf(object)?.uid ?? orphansIn(object.metadata.namespace)]);
      this.#known.set(resource, informer);
    }
    return informer as unknown as Informer<InstanceOf<R>>;
  }

  lister<R extends Resource>(resource: R): Lister<InstanceOf<R>> {
    return this.informer(resource).lister;
  }

  get<R extends Resource>(resource: R, name: string, namespace?: string): InstanceOf<R> | undefined {
    return this.lister(resource).get(name, namespace);
  }

  list<R extends Resource>(resource: R, namespace?: string): readonly InstanceOf<R>[] {
    return this.lister(resource).list(namespace);
  }

  /** Objects for which the function of this index gave `value`; the index is made on first use. */
  byIndex<R extends Resource>(resource: R, index: Index<InstanceOf<R>>, value: string): readonly InstanceOf<R>[] {
    const informer = this.informer(resource);
    informer.addIndex(index.name, index.values);
    return informer.lister.byIndex(index.name, value);
  }

  /** What this owner manages. */
  owned<R extends Resource>(resource: R, owner: KubeObject): readonly InstanceOf<R>[] {
    return this.lister(resource).byIndex(BY_CONTROLLER, owner.metadata.uid);
  }

  /** What this owner manages, and what nobody in its namespace manages: all that `claim` has to look at. */
  candidates<R extends Resource>(resource: R, owner: KubeObject): readonly InstanceOf<R>[] {
    return [...this.owned(resource, owner), ...this.lister(resource).byIndex(BY_CONTROLLER, orphansIn(owner.metadata.namespace))];
  }
}

const orphansIn = (namespace: string | undefined): string => `none in ${namespace ?? ''}`;
