import type { AnyObject, OwnerReference } from '../../meta/object.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** What has become of an owner: it stands, it is gone, or it waits for its dependents to go first. */
export type OwnerState = 'solid' | 'absent' | 'waiting';

export interface Owner {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

/** What the collector does about one object. */
export type Plan =
  | { readonly type: 'keep' }
  | { readonly type: 'delete'; readonly policy: 'Orphan' | 'Foreground' | 'Background' }
  /** In a circle of owners that all wait, one stops blocking the others, or none would ever go. */
  | { readonly type: 'unblock-and-delete' }
  /** Owners that are gone or going are no owners while another stands. */
  | { readonly type: 'drop-owners'; readonly uids: readonly string[] }
  /** Dependents go first; the finalizer comes off once none blocks. */
  | { readonly type: 'await-dependents'; readonly blocking: readonly AnyObject[] }
  | { readonly type: 'release'; readonly finalizer: string }
  /** Dependents are let go before the object itself goes. */
  | { readonly type: 'orphan' };

const isDeleting = ({ metadata }: AnyObject): boolean => metadata.deletionTimestamp !== undefined;
const has = ({ metadata }: AnyObject, finalizer: string): boolean => metadata.finalizers?.includes(finalizer) ?? false;

/** Waits for its dependents: foreground deletion. */
export const isDeletingDependents = (object: AnyObject): boolean => isDeleting(object) && has(object, FOREGROUND);
export const isOrphaning = (object: AnyObject): boolean => isDeleting(object) && has(object, ORPHAN);

/** @param owners the state of each owner; not looked at for an object that is being deleted already */
export function plan(object: AnyObject, owners: readonly Owner[], dependents: readonly AnyObject[]): Plan {
  if (isOrphaning(object)) return { type: 'orphan' };
  if (isDeletingDependents(object)) return awaitDependents(object, dependents);
  if (isDeleting(object) || owners.length === 0) return { type: 'keep' };
  const leaving = owners.filter(({ state }) => state !== 'solid').map(({ reference }) => reference.uid);
  if (leaving.length < owners.length) return leaving.length === 0 ? { type: 'keep' } : { type: 'drop-owners', uids: leaving };
  const isWaitedFor = owners.some(({ state }) => state === 'waiting');
  if (isWaitedFor && dependents.length > 0) {
    return dependents.some(isDeletingDependents) ? { type: 'unblock-and-delete' } : { type: 'delete', policy: 'Foreground' };
  }
  // A finalizer of the object's own says how its dependents are to fare.
  return { type: 'delete', policy: has(object, ORPHAN) ? 'Orphan' : has(object, FOREGROUND) ? 'Foreground' : 'Background' };
}

function awaitDependents({ metadata: { uid } }: AnyObject, dependents: readonly AnyObject[]): Plan {
  const blocking = dependents.filter(({ metadata }) => metadata.ownerReferences?.some((one) => one.uid === uid && one.blockOwnerDeletion));
  return blocking.length === 0 ? { type: 'release', finalizer: FOREGROUND } : { type: 'await-dependents', blocking };
}
