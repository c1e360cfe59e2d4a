import type { AnyObject } from '../../meta/object.ts';
import type { ResourceCache } from './resource-cache.ts';

/** What is made of all objects of a resource, made again only when it is asked for and one of them has changed. */
export function derived<T>(make: (objects: readonly AnyObject[]) => T): (cache: ResourceCache) => T {
  const known = new WeakMap<ResourceCache, { readonly at: number; readonly made: T }>();
  return (cache) => {
    const last = known.get(cache);
    if (last?.at === cache.lastChange) return last.made;
    const made = make([...cache.list('')].map(({ object }) => object));
    known.set(cache, { at: cache.lastChange, made });
    return made;
  };
}
