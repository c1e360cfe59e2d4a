import { decodeObject } from '../../schema/decode.ts';
import { checkKind } from '../body.ts';
import { atAddress } from '../registry/identity.ts';
import { trackUpdate } from '../registry/managed-fields.ts';
import { modify } from '../registry/update.ts';
import { answerOutcome, bodyOf, writeContext } from '../resource-request.ts';
import type { Subresource } from './table.ts';

/** Sets a namespace's spec.finalizers; a terminating one goes with the last. */
export const finalize: Subresource = {
  async update(at) {
    const { kind } = at.served;
    const context = writeContext(at, 'UpdateOptions');
    const value = atAddress(context, decodeObject(kind, checkKind(at.core.resources.kinds(), kind, bodyOf(at, kind.kind))).value);
    const { finalizers, ...rest } = (value['spec'] ?? {}) as { readonly finalizers?: readonly string[] };
    const spec = finalizers && finalizers.length > 0 ? { ...rest, finalizers } : rest;
    const { resourceVersion } = value.metadata;
    return answerOutcome(at, await modify(context, {
      scope: 'whole',
      transform: (namespace) => {
        const next = trackUpdate(context, { ...namespace, spec }, namespace);
        return resourceVersion ? { ...next, metadata: { ...next.metadata, resourceVersion } } : next;
      },
    }));
  },
};
