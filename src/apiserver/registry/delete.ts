import { badRequest, conflict, notFound } from '../../meta/api-error.ts';
import type { AnyObject, KubeObject } from '../../meta/object.ts';
import { success } from '../respond.ts';
import type { Match } from '../selectors.ts';
import type { Version } from '../watch-cache/version.ts';
import { releaseAll } from './allocate.ts';
import type { DeleteOptions } from './delete-options.ts';
import { commitDelete, commitUpdate, readFresh, type Replaced } from './storage.ts';
import { attributesOf, type Outcome, timestamp, type WriteContext } from './write-context.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const ATTEMPTS = 50;

/** DELETE of one object. */
export async function remove(context: WriteContext, options: DeleteOptions): Promise<Outcome> {
  const { core, served, namespace, name } = context;
  let current = await readFresh(core, served, served.codec.keyOf(namespace, name));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!current) throw notFound(served.kind, name);
    checkPreconditions(context, current.object, options);
    if (attempt === 0) await core.admission.validate(attributesOf(context, 'DELETE', { object: undefined, old: current.object }), core);
    const result = await tryRemove(context, current, options);
    if ('outcome' in result) return result.outcome;
    current = result.lost;
  }
  throw conflict(served.kind, name);
}

/** DELETE of a collection: each object for itself; those that vanish meanwhile are no failure. */
export async function removeCollection(context: WriteContext, { options, match }: { options: DeleteOptions; match: Match }): Promise<readonly Version[]> {
  const { core, served, namespace } = context;
  if (options.uid !== undefined) throw badRequest('preconditions are not supported for deletecollection');
  await core.hub.fresh();
  const chosen = [...served.cache.list(namespace)].filter(match);
  await Promise.all(chosen.map(async ({ object: { metadata } }) => {
    try {
      await remove({ ...context, name: metadata.name, namespace: metadata.namespace ?? '' }, options);
    } catch (error) {
      if (!(error instanceof Error && 'reason' in error && error.reason === 'NotFound')) throw error;
    }
  }));
  return chosen;
}

function checkPreconditions({ served, name }: WriteContext, { metadata }: AnyObject, { uid, resourceVersion }: DeleteOptions): void {
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(served.kind, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(served.kind, name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`);
  }
}

type Attempt = { readonly outcome: Outcome } | { readonly lost: Version | undefined };

async function tryRemove(context: WriteContext, current: Version, options: DeleteOptions): Promise<Attempt> {
  const { core, served } = context;
  const plan = planDeletion(context, current.object, options);
  if (plan.type === 'nothing') return { outcome: { status: 200, version: current } };
  if (plan.type === 'mark') {
    if (options.dryRun) return { outcome: { status: 200, object: plan.object } };
    const marked = await commitUpdate(core, current, { object: plan.object });
    if (!('done' in marked)) return { lost: marked.lost };
    // As upstream: 202 where the caller asked for dependents to go first and the object is still there.
    return { outcome: { status: options.orphanDependents === false ? 202 : 200, version: marked.done } };
  }
  const removed: Replaced = options.dryRun ? { done: current } : await commitDelete(core, current, releaseAll(context, current.object));
  if (!('done' in removed)) return { lost: removed.lost };
  if (served.strategy.returnsDeleted) return { outcome: { status: 200, version: removed.done } };
  return { outcome: { status: 200, object: deletedStatus(context, current.object) } };
}

function deletedStatus({ served: { kind } }: WriteContext, { metadata }: AnyObject) {
  return success({ name: metadata.name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid: metadata.uid });
}

/** What a request for deletion does to an object, decided from its present state. */
export type DeletionPlan =
  | { readonly type: 'remove' }
  /** It stays, marked: finalizers or a grace period hold it. */
  | { readonly type: 'mark'; readonly object: AnyObject }
  /** It is on its way already. */
  | { readonly type: 'nothing' };

type Context = Pick<WriteContext, 'served' | 'core'>;

export function planDeletion({ served, core }: Context, object: AnyObject, options: DeleteOptions): DeletionPlan {
  const { strategy } = served;
  const now = core.clock.now();
  const finalizers = finalizersFor(object.metadata, options);
  const held = finalizers.length > 0 || (strategy.finalizers?.(object) ?? []).length > 0;
  const grace = planGrace(object, { asked: options.gracePeriodSeconds, period: strategy.gracePeriod });

  if (grace === 'pending') {
    const changed = finalizers !== object.metadata.finalizers && !sameList(finalizers, object.metadata.finalizers ?? []);
    return changed ? { type: 'mark', object: withFinalizers(object, finalizers) } : { type: 'nothing' };
  }
  if (grace !== undefined && (grace > 0 || held)) return { type: 'mark', object: mark(withFinalizers(object, finalizers), grace, now) };
  if (!held) return { type: 'remove' };
  const marked = object.metadata.deletionTimestamp ? withFinalizers(object, finalizers) : mark(withFinalizers(object, finalizers), 0, now);
  const final = object.metadata.deletionTimestamp || !strategy.markDeleting ? marked : strategy.markDeleting(marked);
  if (object.metadata.deletionTimestamp && sameList(finalizers, object.metadata.finalizers ?? [])) return { type: 'nothing' };
  return { type: 'mark', object: final };
}

/**
 * The grace period that begins or is shortened now, `pending` when one is running that this request does not shorten, undefined where deletion is
 * not graceful (any more).
 */
function planGrace(object: AnyObject, { asked, period }: { asked: number | undefined; period: ((object: AnyObject, asked: number | undefined) => number) | undefined }): number | 'pending' | undefined {
  if (!period) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds: running = 0 } = object.metadata;
  if (!deletionTimestamp) return period(object, asked);
  if (running === 0) return undefined;
  if (asked === undefined || asked >= running) return 'pending';
  return Math.max(asked, 0);
}

function mark(object: AnyObject, graceSeconds: number, now: number): AnyObject {
  const { deletionTimestamp, deletionGracePeriodSeconds: before, generation } = object.metadata;
  const end = deletionTimestamp ? Date.parse(deletionTimestamp) - (before ?? 0) * 1000 + graceSeconds * 1000 : now + graceSeconds * 1000;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: timestamp(end),
      deletionGracePeriodSeconds: graceSeconds,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    },
  };
}

/** The finalizers that carry the wish for the dependents to the garbage collector. */
function finalizersFor(metadata: KubeObject['metadata'], { propagationPolicy, orphanDependents }: DeleteOptions): readonly string[] {
  const present = metadata.finalizers ?? [];
  const policy = propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background');
  if (policy === undefined) return present;
  const others = present.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}

function withFinalizers(object: AnyObject, finalizers: readonly string[]): AnyObject {
  const { finalizers: before, ...metadata } = object.metadata;
  if (sameList(finalizers, before ?? [])) return object;
  return { ...object, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers } };
}

const sameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at]);
