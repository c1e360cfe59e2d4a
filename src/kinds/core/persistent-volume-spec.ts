import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { csiPersistentVolumeSource, localVolumeSource, volumeNodeAffinity } from './persistent-volume.ts';
import { objectReference } from './references.ts';
import { hostPathVolumeSource } from './volume.ts';
import { awsElasticBlockStoreVolumeSource, azureDiskVolumeSource, azureFilePersistentVolumeSource, cephFSPersistentVolumeSource, cinderPersistentVolumeSource, fcVolumeSource, flexPersistentVolumeSource, flockerVolumeSource, gcePersistentDiskVolumeSource, glusterfsPersistentVolumeSource, iscsiPersistentVolumeSource, nfsVolumeSource, photonPersistentDiskVolumeSource, portworxVolumeSource, quobyteVolumeSource, rbdPersistentVolumeSource, scaleIOPersistentVolumeSource, storageOSPersistentVolumeSource, vsphereVirtualDiskVolumeSource } from './volume-sources.ts';

export const persistentVolumeSpec = part(() =>
  object('api.core.v1.PersistentVolumeSpec', {
    capacity: map(quantity()).tag(1).describe('How much it holds, under storage.'),
    gcePersistentDisk: gcePersistentDiskVolumeSource().within(2).tag(1).describe('A disk of Google Compute Engine; by its CSI driver now.'),
    awsElasticBlockStore: awsElasticBlockStoreVolumeSource().within(2).tag(2).describe('A disk of AWS; by its CSI driver now.'),
    hostPath: hostPathVolumeSource().within(2).tag(3).describe('A directory of a node; for trying things out.'),
    glusterfs: glusterfsPersistentVolumeSource().within(2).tag(4).describe('A Glusterfs volume; no longer supported.'),
    nfs: nfsVolumeSource().within(2).tag(5).describe('A directory of an NFS server.'),
    rbd: rbdPersistentVolumeSource().within(2).tag(6).describe('A Ceph block device; no longer supported.'),
    iscsi: iscsiPersistentVolumeSource().within(2).tag(7).describe('An iSCSI disk.'),
    cinder: cinderPersistentVolumeSource().within(2).tag(8).describe('A disk of OpenStack; by its CSI driver now.'),
    cephfs: cephFSPersistentVolumeSource().within(2).tag(9).describe('A CephFS directory; no longer supported.'),
    fc: fcVolumeSource().within(2).tag(10).describe('A Fibre Channel disk.'),
    flocker: flockerVolumeSource().within(2).tag(11).describe('A Flocker volume; no longer supported.'),
    flexVolume: flexPersistentVolumeSource().within(2).tag(12).describe('A volume of an exec-based plugin; deprecated.'),
    azureFile: azureFilePersistentVolumeSource().within(2).tag(13).describe('An Azure file share; by its CSI driver now.'),
    vsphereVolume: vsphereVirtualDiskVolumeSource().within(2).tag(14).describe('A vSphere disk; by its CSI driver now.'),
    quobyte: quobyteVolumeSource().within(2).tag(15).describe('A Quobyte volume; no longer supported.'),
    azureDisk: azureDiskVolumeSource().within(2).tag(16).describe('An Azure disk; by its CSI driver now.'),
    photonPersistentDisk: photonPersistentDiskVolumeSource().within(2).tag(17).describe('A Photon disk; no longer supported.'),
    portworxVolume: portworxVolumeSource().within(2).tag(18).describe('A Portworx volume; by its CSI driver now.'),
    scaleIO: scaleIOPersistentVolumeSource().within(2).tag(19).describe('A ScaleIO volume; no longer supported.'),
    local: localVolumeSource().within(2).tag(20).describe('A disk or directory of one node.'),
    storageos: storageOSPersistentVolumeSource().within(2).tag(21).describe('A StorageOS volume; no longer supported.'),
    csi: csiPersistentVolumeSource().within(2).tag(22).describe('A volume of a CSI driver.'),
    accessModes: list(string()).tag(3).describe('How it can be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.'),
    claimRef: objectReference().granular().tag(4).describe('The claim it is bound to.'),
    persistentVolumeReclaimPolicy: string().default('Retain').among('Delete', 'Recycle', 'Retain').tag(5).describe('What becomes of it when its claim is gone: Retain, Delete or Recycle.'),
    storageClassName: string().tag(6).describe('The class it belongs to.'),
    mountOptions: list(string()).tag(7).describe('Options it is mounted with.'),
    volumeMode: string().pointer().default('Filesystem').among('Block', 'Filesystem').tag(8).describe('Filesystem, or Block for a raw device.'),
    nodeAffinity: volumeNodeAffinity().tag(9).describe('From which nodes it can be reached.'),
    volumeAttributesClassName: string().pointer().tag(10).describe('The class of attributes it has.'),
  }));
export type PersistentVolumeSpec = TypeOf<ReturnType<typeof persistentVolumeSpec>>;
