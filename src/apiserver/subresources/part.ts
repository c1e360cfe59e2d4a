import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../../schema/decode.ts';
import { checkKind } from '../body.ts';
import { trackUpdate } from '../registry/managed-fields.ts';
import { readPatch } from '../registry/patch.ts';
import { modify } from '../registry/update.ts';
import { answerOutcome, bodyOf, type ResourceRequest, writeContext } from '../resource-request.ts';
import { verbs } from '../verbs.ts';
import type { Subresource } from './table.ts';

/** Takes one part of a proposed object over into the present one. */
export type TakePart = (present: AnyObject, proposed: AnyObject) => AnyObject;

/** A subresource whose body is the whole object, of which only a part counts. */
export function partOf(take: TakePart): Subresource {
  const change = async (at: ResourceRequest, options: string, propose: (current: AnyObject) => AnyObject) => {
    const context = writeContext(at, options);
    return answerOutcome(at, await modify(context, {
      scope: 'whole',
      transform: (present) => {
        const proposed = propose(present);
        const { resourceVersion } = proposed.metadata;
        const next = trackUpdate(context, take(present, proposed), present);
        return resourceVersion ? { ...next, metadata: { ...next.metadata, resourceVersion } } : next;
      },
    }));
  };
  return {
    get: (at) => verbs.get(at),
    update: (at) => {
      const { kind } = at.served;
      const { value } = decodeObject(kind, checkKind(kind, bodyOf(at, kind.kind)));
      return change(at, 'UpdateOptions', () => value);
    },
    patch: (at) => {
      const apply = readPatch(at, at.served.kind);
      return change(at, 'PatchOptions', (current) => decodeObject(at.served.kind, apply(current)).value);
    },
  };
}
