import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../../schema/decode.ts';
import { checkKind } from '../body.ts';
import { trackUpdate } from '../registry/managed-fields.ts';
import { applyOnto, checkApplied } from '../registry/apply.ts';
import { atAddress } from '../registry/identity.ts';
import { APPLY, patchTypeOf } from '../registry/patch-type.ts';
import { readApplied, readPatch } from '../registry/patch.ts';
import { modify } from '../registry/update.ts';
import { reportProblems, type WriteContext } from '../registry/write-context.ts';
import { answerOutcome, bodyOf, type ResourceRequest, writeContext } from '../resource-request.ts';
import { verbs } from '../verbs.ts';
import type { Subresource } from './table.ts';

/** Takes one part of a proposed object over into the present one. */
export type TakePart = (present: AnyObject, proposed: AnyObject, at: ResourceRequest) => AnyObject;

/** A subresource whose body is the whole object, of which only a part counts. */
export function partOf(take: TakePart): Subresource {
  const applyPart = async (at: ResourceRequest, context: WriteContext, propose: (current: AnyObject) => AnyObject) =>
    answerOutcome(at, await modify(context, {
      scope: 'whole',
      transform: (present) => {
        const proposed = propose(present);
        const { managedFields } = proposed.metadata;
        const next = take(present, proposed, at);
        return { ...next, metadata: { ...next.metadata, ...(managedFields ? { managedFields } : {}) } };
      },
    }));
  const change = async (at: ResourceRequest, context: WriteContext, propose: (current: AnyObject) => AnyObject) => {
    return answerOutcome(at, await modify(context, {
      scope: 'whole',
      transform: (present) => {
        const proposed = propose(present);
        const { resourceVersion } = proposed.metadata;
        const next = trackUpdate(context, take(present, proposed, at), present);
        return resourceVersion ? { ...next, metadata: { ...next.metadata, resourceVersion } } : next;
      },
    }));
  };
  return {
    get: (at) => verbs.get(at),
    update: (at) => {
      const { kind } = at.served;
      const context = writeContext(at, 'UpdateOptions');
      const { value, problems } = decodeObject(kind, checkKind(at.core.resources.kinds(), kind, bodyOf(at, kind.kind)));
      reportProblems(context, problems);
      const proposed = atAddress(context, value);
      return change(at, context, () => proposed);
    },
    patch: (at) => {
      const context = writeContext(at, 'PatchOptions');
      if (patchTypeOf(at.exchange.request) !== APPLY) return change(at, context, readPatch(at, context));
      const config = readApplied(at, context);
      checkApplied(context, config);
      return applyPart(at, context, (present) => applyOnto(context, present, config));
    },
  };
}
