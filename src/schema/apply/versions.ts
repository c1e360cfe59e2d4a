import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { Kind } from '../kind.ts';
import { blankOf, compare, fieldsOf, type Difference } from './compare.ts';
import { union, type FieldSet } from './field-set.ts';
import type { Manager } from './managers.ts';
import { prune } from './merge.ts';

/** An object as another version of its kind has it; undefined where that version is not served. */
export type Convert = (object: AnyObject, apiVersion: string) => InVersion | undefined;

export interface InVersion {
  readonly kind: Kind;
  readonly object: AnyObject;
}

interface Change {
  readonly kind: Kind;
  readonly convert?: Convert | undefined;
  readonly live: AnyObject | undefined;
  readonly next: AnyObject;
  /** What changes in the writer's own version. */
  readonly own: Difference;
  /** What of a difference counts for this write. */
  counted(difference: Difference): Difference;
}

/** What a write changes, told each manager in the words of the version it wrote in. */
export function changesIn({ kind, convert, live, next, own, counted }: Change): (manager: Manager) => Difference {
  const known = new Map<string, Difference>([[apiVersionOf(kind), own]]);
  const elsewhere = (apiVersion: string): Difference => {
    const after = convert?.(next, apiVersion);
    if (!after) return own;
    const before = live && convert?.(live, apiVersion)?.object;
    return counted(compare(after.kind.schema, before ?? blankOf(after.kind.schema), after.object));
  };
  return ({ apiVersion }) => {
    const found = known.get(apiVersion) ?? elsewhere(apiVersion);
    known.set(apiVersion, found);
    return found;
  };
}

interface Pruning {
  readonly kind: Kind;
  readonly convert?: Convert | undefined;
  /** What the manager applied before, and in which version. */
  readonly last: { readonly apiVersion: string; readonly fields: FieldSet };
  readonly owned: FieldSet;
  /** What it applies now. */
  readonly config: AnyObject;
}

/** The merged object without what its manager applied before and nobody owns any more, even where that was in another version. */
export function pruned(merged: AnyObject, { kind, convert, last, owned, config }: Pruning): AnyObject {
  const here = apiVersionOf(kind);
  const there = last.apiVersion === here ? undefined : convert?.(merged, last.apiVersion);
  if (!there) return prune(kind.schema, merged, { last: last.fields, owned }) as AnyObject;
  const wanted = convert?.(config, last.apiVersion);
  const kept = wanted ? union(owned, fieldsOf(there.kind.schema, wanted.object)) : owned;
  const left = prune(there.kind.schema, there.object, { last: last.fields, owned: kept }) as AnyObject;
  return convert?.(left, here)?.object ?? merged;
}
