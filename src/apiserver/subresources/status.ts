import { patch } from '../registry/patch.ts';
import { update } from '../registry/update.ts';
import { answerOutcome, bodyOf, writeContext } from '../resource-request.ts';
import { verbs } from '../verbs.ts';
import type { Subresource } from './table.ts';

/** An object's observed state, written apart from what is desired. */
export const status: Subresource = {
  get: (at) => verbs.get(at),
  update: async (at) => answerOutcome(at, await update(writeContext(at, 'UpdateOptions'), bodyOf(at, at.served.kind.kind))),
  patch: async (at) => answerOutcome(at, await patch(at, writeContext(at, 'PatchOptions'))),
};
