import { type ApiError, badRequest, conflict } from '../../meta/api-error.ts';
import type { AnyObject, OwnerReference } from '../../meta/object.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { requireAllowed } from '../authz/stage.ts';
import { warn } from '../exchange.ts';
import type { WriteContext } from './write-context.ts';

/** The object where the URL says it is. @throws ApiError where it says otherwise itself */
export function atAddress({ name, namespace, served }: WriteContext, object: AnyObject): AnyObject {
  const { metadata } = object;
  const place = served.kind.scope === 'Namespaced' ? namespace : '';
  checkNamespace(place, metadata.namespace);
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  return placed(object, place);
}

/** @param place '' for what is in no namespace: a namespace given there is dropped */
export function checkNamespace(place: string, given: string | undefined): void {
  if (place !== '' && given && given !== place) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

export function placed(object: AnyObject, place: string): AnyObject {
  if ((object.metadata.namespace ?? '') === place) return object;
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata: place === '' ? metadata : { ...metadata, namespace: place } };
}

/** What upstream's store says of a uid that is not the object's. */
export function uidConflict({ served: { kind }, namespace, name }: WriteContext, asked: string, actual: string): ApiError {
  const key = `/registry/${kind.plural}/${kind.scope === 'Namespaced' ? `${namespace}/` : ''}${name}`;
  return conflict(kind, name, `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, ` +
    `AdditionalErrorMsg: Precondition failed: UID in precondition: ${asked}, UID in object meta: ${actual}`);
}

/** Who may update or patch may not create for that alone. @throws ApiError Forbidden */
export async function authorizeCreate({ core, exchange: { user, info }, served: { kind }, namespace, name, subresource }: WriteContext): Promise<void> {
  const access = {
    user, verb: 'create', isResource: true, group: kind.group, version: kind.version, resource: kind.plural, subresource, namespace, name, path: info.path,
  };
  requireAllowed(access, await core.authorizer.authorize(access));
}

const DOUBLED = 'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ';

/** Owner references said twice are taken once, with a warning. @param when before or after admission had its say */
export function dedupOwners(context: WriteContext, object: AnyObject, when: 'before' | 'after'): AnyObject {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return object;
  const kept: OwnerReference[] = [];
  const doubled: string[] = [];
  for (const owner of owners) {
    if (kept.some((other) => deepEqual(other, owner))) doubled.push(owner.uid);
    else kept.push(owner);
  }
  if (doubled.length === 0) return object;
  const entries = `.metadata.ownerReferences contains duplicate entries${when === 'after' ? ' after mutating admission happens' : ''}`;
  warn(context.exchange, `${entries}; ${DOUBLED}${doubled.join(', ')}`);
  return { ...object, metadata: { ...object.metadata, ownerReferences: kept } };
}
