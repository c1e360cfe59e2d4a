import { boolean, int32, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { localObjectReference, objectReference, secretReference } from './references.ts';

export const awsElasticBlockStoreVolumeSource = part(() =>
  object('api.core.v1.AWSElasticBlockStoreVolumeSource', {
    volumeID: string().required().tag(1).describe('The volume\'s ID.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    partition: int32().tag(3).describe('Which partition; the whole disk unless said.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
  }));
export type AWSElasticBlockStoreVolumeSource = TypeOf<ReturnType<typeof awsElasticBlockStoreVolumeSource>>;

export const azureDiskVolumeSource = part(() =>
  object('api.core.v1.AzureDiskVolumeSource', {
    diskName: string().required().tag(1).describe('The disk\'s name.'),
    diskURI: string().required().tag(2).describe('The disk\'s URI.'),
    cachingMode: string().pointer().default('ReadWrite').tag(3).describe('How the host caches: None, ReadOnly or ReadWrite.'),
    fsType: string().pointer().default('ext4').tag(4).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().pointer().default(false).tag(5).describe('Whether it is mounted read-only.'),
    kind: string().pointer().default('Shared').tag(6).describe('Shared, Dedicated or Managed.'),
  }));
export type AzureDiskVolumeSource = TypeOf<ReturnType<typeof azureDiskVolumeSource>>;

export const azureFilePersistentVolumeSource = part(() =>
  object('api.core.v1.AzureFilePersistentVolumeSource', {
    secretName: string().required().tag(1).describe('A Secret with the account\'s name and key.'),
    shareName: string().required().tag(2).describe('The share\'s name.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    secretNamespace: string().pointer().orNull().tag(4).describe('The Secret\'s namespace; the claim\'s unless said.'),
  }));
export type AzureFilePersistentVolumeSource = TypeOf<ReturnType<typeof azureFilePersistentVolumeSource>>;

export const azureFileVolumeSource = part(() =>
  object('api.core.v1.AzureFileVolumeSource', {
    secretName: string().required().tag(1).describe('A Secret with the account\'s name and key.'),
    shareName: string().required().tag(2).describe('The share\'s name.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
  }));
export type AzureFileVolumeSource = TypeOf<ReturnType<typeof azureFileVolumeSource>>;

export const cephFSPersistentVolumeSource = part(() =>
  object('api.core.v1.CephFSPersistentVolumeSource', {
    monitors: list(string()).required().tag(1).describe('Addresses of Ceph\'s monitors.'),
    path: string().tag(2).describe('The path on the server.'),
    user: string().tag(3).describe('Who to log in as.'),
    secretFile: string().tag(4).describe('A file on the node with the credentials.'),
    secretRef: secretReference().tag(5).describe('A Secret with the credentials.'),
    readOnly: boolean().tag(6).describe('Whether it is mounted read-only.'),
  }));
export type CephFSPersistentVolumeSource = TypeOf<ReturnType<typeof cephFSPersistentVolumeSource>>;

export const cephFSVolumeSource = part(() =>
  object('api.core.v1.CephFSVolumeSource', {
    monitors: list(string()).required().tag(1).describe('Addresses of Ceph\'s monitors.'),
    path: string().tag(2).describe('The path on the server.'),
    user: string().tag(3).describe('Who to log in as.'),
    secretFile: string().tag(4).describe('A file on the node with the credentials.'),
    secretRef: localObjectReference().tag(5).describe('A Secret with the credentials.'),
    readOnly: boolean().tag(6).describe('Whether it is mounted read-only.'),
  }));
export type CephFSVolumeSource = TypeOf<ReturnType<typeof cephFSVolumeSource>>;

export const cinderPersistentVolumeSource = part(() =>
  object('api.core.v1.CinderPersistentVolumeSource', {
    volumeID: string().required().tag(1).describe('The volume\'s ID.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    secretRef: secretReference().tag(4).describe('A Secret with the credentials.'),
  }));
export type CinderPersistentVolumeSource = TypeOf<ReturnType<typeof cinderPersistentVolumeSource>>;

export const cinderVolumeSource = part(() =>
  object('api.core.v1.CinderVolumeSource', {
    volumeID: string().required().tag(1).describe('The volume\'s ID.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    secretRef: localObjectReference().tag(4).describe('A Secret with the credentials.'),
  }));
export type CinderVolumeSource = TypeOf<ReturnType<typeof cinderVolumeSource>>;

export const fcVolumeSource = part(() =>
  object('api.core.v1.FCVolumeSource', {
    targetWWNs: list(string()).tag(1).describe('World wide names of the target.'),
    lun: int32().pointer().tag(2).describe('The logical unit.'),
    fsType: string().tag(3).describe('The file system.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
    wwids: list(string()).tag(5).describe('World wide identifiers, in place of targetWWNs and lun.'),
  }));
export type FCVolumeSource = TypeOf<ReturnType<typeof fcVolumeSource>>;

export const flexPersistentVolumeSource = part(() =>
  object('api.core.v1.FlexPersistentVolumeSource', {
    driver: string().required().tag(1).describe('The driver\'s name.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    secretRef: secretReference().tag(3).describe('A Secret with the credentials.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
    options: map(string()).tag(5).describe('Passed to the driver.'),
  }));
export type FlexPersistentVolumeSource = TypeOf<ReturnType<typeof flexPersistentVolumeSource>>;

export const flexVolumeSource = part(() =>
  object('api.core.v1.FlexVolumeSource', {
    driver: string().required().tag(1).describe('The driver.'),
    fsType: string().tag(2).describe('The file system.'),
    secretRef: localObjectReference().tag(3).describe('A Secret passed to the driver.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
    options: map(string()).tag(5).describe('Passed to the driver.'),
  }));
export type FlexVolumeSource = TypeOf<ReturnType<typeof flexVolumeSource>>;

export const flockerVolumeSource = part(() =>
  object('api.core.v1.FlockerVolumeSource', {
    datasetName: string().tag(1).describe('The dataset\'s name.'),
    datasetUUID: string().tag(2).describe('The dataset\'s UUID.'),
  }));
export type FlockerVolumeSource = TypeOf<ReturnType<typeof flockerVolumeSource>>;

export const gcePersistentDiskVolumeSource = part(() =>
  object('api.core.v1.GCEPersistentDiskVolumeSource', {
    pdName: string().required().tag(1).describe('The disk\'s name.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    partition: int32().tag(3).describe('Which partition; the whole disk unless said.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
  }));
export type GCEPersistentDiskVolumeSource = TypeOf<ReturnType<typeof gcePersistentDiskVolumeSource>>;

export const glusterfsPersistentVolumeSource = part(() =>
  object('api.core.v1.GlusterfsPersistentVolumeSource', {
    endpoints: string().required().tag(1).describe('The Endpoints that name the servers.'),
    path: string().required().tag(2).describe('The path on the server.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    endpointsNamespace: string().pointer().tag(4).describe('The namespace of the Endpoints; the claim\'s unless said.'),
  }));
export type GlusterfsPersistentVolumeSource = TypeOf<ReturnType<typeof glusterfsPersistentVolumeSource>>;

export const glusterfsVolumeSource = part(() =>
  object('api.core.v1.GlusterfsVolumeSource', {
    endpoints: string().required().tag(1).describe('The Endpoints that name the servers.'),
    path: string().required().tag(2).describe('The path on the server.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
  }));
export type GlusterfsVolumeSource = TypeOf<ReturnType<typeof glusterfsVolumeSource>>;

export const iscsiPersistentVolumeSource = part(() =>
  object('api.core.v1.ISCSIPersistentVolumeSource', {
    targetPortal: string().required().tag(1).describe('The portal, as address and port.'),
    iqn: string().required().tag(2).describe('The target\'s qualified name.'),
    lun: int32().required().tag(3).describe('The logical unit\'s number.'),
    iscsiInterface: string().default('default').tag(4).describe('The interface that speaks iSCSI; default unless said.'),
    fsType: string().tag(5).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(6).describe('Whether it is mounted read-only.'),
    portals: list(string()).tag(7).describe('More portals of the same target.'),
    chapAuthDiscovery: boolean().tag(8).describe('Whether discovery logs in by CHAP.'),
    secretRef: secretReference().tag(10).describe('A Secret with the credentials.'),
    chapAuthSession: boolean().tag(11).describe('Whether sessions log in by CHAP.'),
    initiatorName: string().pointer().tag(12).describe('The initiator\'s own name.'),
  }));
export type ISCSIPersistentVolumeSource = TypeOf<ReturnType<typeof iscsiPersistentVolumeSource>>;

export const iscsiVolumeSource = part(() =>
  object('api.core.v1.ISCSIVolumeSource', {
    targetPortal: string().required().tag(1).describe('The target\'s address and port.'),
    iqn: string().required().tag(2).describe('The target\'s name.'),
    lun: int32().required().tag(3).describe('The logical unit.'),
    iscsiInterface: string().default('default').tag(4).describe('The interface to use.'),
    fsType: string().tag(5).describe('The file system.'),
    readOnly: boolean().tag(6).describe('Whether it is mounted read-only.'),
    portals: list(string()).tag(7).describe('Further addresses of the target.'),
    chapAuthDiscovery: boolean().tag(8).describe('Whether discovery authenticates by CHAP.'),
    secretRef: localObjectReference().tag(10).describe('The Secret with the CHAP credentials.'),
    chapAuthSession: boolean().tag(11).describe('Whether sessions authenticate by CHAP.'),
    initiatorName: string().pointer().tag(12).describe('The initiator\'s name.'),
  }));
export type ISCSIVolumeSource = TypeOf<ReturnType<typeof iscsiVolumeSource>>;

export const nfsVolumeSource = part(() =>
  object('api.core.v1.NFSVolumeSource', {
    server: string().required().tag(1).describe('The server\'s name or address.'),
    path: string().required().tag(2).describe('The exported directory.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
  }));
export type NFSVolumeSource = TypeOf<ReturnType<typeof nfsVolumeSource>>;

export const photonPersistentDiskVolumeSource = part(() =>
  object('api.core.v1.PhotonPersistentDiskVolumeSource', {
    pdID: string().required().tag(1).describe('The disk\'s ID.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
  }));
export type PhotonPersistentDiskVolumeSource = TypeOf<ReturnType<typeof photonPersistentDiskVolumeSource>>;

export const portworxVolumeSource = part(() =>
  object('api.core.v1.PortworxVolumeSource', {
    volumeID: string().required().tag(1).describe('The volume\'s ID.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
  }));
export type PortworxVolumeSource = TypeOf<ReturnType<typeof portworxVolumeSource>>;

export const quobyteVolumeSource = part(() =>
  object('api.core.v1.QuobyteVolumeSource', {
    registry: string().required().tag(1).describe('Addresses of Quobyte\'s registry.'),
    volume: string().required().tag(2).describe('The volume\'s name.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    user: string().tag(4).describe('Who to log in as.'),
    group: string().tag(5).describe('The group files belong to.'),
    tenant: string().tag(6).describe('The tenant the volume belongs to.'),
  }));
export type QuobyteVolumeSource = TypeOf<ReturnType<typeof quobyteVolumeSource>>;

export const rbdPersistentVolumeSource = part(() =>
  object('api.core.v1.RBDPersistentVolumeSource', {
    monitors: list(string()).required().tag(1).describe('Addresses of Ceph\'s monitors.'),
    image: string().required().tag(2).describe('The image\'s name.'),
    fsType: string().tag(3).describe('The file system it is mounted as; ext4 unless said.'),
    pool: string().default('rbd').tag(4).describe('The pool the image is in; rbd unless said.'),
    user: string().default('admin').tag(5).describe('Who to log in as.'),
    keyring: string().default('/etc/ceph/keyring').tag(6).describe('The key ring on the node.'),
    secretRef: secretReference().tag(7).describe('A Secret with the credentials.'),
    readOnly: boolean().tag(8).describe('Whether it is mounted read-only.'),
  }));
export type RBDPersistentVolumeSource = TypeOf<ReturnType<typeof rbdPersistentVolumeSource>>;

export const rbdVolumeSource = part(() =>
  object('api.core.v1.RBDVolumeSource', {
    monitors: list(string()).required().tag(1).describe('Addresses of Ceph\'s monitors.'),
    image: string().required().tag(2).describe('The image\'s name.'),
    fsType: string().tag(3).describe('The file system it is mounted as; ext4 unless said.'),
    pool: string().default('rbd').tag(4).describe('The pool the image is in; rbd unless said.'),
    user: string().default('admin').tag(5).describe('Who to log in as.'),
    keyring: string().default('/etc/ceph/keyring').tag(6).describe('The key ring on the node.'),
    secretRef: localObjectReference().tag(7).describe('A Secret with the credentials.'),
    readOnly: boolean().tag(8).describe('Whether it is mounted read-only.'),
  }));
export type RBDVolumeSource = TypeOf<ReturnType<typeof rbdVolumeSource>>;

export const scaleIOPersistentVolumeSource = part(() =>
  object('api.core.v1.ScaleIOPersistentVolumeSource', {
    gateway: string().required().tag(1).describe('The address of the ScaleIO gateway.'),
    system: string().required().tag(2).describe('The storage system\'s name.'),
    secretRef: secretReference().required().tag(3).describe('A Secret with the credentials.'),
    sslEnabled: boolean().tag(4).describe('Whether to talk to the gateway by TLS.'),
    protectionDomain: string().tag(5).describe('The protection domain.'),
    storagePool: string().tag(6).describe('The storage pool.'),
    storageMode: string().default('ThinProvisioned').tag(7).describe('ThinProvisioned or ThickProvisioned.'),
    volumeName: string().tag(8).describe('The volume\'s name.'),
    fsType: string().default('xfs').tag(9).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(10).describe('Whether it is mounted read-only.'),
  }));
export type ScaleIOPersistentVolumeSource = TypeOf<ReturnType<typeof scaleIOPersistentVolumeSource>>;

export const scaleIOVolumeSource = part(() =>
  object('api.core.v1.ScaleIOVolumeSource', {
    gateway: string().required().tag(1).describe('The address of the ScaleIO gateway.'),
    system: string().required().tag(2).describe('The storage system\'s name.'),
    secretRef: localObjectReference().required().tag(3).describe('A Secret with the credentials.'),
    sslEnabled: boolean().tag(4).describe('Whether to talk to the gateway by TLS.'),
    protectionDomain: string().tag(5).describe('The protection domain.'),
    storagePool: string().tag(6).describe('The storage pool.'),
    storageMode: string().default('ThinProvisioned').tag(7).describe('ThinProvisioned or ThickProvisioned.'),
    volumeName: string().tag(8).describe('The volume\'s name.'),
    fsType: string().default('xfs').tag(9).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(10).describe('Whether it is mounted read-only.'),
  }));
export type ScaleIOVolumeSource = TypeOf<ReturnType<typeof scaleIOVolumeSource>>;

export const storageOSPersistentVolumeSource = part(() =>
  object('api.core.v1.StorageOSPersistentVolumeSource', {
    volumeName: string().tag(1).describe('The volume\'s name.'),
    volumeNamespace: string().tag(2).describe('The volume\'s namespace in StorageOS.'),
    fsType: string().tag(3).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
    secretRef: objectReference().tag(5).describe('A Secret with the credentials.'),
  }));
export type StorageOSPersistentVolumeSource = TypeOf<ReturnType<typeof storageOSPersistentVolumeSource>>;

export const storageOSVolumeSource = part(() =>
  object('api.core.v1.StorageOSVolumeSource', {
    volumeName: string().tag(1).describe('The volume\'s name.'),
    volumeNamespace: string().tag(2).describe('The volume\'s namespace in StorageOS.'),
    fsType: string().tag(3).describe('The file system it is mounted as; ext4 unless said.'),
    readOnly: boolean().tag(4).describe('Whether it is mounted read-only.'),
    secretRef: localObjectReference().tag(5).describe('A Secret with the credentials.'),
  }));
export type StorageOSVolumeSource = TypeOf<ReturnType<typeof storageOSVolumeSource>>;

export const vsphereVirtualDiskVolumeSource = part(() =>
  object('api.core.v1.VsphereVirtualDiskVolumeSource', {
    volumePath: string().required().tag(1).describe('The path of the disk in its datastore.'),
    fsType: string().tag(2).describe('The file system it is mounted as; ext4 unless said.'),
    storagePolicyName: string().tag(3).describe('The storage policy\'s name.'),
    storagePolicyID: string().tag(4).describe('The storage policy\'s ID.'),
  }));
export type VsphereVirtualDiskVolumeSource = TypeOf<ReturnType<typeof vsphereVirtualDiskVolumeSource>>;
