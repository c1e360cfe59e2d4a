import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { classOf } from '../../kinds/core/storage-class-of.ts';
import { requestedSize, sizeOf } from '../../rules/volume-matching.ts';

/** Why a volume the claim asks for by name can not be it; undefined where it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (sizeOf(volume) < requestedSize(claim)) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (volume.spec.volumeAttributesClassName !== claim.spec.volumeAttributesClassName) return 'volumeAttributesClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  return (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) ? undefined : 'incompatible accessMode';
}
