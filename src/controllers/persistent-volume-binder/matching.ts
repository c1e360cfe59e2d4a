import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import type { Node } from '../../kinds/core/node.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import { matchesNodeSelector } from '../../rules/node-affinity.ts';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const NOTHING = parseQuantity('0');

/** The storage class by annotation of old, else by field; '' for none. */
export const classOf = ({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string => metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '';

const sizeOf = ({ spec }: PersistentVolume) => (spec.capacity?.storage === undefined ? NOTHING : parseQuantity(spec.capacity.storage));
const requestOf = ({ spec }: PersistentVolumeClaim) => parseQuantity(spec.resources?.requests?.storage ?? '0');

/** Why a volume the claim asks for by name can not be it; undefined where it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantity(sizeOf(volume), requestOf(claim)) < 0) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (volume.spec.volumeAttributesClassName !== claim.spec.volumeAttributesClassName) return 'volumeAttributesClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode';
}

const hasModes = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode));

export const isBoundTo = ({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean =>
  claimRef?.name === metadata.name && claimRef.namespace === metadata.namespace && (!claimRef.uid || claimRef.uid === metadata.uid);

/**
 * The volume a claim gets: one that is meant for it, else the smallest free one that satisfies it.
 * @param node where the claim's first pod is to run, once that is decided
 */
export function bestMatch(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], node: Node | undefined): PersistentVolume | undefined {
  const fitting = volumes.filter((volume) => volume.metadata.deletionTimestamp === undefined && mismatch(volume, claim) === undefined && reaches(volume, node));
  const meant = fitting.find((volume) => volume.spec.claimRef && isBoundTo(volume, claim));
  if (meant) return meant;
  return fitting
    .filter(({ spec, status, metadata }) => !spec.claimRef && status.phase === 'Available' && (!claim.spec.selector || matchesLabelSelector(claim.spec.selector, metadata.labels)))
    .sort((a, b) => compareQuantity(sizeOf(a), sizeOf(b)) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

const reaches = ({ spec }: PersistentVolume, node: Node | undefined): boolean =>
  !node || !spec.nodeAffinity?.required || matchesNodeSelector(spec.nodeAffinity.required, node);
