import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';

interface Classes {
  readonly group: string;
  readonly plural: string;
  /** Any of these, as `true`, makes a class the default. */
  readonly annotations: readonly string[];
}

type Cache = NonNullable<ReturnType<Core['resources']['of']>>['cache'];

/** The default of a cluster's classes, by when any class last changed. */
const known = new WeakMap<Cache, { readonly at: number; readonly found: AnyObject | undefined }>();

/** The class that is marked as default; of several the youngest, and of equally old ones the first by name. */
export function defaultClass({ resources }: Core, { group, plural, annotations }: Classes): AnyObject | undefined {
  const cache = resources.of(group, plural)?.cache;
  if (!cache) return undefined;
  const last = known.get(cache);
  if (last?.at === cache.lastChange) return last.found;
  const isDefault = ({ metadata }: AnyObject) => annotations.some((name) => metadata.annotations?.[name] === 'true');
  const [found] = [...cache.list('')].map(({ object }) => object).filter(isDefault).toSorted(youngestFirst);
  known.set(cache, { at: cache.lastChange, found });
  return found;
}

function youngestFirst({ metadata: a }: AnyObject, { metadata: b }: AnyObject): number {
  const [left, right] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (left !== right) return left < right ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}
