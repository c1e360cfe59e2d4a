/** From a pod's volume to what is to be mounted: through its claim to the persistent volume, or the volume itself. */
import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/index.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import { ephemeralContainers, initContainers } from '../pod.ts';
import type { VolumeSpec } from './plugin.ts';

/** How containers use their pod's volumes: those that none uses are never made. */
export interface Uses {
  readonly mounts: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
}

export function usesOf(pod: Pod): Uses {
  const containers = [...pod.spec.containers, ...initContainers(pod), ...ephemeralContainers(pod)];
  return {
    mounts: new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name))),
    devices: new Set(containers.flatMap(({ volumeDevices = [] }) => volumeDevices.map(({ name }) => name))),
  };
}

/** @throws Error with upstream's text where the claim is not ready */
export async function specOf(volume: Volume, pod: Pod, { client, uses, signal }: { readonly client: Client; readonly uses: Uses; readonly signal: AbortSignal | undefined }): Promise<VolumeSpec> {
  const claimed = claimOf(volume, pod);
  if (!claimed) return { volume, name: volume.name, readOnly: volume.csi?.readOnly === true, isBlock: false };
  const { namespace = '' } = pod.metadata;
  let persistent: PersistentVolume;
  try {
    persistent = await boundVolume(client, { ...claimed, namespace, owner: volume.ephemeral ? pod.metadata.uid : undefined }, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(`error processing PVC ${namespace}/${claimed.name}: ${messageOf(error)}`, { cause: error });
  }
  const mode = persistent.spec.volumeMode ?? 'Filesystem';
  if (uses.mounts.has(volume.name) && mode !== 'Filesystem') throw new Error(`volume ${volume.name} has volumeMode ${mode}, but is specified in volumeMounts`);
  if (uses.devices.has(volume.name) && mode !== 'Block') throw new Error(`volume ${volume.name} has volumeMode ${mode}, but is specified in volumeDevices`);
  return { volume, persistent, name: persistent.metadata.name, readOnly: claimed.readOnly, isBlock: mode === 'Block' };
}

function claimOf({ name, persistentVolumeClaim, ephemeral }: Volume, pod: Pod): { readonly name: string; readonly readOnly: boolean } | undefined {
  if (persistentVolumeClaim) return { name: persistentVolumeClaim.claimName, readOnly: persistentVolumeClaim.readOnly === true };
  return ephemeral ? { name: `${pod.metadata.name}-${name}`, readOnly: false } : undefined;
}

interface Claim {
  readonly namespace: string;
  readonly name: string;
  /** The pod it must have been made for. */
  readonly owner: string | undefined;
}

async function boundVolume(client: Client, { namespace, name, owner }: Claim, signal: AbortSignal | undefined): Promise<PersistentVolume> {
  const around = signal ? { signal } : {};
  const claim = await client.get(PersistentVolumeClaim, name, { namespace, ...around }).catch((error: unknown) => {
    throw new Error(`failed to fetch PVC from API server: ${messageOf(error)}`, { cause: error });
  });
  if (claim.metadata.deletionTimestamp !== undefined) throw new Error('PVC is being deleted');
  if (claim.status.phase !== 'Bound') throw new Error('PVC is not bound');
  const { volumeName } = claim.spec;
  if (!volumeName) throw new Error('PVC has empty pvc.Spec.VolumeName');
  if (owner !== undefined && !claim.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === owner)) throw new Error('not the ephemeral PVC for the pod');
  const volume = await client.get(PersistentVolume, volumeName, around).catch((error: unknown) => {
    throw new Error(`failed to fetch PV ${volumeName} from API server: ${messageOf(error)}`, { cause: error });
  });
  const { claimRef } = volume.spec;
  if (!claimRef) throw new Error(`found PV object ${volumeName} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (claimRef.uid !== claim.metadata.uid) throw new Error(`found PV object ${volumeName} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${claim.metadata.uid}`);
  return volume;
}

