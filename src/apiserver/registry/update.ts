import { conflict, invalidObject, isApiError, notFound } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { checkKind } from '../body.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { Shown } from '../admission/admission.ts';
import type { Kind } from '../../schema/kind.ts';
import { validateObject } from '../engine.ts';
import { warn } from '../exchange.ts';
import type { Version } from '../watch-cache/version.ts';
import { allocate, releaseAll } from './allocate.ts';
import { createDecoded } from './create.ts';
import { sameObject } from './equality.ts';
import { atAddress, dedupOwners, uidConflict } from './identity.ts';
import { keepReset, trackCreate, trackConverted } from './managed-fields.ts';
import { ClaimTaken, commitDelete, commitUpdate, readFresh } from './storage.ts';
import { attributesOf, type Outcome, reportProblems, timestamp, type WriteContext } from './write-context.ts';

/** The proposed state from the present one. Called again with the newer state after a lost race. */
export type Transform = (current: AnyObject) => AnyObject | Promise<AnyObject>;

/** Lost races after which an unconditional write gives up. */
const ATTEMPTS = 50;

/** PUT of an object, or of its status. */
export async function update(context: WriteContext, body: unknown): Promise<Outcome> {
  const { served: { kind, strategy }, subresource } = context;
  const { value: decoded, problems } = decodeObject(kind, checkKind(context.core.resources.kinds(), kind, body));
  reportProblems(context, problems);
  const proposed = dedupOwners(context, atAddress(context, keepReset(body, decoded)), 'before');
  const { uid } = proposed.metadata;
  const onMissing = strategy.createOnUpdate && subresource === '' ? () => {
    if (uid) throw uidConflict(context, uid, '');
    return createDecoded(context, trackCreate(context, withoutVersion(proposed)), 'by update');
  } : undefined;
  return modify(context, {
    onMissing,
    transform: (current) => {
      if (uid && uid !== current.metadata.uid) throw uidConflict(context, uid, current.metadata.uid);
      return trackConverted(context, proposed, current);
    },
  });
}

function withoutVersion(object: AnyObject): AnyObject {
  const { resourceVersion: _resourceVersion, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as AnyObject;
}

export interface Modification {
  readonly transform: Transform;
  /** Instead of 404. */
  readonly onMissing?: (() => Promise<Outcome>) | undefined;
  readonly status?: number;
  /** What of the object may change; default by subresource. */
  readonly scope?: Scope;
  /** What admission sees in place of the object, where the subresource has one of its own. */
  readonly shown?: Shown;
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
    const result: Attempt = current ? await tryModify(context, current, modification) : await createMissing(context, modification);
    if ('outcome' in result) return result.outcome;
    current = result.lost;
  }
  throw conflict(served.kind, name);
}

type Attempt = { readonly outcome: Outcome } | { readonly lost: Version | undefined };

/** Somebody else may have created it meanwhile: then it is theirs that changes. */
async function createMissing({ core, served, namespace, name }: WriteContext, { onMissing }: Modification): Promise<Attempt> {
  if (!onMissing) throw notFound(served.kind, name);
  try {
    return { outcome: await onMissing() };
  } catch (error) {
    const there = isApiError(error, 'AlreadyExists') ? await readFresh(core, served, served.codec.keyOf(namespace, name)) : undefined;
    if (!there) throw error;
    return { lost: there };
  }
}

