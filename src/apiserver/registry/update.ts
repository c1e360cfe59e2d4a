import { badRequest, conflict, invalidObject, notFound } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { checkKind } from '../body.ts';
import { decodeObject } from '../../schema/decode.ts';
import { validateObject } from '../engine.ts';
import { warn } from '../exchange.ts';
import type { Version } from '../watch-cache/version.ts';
import { allocate, releaseAll } from './allocate.ts';
import { createDecoded } from './create.ts';
import { sameObject } from './equality.ts';
import { trackUpdate } from './managed-fields.ts';
import { ClaimTaken, commitDelete, commitUpdate, readFresh } from './storage.ts';
import { attributesOf, type Outcome, reportProblems, type WriteContext } from './write-context.ts';

/** The proposed state from the present one. Called again with the newer state after a lost race. */
export type Transform = (current: AnyObject) => AnyObject | Promise<AnyObject>;

/** Lost races after which an unconditional write gives up. */
const ATTEMPTS = 50;

/** PUT of an object, or of its status. */
export async function update(context: WriteContext, body: unknown): Promise<Outcome> {
  const { served, name, namespace, subresource } = context;
  const { kind, strategy } = served;
  const { value: decoded, problems } = decodeObject(kind, checkKind(kind, body));
  reportProblems(context, problems);
  checkAddress(context, decoded);
  const proposed = atAddress(context, decoded);
  if (!proposed.metadata.resourceVersion && strategy.needsResourceVersion) {
    const current = await readFresh(context.core, served, served.codec.keyOf(namespace, name));
    if (current) throw invalidObject(kind, name, [invalid(FieldPath.of('metadata.resourceVersion'), 0, 'must be specified for an update')]);
  }
  const onMissing = strategy.createOnUpdate && subresource === ''
    ? () => createDecoded({ ...context }, withoutVersion(proposed))
    : undefined;
  return modify(context, { transform: (current) => trackUpdate(context, proposed, current), onMissing });
}

