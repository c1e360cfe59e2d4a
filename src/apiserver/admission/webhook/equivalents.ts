/** One resource in its several groups and versions: webhooks may know it by another than the request has. */
import type { AnyObject } from '../../../meta/object.ts';
import { apiVersionOf } from '../../../meta/resource.ts';
import { decodeBare } from '../../../schema/decode.ts';
import type { Kind } from '../../../schema/kind.ts';
import { conversionOf } from '../../conversion/conversion.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A request as one version of its resource has it. */
export interface Shape {
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly kind: GroupVersionKind;
  /** The resource's kind in this version. */
  readonly of: Kind;
}

type Shapes = readonly [Shape, ...Shape[]];

/** Found out for a kind, and good until resources come or go: webhooks and policies ask with every request. */
const known = new WeakMap<Kind, { readonly resources: Core['resources']; readonly generation: number; readonly shapes: Shapes }>();

/** The request's own shape, then all others. */
export function equivalents({ resources }: Core, { kind, shown }: Attributes): Shapes {
  if (shown) return shapesOf(resources, kind, shown);
  const before = known.get(kind);
  if (before?.resources === resources && before.generation === resources.generation) return before.shapes;
  const shapes = shapesOf(resources, kind);
  known.set(kind, { resources, generation: resources.generation, shapes });
  return shapes;
}

function shapesOf(resources: Core['resources'], kind: Kind, shown?: Attributes['shown']): Shapes {
  const shapeOf = (of: Kind): Shape => ({
    resource: { group: of.group, version: of.version, resource: of.plural },
    kind: shown?.kind ?? { group: of.group, version: of.version, kind: of.kind },
    of,
  });
  const prefix = resources.find(kind.group, kind.version, kind.plural)?.codec.prefix;
  const others = prefix === undefined ? [] : resources.served().filter((one) => one.codec.prefix === prefix && one.kind !== kind);
  return [shapeOf(kind), ...others.map((one) => shapeOf(one.kind))];
}

/** What a conversion webhook made of objects: kept while they are under way. */
const converted = new WeakMap<AnyObject, Map<Kind, AnyObject>>();

/** Sees to it that a request's objects can be shown in this version: only a conversion webhook takes time for it. @throws ApiError InternalError */
export async function showable({ of: to }: Shape, { kind, object, old, shown }: Pick<Attributes, 'kind' | 'object' | 'old' | 'shown'>): Promise<void> {
  if (shown || to === kind || !kind.custom?.convert) return;
  for (const one of [object, old] as readonly (AnyObject | undefined)[]) if (one) await brought(one, kind, to);
}

/** An object in another version of its resource, whoever converts it. @throws ApiError InternalError */
export async function brought(object: AnyObject, from: Kind, to: Kind): Promise<AnyObject> {
  const { convert } = from.custom ?? {};
  if (from === to || !convert) return inVersion(object, from, to);
  const known = converted.get(object) ?? new Map<Kind, AnyObject>();
  converted.set(object, known);
  if (!known.has(to)) {
    const [made] = await convert([{ ...object, apiVersion: apiVersionOf(from), kind: from.kind }], apiVersionOf(to));
    known.set(to, decodeBare<AnyObject>(to, made).value);
  }
  return known.get(to)!;
}

/** An object in another version of its resource; one that a webhook converts has been made {@link showable} before. */
export function inVersion(object: AnyObject, from: Kind, to: Kind): AnyObject {
  if (from === to) return object;
  const known = converted.get(object)?.get(to);
  if (known) return known;
  const stored = conversionOf(from)?.toStored(object) ?? object;
  return { ...(conversionOf(to)?.fromStored(stored) ?? stored), apiVersion: apiVersionOf(to), kind: to.kind };
}
