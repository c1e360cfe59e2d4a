/** Which PersistentVolume a claim may be bound to: asked by the scheduler where the claim waits for a pod, by the binder otherwise. */
import type { PersistentVolume } from '../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../kinds/core/persistent-volume-claim.ts';
import { classOf } from '../kinds/core/storage-class-of.ts';
import { matchesLabelSelector } from '../meta/label-selector.ts';
import { matchesNodeSelector, type NodeLike } from './node-affinity.ts';
import { amountOf } from './pod-resources.ts';

/** Whether both sides know of the binding: a claim that names its volume alone does not have it yet. */
export const isFullyBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec.volumeName) && metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;

/** Whether a node reaches the volume. */
export function reaches(node: NodeLike, { spec }: PersistentVolume): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Whether the volume is kept for this very claim. */
export function isKeptFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

export const sizeOf = ({ spec }: PersistentVolume): number => amountOf('storage', spec.capacity?.storage ?? '0');
export const requestedSize = ({ spec }: PersistentVolumeClaim): number => amountOf('storage', spec.resources.requests?.storage ?? '0');

interface Search {
  /** The volume must be reached from it; a claim that is bound at once has none. */
  readonly node?: NodeLike;
  /** Whether something else in the same decision has the volume. */
  readonly isTaken: (volume: PersistentVolume) => boolean;
}

/** The volume kept for the claim, or the smallest of those that would do. */
export function findVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], { node, isTaken }: Search): PersistentVolume | undefined {
  const wanted = requestedSize(claim);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (isTaken(volume) || sizeOf(volume) < wanted || (volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) continue;
    if (volume.metadata.deletionTimestamp !== undefined) continue;
    const reached = node === undefined || reaches(node, volume);
    if (isKeptFor(volume, claim)) {
      if (reached) return volume;
      return undefined;
    }
    if (reached && isFree(volume) && fits(volume, claim) && (best === undefined || sizeOf(volume) < sizeOf(best))) best = volume;
  }
  return best;
}

const isFree = ({ spec, status }: PersistentVolume): boolean => spec.claimRef === undefined && status.phase === 'Available';

function fits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector, accessModes = [], volumeAttributesClassName } = claim.spec;
  return classOf(volume) === classOf(claim) &&
    (selector === undefined || matchesLabelSelector(selector, volume.metadata.labels ?? {})) &&
    (volume.spec.volumeAttributesClassName ?? '') === (volumeAttributesClassName ?? '') &&
    accessModes.every((mode) => volume.spec.accessModes?.includes(mode));
}
