import { ApiError } from '../meta/api-error.ts';
import type { AnyObject, ListMeta } from '../meta/object.ts';
import { type Kind, listKindOf } from '../schema/kind.ts';
import { type IncludeObject, type PartialObjectMetadata, toPartial, toTable } from '../schema/table.ts';
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
  if (media.as !== 'Table') return metadataOf(media.as, { apiVersion, kind });
  let withColumns = true;
  const many: View['many'] = (objects, metadata) => {
    const { rows, ...table } = toTable(kind, objects, { now, includeObject, metadata, withColumns });
    withColumns = false;
    const written = includeObject === 'Metadata' ? rows.map(({ cells, object }) => ({ cells, object: { ...(object as PartialObjectMetadata), apiVersion } })) : rows;
    return { ...table, apiVersion, rows: written };
  };
  return { many, one: (object) => many([object], { resourceVersion: object.metadata.resourceVersion }) };
}

/** One object is no list, nor a list one object: who asks for the other gets 406. */
function metadataOf(as: 'PartialObjectMetadata' | 'PartialObjectMetadataList', { apiVersion, kind }: { readonly apiVersion: string; readonly kind: Kind }): View {
  const partial = (object: AnyObject) => ({ ...toPartial(object), apiVersion });
  return {
    one(object) {
      if (as === 'PartialObjectMetadataList') throw notAList(kind);
      return partial(object);
    },
    many(objects, metadata) {
      if (as === 'PartialObjectMetadata') throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${goType(kind, listKindOf(kind))})`);
      return { kind: 'PartialObjectMetadataList', apiVersion, metadata, items: objects.map(partial) };
    },
  };
}

export const notAList = (kind: Kind): ApiError => notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${goType(kind, kind.kind)})`);
const notAcceptable = (message: string): ApiError => new ApiError('NotAcceptable', message);
/** How Go prints the type of upstream's own objects: `*core.ConfigMap`. */
const goType = ({ group }: Kind, kind: string): string => `*${group === '' ? 'core' : group.split('.')[0]}.${kind}`;
