import { badRequest } from '../../meta/api-error.ts';
import { FieldPath, required } from '../../meta/field-error.ts';
import { applyPatch as applied } from '../../schema/apply/apply.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { AnyObject } from '../../meta/object.ts';
import { checkKind } from '../body.ts';
import { invalidOptions } from '../query.ts';
import { createDecoded } from './create.ts';
import { writeOf } from './managed-fields.ts';
import { modify } from './update.ts';
import { type Outcome, reportProblems, type WriteContext } from './write-context.ts';

/** Server-side apply: the fields a manager says it cares about. Creates the object where there is none. */
export async function applyPatch(context: WriteContext, body: Readonly<Record<string, unknown>>): Promise<Outcome> {
  const { served: { kind }, query: { fieldManager, force }, subresource } = context;
  if (fieldManager === '') {
    throw invalidOptions('PatchOptions', 'meta.k8s.io', [required(FieldPath.of('fieldManager'), 'is required for apply patch')]);
  }
  checkKind(kind, body);
  checkAddress(context, body);
  reportProblems(context, []);
  const onto = (live: AnyObject | undefined): AnyObject => {
    const object = applied({ ...writeOf(context), live, applied: body, force });
    return object === live ? object : decodeObject(kind, object).value;
  };
  return modify(context, {
    transform: onto,
    onMissing: subresource === '' ? () => createDecoded(context, onto(undefined)) : undefined,
  });
}

function checkAddress({ name, namespace, served }: WriteContext, body: Readonly<Record<string, unknown>>): void {
  const metadata = (body['metadata'] ?? {}) as { readonly name?: unknown; readonly namespace?: unknown };
  if (metadata.name !== undefined && metadata.name !== name) {
    throw badRequest(`the name of the object (${String(metadata.name)}) does not match the name on the URL (${name})`);
  }
  if (served.kind.scope === 'Namespaced' && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}
