import { conflict, isApiError, notFound } from '../../meta/api-error.ts';
import type { AnyObject, KubeObject } from '../../meta/object.ts';
import { warn } from '../exchange.ts';
import type { ListQuery } from '../query.ts';
import { success } from '../respond.ts';
import type { Version } from '../watch-cache/version.ts';
import { releaseAll } from './allocate.ts';
import { type DeleteOptions, deleteOptionsObject } from './delete-options.ts';
import { list, type Page } from './list.ts';
import { commitDelete, commitUpdate, readFresh, type Replaced } from './storage.ts';
import type { Strategy } from './strategy.ts';
import { attributesOf, type Outcome, timestamp, type WriteContext } from './write-context.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const ATTEMPTS = 50;
const KEPT_PODS = 'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set ' +
  'propagationPolicy=Orphan to suppress this warning';

/** DELETE of one object. */
export async function remove(context: WriteContext, options: DeleteOptions): Promise<Outcome> {
  const { core, served, namespace, name } = context;
  if (served.kind.kind === 'Job' && options.propagationPolicy === undefined && options.orphanDependents === undefined) warn(context.exchange, KEPT_PODS);
  let current = await readFresh(core, served, served.codec.keyOf(namespace, name));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!current) throw notFound(served.kind, name);
    checkPreconditions(context, current.object, options);
    if (attempt === 0) await admitDeletion(context, current.object, options);
    const result = await tryRemove(context, current, options);
    if ('outcome' in result) return result.outcome;
    current = result.lost;
  }
  throw conflict(served.kind, name);
}

async function admitDeletion(context: WriteContext, old: AnyObject, options: DeleteOptions): Promise<void> {
  const { core } = context;
  const attributes = { ...attributesOf(context, 'DELETE', { object: undefined, old, options: deleteOptionsObject(options) }), dryRun: options.dryRun };
  await core.admission.mutate(attributes, core);
  await core.admission.validate(attributes, core);
}

/** DELETE of a collection: what a LIST would give, each object for itself; those that vanish meanwhile are no failure. */
export async function removeCollection(context: WriteContext, { options, query }: { options: DeleteOptions; query: ListQuery }): Promise<Page> {
  const chosen = await list(context, query);
  await Promise.all([...chosen.versions].map(async ({ object: { metadata } }) => {
    try {
      await remove({ ...context, name: metadata.name, namespace: metadata.namespace ?? '' }, options);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }));
  return chosen;
}

function checkPreconditions({ served: { kind } }: WriteContext, { metadata }: AnyObject, { uid, resourceVersion }: DeleteOptions): void {
  // Upstream names the kind where it names the resource everywhere else.
  const subject = { group: kind.group, plural: kind.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(subject, metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(subject, metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`);
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
  const asked = finalizersFor(object.metadata, options, strategy.dependents);
  const { cleanupFinalizer: cleanup } = strategy;
  const finalizers = cleanup && !object.metadata.deletionTimestamp && !asked.includes(cleanup) ? [...asked, cleanup] : asked;
  const held = finalizers.length > 0 || (strategy.finalizers?.(object) ?? []).length > 0;
  const grace = planGrace(object, { asked: options.gracePeriodSeconds, period: strategy.gracePeriod });

  if (grace === 'pending') {
    const changed = finalizers !== object.metadata.finalizers && !sameList(finalizers, object.metadata.finalizers ?? []);
    return changed ? { type: 'mark', object: withFinalizers(object, finalizers) } : { type: 'nothing' };
  }
  if (grace !== undefined && (grace > 0 || held)) return { type: 'mark', object: mark(withFinalizers(object, finalizers), grace, now) };
  if (!held) return { type: 'remove' };
  const marked = object.metadata.deletionTimestamp ? withFinalizers(object, finalizers) : mark(withFinalizers(object, finalizers), 0, now);
  const final = object.metadata.deletionTimestamp || !strategy.markDeleting ? marked : strategy.markDeleting(marked, timestamp(now));
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
  if (asked === undefined) return 'pending';
  const shorter = asked < 0 ? 1 : asked;
  return shorter >= running ? 'pending' : shorter;
}

/** Begins the deletion, or brings its end nearer, though not before `now`. */
function mark(object: AnyObject, graceSeconds: number, now: number): AnyObject {
  const { deletionTimestamp, deletionGracePeriodSeconds: before, generation } = object.metadata;
  const began = deletionTimestamp ? Date.parse(deletionTimestamp) - (before ?? 0) * 1000 : now;
  const end = began + graceSeconds * 1000;
  const isPast = end < now && deletionTimestamp !== undefined;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: timestamp(isPast ? now : end),
      deletionGracePeriodSeconds: isPast ? Math.min(graceSeconds, 1) : graceSeconds,
      ...(generation === undefined || deletionTimestamp ? {} : { generation: generation + 1 }),
    },
  };
}

/** The finalizers that carry the wish for the dependents to the garbage collector. */
function finalizersFor(metadata: KubeObject['metadata'], { propagationPolicy, orphanDependents }: DeleteOptions, dependents: Strategy['dependents']): readonly string[] {
  const present = metadata.finalizers ?? [];
  const asked = propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background');
  const isSaid = asked !== undefined || present.includes(ORPHAN) || present.includes(FOREGROUND);
  const policy = dependents === 'none' ? 'Background' : dependents === 'keep' && !isSaid ? 'Orphan' : asked;
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