function withoutVersion(object: AnyObject): AnyObject {
  const { resourceVersion: _resourceVersion, uid: _uid, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as AnyObject;
}

function checkAddress({ name, namespace, served }: WriteContext, { metadata }: AnyObject): void {
  if (metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (!metadata.name) throw badRequest(`the name of the object (${metadata.name ?? ''} based on URL) was undeterminable: name must be provided`);
  if (served.kind.scope === 'Namespaced' && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function atAddress({ name, namespace, served }: WriteContext, object: AnyObject): AnyObject {
  const { metadata } = object;
  const place = served.kind.scope === 'Namespaced' ? { namespace } : {};
  if (metadata.name === name && (metadata.namespace ?? '') === (place.namespace ?? '')) return object;
  return { ...object, metadata: { ...metadata, ...place, name } };
}

export interface Modification {
  readonly transform: Transform;
  /** Instead of 404. */
  readonly onMissing?: (() => Promise<Outcome>) | undefined;
  readonly status?: number;
  /** What of the object may change; default by subresource. */
  readonly scope?: Scope;
  /** The change is the server's own and sound by construction: neither admitted nor validated. */
  readonly trusted?: boolean;
}

/** `object`: all but status; `status`: status alone; `whole`: whatever the transform says (binding, scale, …). */
export type Scope = 'object' | 'status' | 'whole';

/**
 * The read-change-commit loop of every update and patch. After a lost race it goes on with the newer state, which an
 * explicit resourceVersion then does not match.
 */
export async function modify(context: WriteContext, modification: Modification): Promise<Outcome> {
  const { core, served, namespace, name } = context;
  const key = served.codec.keyOf(namespace, name);
  let current = await readFresh(core, served, key);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!current) {
      if (modification.onMissing) return modification.onMissing();
      throw notFound(served.kind, name);
    }
    const result = await tryModify(context, current, modification);
    if ('outcome' in result) return result.outcome;
    current = result.lost;
  }
  throw conflict(served.kind, name);
}

type Attempt = { readonly outcome: Outcome } | { readonly lost: Version | undefined };

async function tryModify(context: WriteContext, current: Version, modification: Modification): Promise<Attempt> {
  const { core, served, name, query } = context;
  const { kind } = served;
  const old = current.object;
  const transformed = await modification.transform(old);
  const asked = transformed.metadata.resourceVersion ?? '';
  if (asked !== '' && asked !== '0' && asked !== old.metadata.resourceVersion) throw conflict(kind, name);
  if (transformed.metadata.uid && transformed.metadata.uid !== old.metadata.uid) {
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${transformed.metadata.uid}, UID in object meta: ${old.metadata.uid}`);
  }
  const ready = modification.trusted ? { object: transformed } : await prepare(context, transformed, { old, scope: modification.scope ?? (context.subresource === 'status' ? 'status' : 'object') });
  const status = modification.status ?? 200;
  if (sameObject(ready.object, old)) return { outcome: { status, version: current } };
  if (query.dryRun) return { outcome: { status, object: ready.object } };
  if (mayVanish(served.strategy.finalizers, ready.object, old)) {
    const removed = await commitDelete(core, current, releaseAll(context, old));
    return 'done' in removed ? { outcome: { status, object: ready.object } } : { lost: removed.lost };
  }
  try {
    const replaced = await commitUpdate(core, current, ready);
    return 'done' in replaced ? { outcome: { status, version: replaced.done } } : { lost: replaced.lost };
  } catch (error) {
    if (!(error instanceof ClaimTaken)) throw error;
    await core.hub.fresh();
    return tryModify(context, current, modification);
  }
}

/** Admission, system fields, validation: from the proposed object to the one that may be written. */
async function prepare(context: WriteContext, proposed: AnyObject, { old, scope }: { old: AnyObject; scope: Scope }) {
  const { core, served, exchange } = context;
  const { kind } = served;
  const carried = carryOver(context, proposed, { old, scope });
  const admitted = await core.admission.mutate(attributesOf(context, 'UPDATE', { object: carried, old }), core);
  const prepareBy = scope === 'object' ? kind.prepareForUpdate : scope === 'status' ? kind.prepareForStatusUpdate : undefined;
  const prepared = prepareBy ? (prepareBy(admitted as never, old as never) as AnyObject) : admitted;
  const allocation = scope === 'status' ? undefined : allocate(context, prepared, old);
  const object = withGeneration(context, allocation?.object ?? prepared, old);
  const errors = validateObject(kind, object, { old, scope });
  if (errors.length > 0) throw invalidObject(kind, object.metadata.name, errors);
  await core.admission.validate(attributesOf(context, 'UPDATE', { object, old }), core);
  if (kind.warnings && scope === 'object') warn(exchange, ...kind.warnings(object as never, old as never));
  return { object, ...(allocation ? { side: allocation.side } : {}) };
}

/** Puts back what this write may not touch. */
function carryOver({ served }: WriteContext, proposed: AnyObject, { old, scope }: { old: AnyObject; scope: Scope }): AnyObject {
  const { kind, strategy } = served;
  const {
    generation: _generation, selfLink: _selfLink, deletionTimestamp: _deleted, deletionGracePeriodSeconds: _grace, ...given
  } = proposed.metadata;
  const { metadata: was } = old;
  const metadata = {
    ...given,
    uid: was.uid,
    creationTimestamp: was.creationTimestamp,
    resourceVersion: was.resourceVersion,
    ...(was.generateName && !given.generateName ? { generateName: was.generateName } : {}),
    ...(was.generation === undefined ? {} : { generation: was.generation }),
    ...(was.deletionTimestamp === undefined ? {} : { deletionTimestamp: was.deletionTimestamp }),
    ...(was.deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds: was.deletionGracePeriodSeconds }),
  };
  if (scope === 'whole') return { ...proposed, metadata };
  if (scope === 'status') {
    const { labels: _labels, ownerReferences: _owners, ...rest } = metadata;
    const labels = strategy.statusKeepsLabels ? was.labels : metadata.labels;
    return {
      ...old,
      metadata: { ...rest, ...(labels ? { labels } : {}), ...(was.ownerReferences ? { ownerReferences: was.ownerReferences } : {}) },
      status: proposed['status'] ?? {},
    };
  }
  return kind.hasStatus ? { ...proposed, metadata, status: old['status'] } : { ...proposed, metadata };
}

/** A change of anything but metadata and status is a new generation. */
function withGeneration({ served }: WriteContext, object: AnyObject, old: AnyObject): AnyObject {
  if (!served.strategy.generation || sameDesire(object, old)) return object;
  return { ...object, metadata: { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
}

function sameDesire(object: AnyObject, old: AnyObject): boolean {
  const strip = ({ metadata: _m, status: _s, ...rest }: AnyObject) => rest;
  return sameObject(strip(object), strip(old));
}

/** An object marked for deletion goes with its last finalizer. */
function mayVanish(more: ((object: AnyObject) => readonly string[]) | undefined, object: AnyObject, old: AnyObject): boolean {
  if (!old.metadata.deletionTimestamp || (old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false;
  if ((object.metadata.finalizers ?? []).length > 0 || (more?.(object) ?? []).length > 0) return false;
  // An update that changes no finalizers leaves the rest of the deletion to whoever removes the last one.
  return (old.metadata.finalizers ?? []).length > 0 || (more?.(old) ?? []).length > 0;
}
