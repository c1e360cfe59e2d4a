import type { AnyObject } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { Kind } from '../schema/kind.ts';
import { tableOf } from './engine.ts';
import type { Media } from './negotiate.ts';

/** meta.k8s.io's views of objects: what is asked for by `as=`. */
export interface View {
  one(object: AnyObject): unknown;
  many(objects: readonly AnyObject[], metadata: Readonly<Record<string, unknown>>): unknown;
}

export interface ViewOptions {
  readonly media: Media;
  readonly kind: Kind;
  readonly now: number;
  /** What a Table's rows carry beside their cells. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
}

/** Undefined when the objects themselves are asked for. */
export function viewOf(options: ViewOptions): View | undefined {
  const { media } = options;
  if (media.as === undefined) return undefined;
  const apiVersion = `meta.k8s.io/${media.asVersion ?? 'v1'}`;
  return media.as === 'Table' ? tableView(options, apiVersion) : metadataView(apiVersion);
}

function metadataView(apiVersion: string): View {
  const one = ({ metadata }: AnyObject) => ({ kind: 'PartialObjectMetadata', apiVersion, metadata });
  return {
    one,
    many: (objects, metadata) => ({ kind: 'PartialObjectMetadataList', apiVersion, metadata, items: objects.map(one) }),
  };
}

function tableView({ kind, now, includeObject }: ViewOptions, apiVersion: string): View {
  const rowObject = (object: AnyObject) => {
    if (includeObject === 'None') return null;
    if (includeObject === 'Object') return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
    return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
  };
  const many: View['many'] = (objects, metadata) => {
    const table = tableOf(kind, objects, now);
    return {
      kind: 'Table', apiVersion, metadata,
      columnDefinitions: table.columnDefinitions,
      rows: table.rows.map((row, at) => ({ ...row, object: rowObject(objects[at]!) })),
    };
  };
  return { one: (object) => many([object], { resourceVersion: object.metadata.resourceVersion }), many };
}
