import { decodeObject } from '../../schema/decode.ts';
import { checkKind } from '../body.ts';
import { modify } from '../registry/update.ts';
import { answerOutcome, bodyOf, writeContext } from '../resource-request.ts';
import type { Subresource } from './table.ts';

/** Sets a namespace's spec.finalizers; a terminating one goes with the last. */
export const finalize: Subresource = {
  async update(at) {
    const { kind } = at.served;
    const { value } = decodeObject(kind, checkKind(kind, bodyOf(at, kind.kind)));
    const { finalizers, ...rest } = (value['spec'] ?? {}) as { readonly finalizers?: readonly string[] };
    const spec = finalizers && finalizers.length > 0 ? { ...rest, finalizers } : rest;
    return answerOutcome(at, await modify(writeContext(at, 'UpdateOptions'), {
      scope: 'whole',
      transform: (namespace) => ({
        ...namespace, spec, metadata: { ...namespace.metadata, resourceVersion: value.metadata.resourceVersion ?? namespace.metadata.resourceVersion },
      }),
    }));
  },
};
