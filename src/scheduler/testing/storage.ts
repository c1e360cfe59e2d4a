import type { Node } from '../../kinds/core/node.ts';
import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import type { CSIDriver } from '../../kinds/storage/csi-driver.ts';
import type { CSINode } from '../../kinds/storage/csi-node.ts';
import type { CSIStorageCapacity } from '../../kinds/storage/csi-storage-capacity.ts';
import type { StorageClass } from '../../kinds/storage/storage-class.ts';
import type { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';
import { classOf } from '../../kinds/core/storage-class-of.ts';
import type { StorageView } from '../volumes/storage.ts';

type Stored = PersistentVolume | PersistentVolumeClaim | StorageClass | CSINode | CSIDriver | CSIStorageCapacity | VolumeAttachment | Node;

/** What volume plugins see where these objects are all there is. */
export function storageOf(objects: readonly Stored[]): StorageView {
  const all = <T extends Stored>(kind: string) => objects.filter((one) => (one as { kind?: string }).kind === kind) as unknown as readonly T[];
  const named = <T extends Stored>(kind: string, name: string) => all<T>(kind).find(({ metadata }) => metadata.name === name);
  return {
    claim: (key) => all<PersistentVolumeClaim>('PersistentVolumeClaim').find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key),
    volume: (name) => named('PersistentVolume', name),
    volumesOfClass: (name) => all<PersistentVolume>('PersistentVolume').filter((one) => classOf(one) === name),
    storageClass: (name) => named('StorageClass', name),
    csiNode: (name) => named('CSINode', name),
    attached: (name) => all<VolumeAttachment>('VolumeAttachment').filter(({ spec }) => spec.nodeName === name).flatMap(({ spec }) => spec.source.persistentVolumeName ?? []),
    csiDriver: (name) => named('CSIDriver', name),
    capacities: (name) => all<CSIStorageCapacity>('CSIStorageCapacity').filter(({ storageClassName }) => storageClassName === name),
    node: (name) => named('Node', name),
    pod: () => undefined,
    untilChange: () => new Promise(() => {}),
  };
}
