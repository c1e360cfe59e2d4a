import { stampConditions } from '../../kinds/certificates/csr-conditions.ts';
import { csrChangeErrors, csrErrors, type RequestLike } from '../../kinds/certificates/csr-validation.ts';
import { invalidObject } from '../../meta/api-error.ts';
import { FieldPath } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { timestamp } from '../registry/write-context.ts';
import { partOf } from './part.ts';
import type { Subresource } from './table.ts';

/** Approves or denies a certificate signing request: its conditions, and nothing of the certificate. */
export const approval: Subresource = partOf((request, proposed, { served: { kind }, core }): AnyObject => {
  const [before, asked] = [request as AnyObject & RequestLike, proposed as AnyObject & RequestLike];
  const conditions = stampConditions(asked.status.conditions ?? [], before.status.conditions ?? [], timestamp(core.clock.now()));
  const next = { ...before, status: { ...before.status, conditions } };
  const errors = [...csrErrors(next, before, FieldPath.of()), ...csrChangeErrors(next, before, { approval: true })];
  if (errors.length > 0) throw invalidObject(kind, request.metadata.name, errors);
  return next;
});
