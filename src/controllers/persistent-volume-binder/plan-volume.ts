import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { isKeptFor } from '../../rules/volume-matching.ts';
import type { Announcement } from '../runtime/index.ts';
import { BOUND_BY_CONTROLLER } from './plan-claim.ts';

/** What is to become of a volume, as data. */
export type VolumePlan =
  | { readonly act: 'phase'; readonly phase: 'Available' | 'Bound' | 'Released' | 'Failed'; readonly message?: string; readonly announce?: Announcement }
  /** Its claim took another one. */
  | { readonly act: 'unbind' }
  /** It is kept for this claim, which can not have it. */
  | { readonly act: 'mismatch'; readonly tell: { readonly volume: Announcement; readonly claim: Announcement } };

/** @param claim the claim it is tied to by name, if there is one */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef } = volume.spec;
  // Meant for a claim that has not come yet.
  if (!claimRef?.uid) return { act: 'phase', phase: 'Available' };
  if (!claim || !isKeptFor(volume, claim)) return left(volume);
  if (!claim.spec.volumeName && modeOf(volume) !== modeOf(claim)) return mismatched(volume, claim);
  const elsewhere = claim.spec.volumeName && claim.spec.volumeName !== volume.metadata.name;
  return elsewhere && volume.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined ? { act: 'unbind' } : { act: 'phase', phase: 'Bound' };
}

const modeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim): string => spec.volumeMode ?? 'Filesystem';

function mismatched({ metadata: { name } }: PersistentVolume, claim: PersistentVolumeClaim): VolumePlan {
  const why = 'due to incompatible volumeMode.';
  return {
    act: 'mismatch',
    tell: {
      volume: ['Warning', 'VolumeMismatch', `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${JSON.stringify(claim.metadata.name)} ${why}`],
      claim: ['Warning', 'VolumeMismatch', `Cannot bind PersistentVolume ${JSON.stringify(name)} to requested PersistentVolumeClaim ${why}`],
    },
  };
}

/** A volume whose claim has gone: its own provisioner deletes it; where there is none, nobody can, which is told. */
function left(volume: PersistentVolume): VolumePlan {
  if (volume.status.phase === 'Failed') return { act: 'phase', phase: 'Failed', ...(volume.status.message ? { message: volume.status.message } : {}) };
  const { persistentVolumeReclaimPolicy: policy, hostPath, nfs } = volume.spec;
  const isProvisioned = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined;
  const fail = (reason: string, message: string): VolumePlan => ({ act: 'phase', phase: 'Failed', message, announce: ['Warning', reason, message] });
  if (policy === 'Recycle' && !hostPath && !nfs) return fail('VolumeFailedRecycle', 'No recycler plugin found for the volume!');
  if (policy !== 'Delete' || isProvisioned) return { act: 'phase', phase: 'Released' };
  if (!hostPath) return fail('VolumeFailedDelete', `error getting deleter volume plugin for volume ${JSON.stringify(volume.metadata.name)}: no deletable volume plugin matched`);
  if (/^\/tmp\/.+/.test(hostPath.path)) return { act: 'phase', phase: 'Released' };
  return fail('VolumeFailedDelete', `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`);
}
