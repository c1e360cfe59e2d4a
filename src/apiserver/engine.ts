import { type FieldError, FieldPath } from '../meta/field-error.ts';
import type { AnyObject } from '../meta/object.ts';
import type { Kind } from '../schema/kind.ts';
import { validateObject as validateByKind } from '../schema/validate.ts';
import { type Conversion, conversionOf } from './conversion/conversion.ts';
import { metadataErrors } from './registry/metadata.ts';

/** Everything wrong with an object about to be written; with `old`, also what may not change. At once, unless it is long work. */
export function validateObject(kind: Kind, object: AnyObject, change?: { readonly old: AnyObject; readonly scope: 'object' | 'status' | 'whole' }): readonly FieldError[] | Promise<readonly FieldError[]> {
  const metadata = metadataErrors(kind, object, change?.old);
  // The rules of kinds may count on a name.
  if (!object.metadata.name) return [...metadata];
  if (kind.custom) {
    const found = kind.custom.validate(object, change?.old);
    return found instanceof Promise ? found.then((errors) => [...metadata, ...errors]) : [...metadata, ...found];
  }
  // What a subresource may change is the subresource's own rule, not the one for updates of the object.
  if (change?.scope === 'whole') return [...metadata, ...judged(kind, object, 'any')];
  if (change?.scope !== 'status') return [...metadata, ...judged(kind, object, change?.old)];
  return [...metadata, ...(kind.validateStatusUpdate?.(object as never, change.old as never, FieldPath.of()) ?? [])];
}

/** By its own rules, or by those of the version it is stored as. */
function judged(kind: Kind, object: AnyObject, before: AnyObject | 'any' | undefined): readonly FieldError[] {
  const { judgedAs, toStored, store = toStored } = (FULLER_ELSEWHERE.has(kind.kind) ? conversionOf(kind) : undefined) ?? ITSELF;
  if (!judgedAs) return validateByKind(kind, object, before);
  return validateByKind(judgedAs, store(object), before === undefined || before === 'any' ? before : toStored(before));
}

/** Kinds of which a version keeps in annotations what another has fields for. */
const FULLER_ELSEWHERE = new Set(['HorizontalPodAutoscaler']);
const ITSELF: Pick<Conversion, 'judgedAs' | 'toStored' | 'store'> = { toStored: (object) => object };
