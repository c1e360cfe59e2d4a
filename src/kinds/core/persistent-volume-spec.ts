import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { csiPersistentVolumeSource, localVolumeSource, volumeNodeAffinity } from './persistent-volume.ts';
import { objectReference } from './references.ts';
import { hostPathVolumeSource } from './volume.ts';
import { awsElasticBlockStoreVolumeSource, azureDiskVolumeSource, azureFilePersistentVolumeSource, cephFSPersistentVolumeSource, cinderPersistentVolumeSource, fcVolumeSource, flexPersistentVolumeSource, flockerVolumeSource, gcePersistentDiskVolumeSource, glusterfsPersistentVolumeSource, iscsiPersistentVolumeSource, nfsVolumeSource, photonPersistentDiskVolumeSource, portworxVolumeSource, quobyteVolumeSource, rbdPersistentVolumeSource, scaleIOPersistentVolumeSource, storageOSPersistentVolumeSource, vsphereVirtualDiskVolumeSource } from './volume-sources.ts';

export const persistentVolumeSpec = part(() =>
  object('api.core.v1.PersistentVolumeSpec', {
    capacity: map(quantity()).tag(1),
    gcePersistentDisk: gcePersistentDiskVolumeSource().within(2).tag(1),
    awsElasticBlockStore: awsElasticBlockStoreVolumeSource().within(2).tag(2),
    hostPath: hostPathVolumeSource().within(2).tag(3),
    glusterfs: glusterfsPersistentVolumeSource().within(2).tag(4),
    nfs: nfsVolumeSource().within(2).tag(5),
    rbd: rbdPersistentVolumeSource().within(2).tag(6),
    iscsi: iscsiPersistentVolumeSource().within(2).tag(7),
    cinder: cinderPersistentVolumeSource().within(2).tag(8),
    cephfs: cephFSPersistentVolumeSource().within(2).tag(9),
    fc: fcVolumeSource().within(2).tag(10),
    flocker: flockerVolumeSource().within(2).tag(11),
    flexVolume: flexPersistentVolumeSource().within(2).tag(12),
    azureFile: azureFilePersistentVolumeSource().within(2).tag(13),
    vsphereVolume: vsphereVirtualDiskVolumeSource().within(2).tag(14),
    quobyte: quobyteVolumeSource().within(2).tag(15),
    azureDisk: azureDiskVolumeSource().within(2).tag(16),
    photonPersistentDisk: photonPersistentDiskVolumeSource().within(2).tag(17),
    portworxVolume: portworxVolumeSource().within(2).tag(18),
    scaleIO: scaleIOPersistentVolumeSource().within(2).tag(19),
    local: localVolumeSource().within(2).tag(20),
    storageos: storageOSPersistentVolumeSource().within(2).tag(21),
    csi: csiPersistentVolumeSource().within(2).tag(22),
    accessModes: list(string()).tag(3),
    claimRef: objectReference().tag(4),
    persistentVolumeReclaimPolicy: string().default('Retain').among('Delete', 'Recycle', 'Retain').tag(5),
    storageClassName: string().tag(6),
    mountOptions: list(string()).tag(7),
    volumeMode: string().pointer().default('Filesystem').among('Block', 'Filesystem').tag(8),
    nodeAffinity: volumeNodeAffinity().tag(9),
    volumeAttributesClassName: string().pointer().tag(10),
  }));
export type PersistentVolumeSpec = TypeOf<ReturnType<typeof persistentVolumeSpec>>;
