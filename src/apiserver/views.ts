import type { AnyObject, ListMeta } from '../meta/object.ts';
import type { Kind } from '../schema/kind.ts';
import { type IncludeObject, toPartial, toTable } from '../schema/table.ts';
import type { Media } from './negotiate.ts';

/** meta.k8s.io's views of objects: what is asked for by `as=`. */
export interface View {
  one(object: AnyObject): unknown;
  many(objects: readonly AnyObject[], metadata: Partial<ListMeta>): unknown;
}

export interface ViewOptions {
  readonly media: Media;
  readonly kind: Kind;
  readonly now: number;
  /** What a Table's rows carry beside their cells. */
  readonly includeObject: IncludeObject;
}

/** Undefined when the objects themselves are asked for. A view lives as long as its request: a watch's Table has columns once. */
export function viewOf({ media, kind, now, includeObject }: ViewOptions): View | undefined {
  if (media.as === undefined) return undefined;
  const apiVersion = `meta.k8s.io/${media.asVersion ?? 'v1'}`;
  if (media.as !== 'Table') {
    const one = (object: AnyObject) => ({ ...toPartial(object), apiVersion });
    return { one, many: (objects, metadata) => ({ kind: 'PartialObjectMetadataList', apiVersion, metadata, items: objects.map(one) }) };
  }
  let withColumns = true;
  const many: View['many'] = (objects, metadata) => {
    const table = toTable(kind, objects, { now, includeObject, metadata, withColumns });
    withColumns = false;
    return { ...table, apiVersion };
  };
  return { many, one: (object) => many([object], { resourceVersion: object.metadata.resourceVersion }) };
}