async function tryModify(context: WriteContext, current: Version, modification: Modification): Promise<Attempt> {
  const { core, served, name, query } = context;
  const { kind } = served;
  const old = current.object;
  const transformed = await modification.transform(old);
  const asked = transformed.metadata.resourceVersion ?? '';
  if (asked !== '' && asked !== '0' && asked !== old.metadata.resourceVersion) throw conflict(kind, name);
  if ((asked === '' || asked === '0') && served.strategy.needsResourceVersion && !modification.trusted) {
    throw invalidObject({ group: kind.group, kind: kind.plural }, name, [invalid(FieldPath.of('metadata.resourceVersion'), 0, 'must be specified for an update')]);
  }
  const ready = modification.trusted ? { object: transformed } : await prepare(context, transformed, { old, scope: modification.scope ?? (context.subresource === 'status' ? 'status' : 'object'), shown: modification.shown });
  const status = modification.status ?? 200;
  if (sameObject(ready.object, old) && !core.isStale(current.value)) return { outcome: { status, version: current } };
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
async function prepare(context: WriteContext, proposed: AnyObject, { old, scope, shown }: { old: AnyObject; scope: Scope; shown?: Shown | undefined }) {
  const { core, served, exchange } = context;
  const { kind } = served;
  const carried = carryOver(context, proposed, { old, scope });
  const mutated = await core.admission.mutate(attributesOf(context, 'UPDATE', { object: carried, old, shown }), core);
  const admitted = dedupOwners(context, mutated === carried ? carried : carryOver(context, mutated, { old, scope }), 'after');
  const prepareBy = scope === 'object' ? kind.prepareForUpdate : scope === 'status' ? kind.prepareForStatusUpdate : undefined;
  const prepared = prepareBy ? (prepareBy(admitted as never, old as never, timestamp(core.clock.now())) as AnyObject) : admitted;
  const allocation = scope === 'status' ? undefined : allocate(context, prepared, old);
  const object = withGeneration(context, allocation?.object ?? prepared, { old, scope });
  const found = validateObject(kind, object, { old, scope });
  const errors = found instanceof Promise ? await found : found;
  if (errors.length > 0) throw invalidObject(kind, object.metadata.name, errors);
  const replace = await core.admission.validate(attributesOf(context, 'UPDATE', { object, old, shown }), core);
  if (kind.warnings && scope === 'object') warn(exchange, ...kind.warnings(object as never, old as never));
  return { object, ...(allocation || replace.length > 0 ? { side: { claim: [], release: [], ...allocation?.side, replace } } : {}) };
}

/** Puts back what this write may not touch. */
function carryOver({ served }: WriteContext, proposed: AnyObject, { old, scope }: { old: AnyObject; scope: Scope }): AnyObject {
  const { kind, strategy } = served;
  const { generation: _generation, selfLink: _selfLink, ...given } = proposed.metadata;
  const { metadata: was } = old;
  const metadata = {
    ...given,
    uid: given.uid || was.uid,
    creationTimestamp: was.creationTimestamp,
    resourceVersion: was.resourceVersion,
    ...(was.generateName && !given.generateName ? { generateName: was.generateName } : {}),
    ...(was.generation === undefined ? {} : { generation: was.generation }),
    ...(was.deletionTimestamp === undefined ? {} : { deletionTimestamp: was.deletionTimestamp }),
    ...(was.deletionGracePeriodSeconds === undefined || given.deletionGracePeriodSeconds !== undefined ? {} : { deletionGracePeriodSeconds: was.deletionGracePeriodSeconds }),
  };
  if (scope === 'whole') return { ...proposed, metadata };
  if (scope === 'status') {
    const kept = Object.fromEntries((strategy.statusKeeps ?? []).map((field) => [field, was[field]]));
    const status = proposed['status'] ?? (kind.custom ? undefined : {});
    return withoutUndefined({ ...old, metadata: withoutUndefined({ ...metadata, ...kept }), status });
  }
  return kind.hasStatus ? withoutUndefined({ ...proposed, metadata, status: old['status'] }) : { ...proposed, metadata };
}

const withoutUndefined = <T extends object>(fields: T): T => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** A change of anything but metadata and status is a new generation; of the metadata that counts too, unless by a subresource. */
function withGeneration({ served }: WriteContext, object: AnyObject, { old, scope }: { old: AnyObject; scope: Scope }): AnyObject {
  const { generation, generationCounts: counts } = served.strategy;
  if (!generation || counts === 'first') return object;
  if (sameDesire(served.kind, object, old) && (!counts || scope !== 'object' || sameObject(object.metadata[counts] ?? {}, old.metadata[counts] ?? {}))) return object;
  return { ...object, metadata: { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
}

function sameDesire(kind: Kind, object: AnyObject, old: AnyObject): boolean {
  // Without the subresource, a custom resource's status is a field like any other.
  const strip = ({ metadata: _m, status, ...rest }: AnyObject) => (kind.custom && !kind.hasStatus ? { ...rest, status } : rest);
  return sameObject(strip(object), strip(old));
}

/** An object marked for deletion goes with its last finalizer. */
function mayVanish(more: ((object: AnyObject) => readonly string[]) | undefined, object: AnyObject, old: AnyObject): boolean {
  if (!old.metadata.deletionTimestamp || (old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false;
  if ((object.metadata.finalizers ?? []).length > 0 || (more?.(object) ?? []).length > 0) return false;
  // An update that changes no finalizers leaves the rest of the deletion to whoever removes the last one.
  return (old.metadata.finalizers ?? []).length > 0 || (more?.(old) ?? []).length > 0;
}
