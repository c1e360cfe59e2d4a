import { boolean, int32, int64, list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { persistentVolumeClaimSpec } from './persistent-volume-claim.ts';
import { localObjectReference, objectFieldSelector, resourceFieldSelector } from './references.ts';
import { awsElasticBlockStoreVolumeSource, azureDiskVolumeSource, azureFileVolumeSource, cephFSVolumeSource, cinderVolumeSource, fcVolumeSource, flexVolumeSource, flockerVolumeSource, gcePersistentDiskVolumeSource, glusterfsVolumeSource, iscsiVolumeSource, nfsVolumeSource, photonPersistentDiskVolumeSource, portworxVolumeSource, quobyteVolumeSource, rbdVolumeSource, scaleIOVolumeSource, storageOSVolumeSource, vsphereVirtualDiskVolumeSource } from './volume-sources.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const csiVolumeSource = part(() =>
  object('api.core.v1.CSIVolumeSource', {
    driver: string().required().tag(1),
    readOnly: boolean().pointer().tag(2),
    fsType: string().pointer().tag(3),
    volumeAttributes: map(string()).tag(4),
    nodePublishSecretRef: localObjectReference().tag(5),
  }));
export type CSIVolumeSource = TypeOf<ReturnType<typeof csiVolumeSource>>;

export const clusterTrustBundleProjection = part(() =>
  object('api.core.v1.ClusterTrustBundleProjection', {
    name: string().pointer().tag(1),
    signerName: string().pointer().tag(2),
    labelSelector: labelSelector().tag(3),
    path: string().required().tag(4),
    optional: boolean().pointer().tag(5),
  }));
export type ClusterTrustBundleProjection = TypeOf<ReturnType<typeof clusterTrustBundleProjection>>;

export const configMapProjection = part(() =>
  object('api.core.v1.ConfigMapProjection', {
    name: string().within(1).tag(1),
    items: list(keyToPath()).tag(2),
    optional: boolean().pointer().tag(4),
  }));
export type ConfigMapProjection = TypeOf<ReturnType<typeof configMapProjection>>;

export const configMapVolumeSource = part(() =>
  object('api.core.v1.ConfigMapVolumeSource', {
    name: string().within(1).tag(1),
    items: list(keyToPath()).tag(2),
    defaultMode: int32().pointer().default(420).tag(3),
    optional: boolean().pointer().tag(4),
  }));
export type ConfigMapVolumeSource = TypeOf<ReturnType<typeof configMapVolumeSource>>;

export const downwardAPIProjection = part(() =>
  object('api.core.v1.DownwardAPIProjection', {
    items: list(downwardAPIVolumeFile()).tag(1),
  }));
export type DownwardAPIProjection = TypeOf<ReturnType<typeof downwardAPIProjection>>;

export const downwardAPIVolumeFile = part(() =>
  object('api.core.v1.DownwardAPIVolumeFile', {
    path: string().required().tag(1),
    fieldRef: objectFieldSelector().tag(2),
    resourceFieldRef: resourceFieldSelector().tag(3),
    mode: int32().pointer().tag(4),
  }));
export type DownwardAPIVolumeFile = TypeOf<ReturnType<typeof downwardAPIVolumeFile>>;

export const downwardAPIVolumeSource = part(() =>
  object('api.core.v1.DownwardAPIVolumeSource', {
    items: list(downwardAPIVolumeFile()).tag(1),
    defaultMode: int32().pointer().default(420).tag(2),
  }));
export type DownwardAPIVolumeSource = TypeOf<ReturnType<typeof downwardAPIVolumeSource>>;

export const emptyDirVolumeSource = part(() =>
  object('api.core.v1.EmptyDirVolumeSource', {
    medium: string().tag(1),
    sizeLimit: quantity().tag(2),
  }));
export type EmptyDirVolumeSource = TypeOf<ReturnType<typeof emptyDirVolumeSource>>;

export const ephemeralVolumeSource = part(() =>
  object('api.core.v1.EphemeralVolumeSource', {
    volumeClaimTemplate: persistentVolumeClaimTemplate().tag(1),
  }));
export type EphemeralVolumeSource = TypeOf<ReturnType<typeof ephemeralVolumeSource>>;

export const gitRepoVolumeSource = part(() =>
  object('api.core.v1.GitRepoVolumeSource', {
    repository: string().required().tag(1),
    revision: string().tag(2),
    directory: string().tag(3),
  }));
export type GitRepoVolumeSource = TypeOf<ReturnType<typeof gitRepoVolumeSource>>;

export const hostPathVolumeSource = part(() =>
  object('api.core.v1.HostPathVolumeSource', {
    path: string().required().tag(1),
    type: string().pointer().default('').among('', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket').tag(2),
  }));
export type HostPathVolumeSource = TypeOf<ReturnType<typeof hostPathVolumeSource>>;

export const imageVolumeSource = part(() =>
  object('api.core.v1.ImageVolumeSource', {
    reference: string().tag(1),
    pullPolicy: string().tag(2),
  }));
export type ImageVolumeSource = TypeOf<ReturnType<typeof imageVolumeSource>>;

export const keyToPath = part(() =>
  object('api.core.v1.KeyToPath', {
    key: string().required().tag(1),
    path: string().required().tag(2),
    mode: int32().pointer().tag(3),
  }));
export type KeyToPath = TypeOf<ReturnType<typeof keyToPath>>;

export const persistentVolumeClaimTemplate = part(() =>
  object('api.core.v1.PersistentVolumeClaimTemplate', {
    metadata: objectMeta().default({}).tag(1),
    spec: persistentVolumeClaimSpec().required().default({}).tag(2),
  }));
export type PersistentVolumeClaimTemplate = TypeOf<ReturnType<typeof persistentVolumeClaimTemplate>>;

export const persistentVolumeClaimVolumeSource = part(() =>
  object('api.core.v1.PersistentVolumeClaimVolumeSource', {
    claimName: string().required().tag(1),
    readOnly: boolean().tag(2),
  }));
export type PersistentVolumeClaimVolumeSource = TypeOf<ReturnType<typeof persistentVolumeClaimVolumeSource>>;

export const podCertificateProjection = part(() =>
  object('api.core.v1.PodCertificateProjection', {
    signerName: string().required().tag(1),
    keyType: string().required().tag(2),
    maxExpirationSeconds: int32().pointer().tag(3),
    credentialBundlePath: string().tag(4),
    keyPath: string().tag(5),
    certificateChainPath: string().tag(6),
    userAnnotations: map(string()).tag(7),
  }));
export type PodCertificateProjection = TypeOf<ReturnType<typeof podCertificateProjection>>;

export const projectedVolumeSource = part(() =>
  object('api.core.v1.ProjectedVolumeSource', {
    sources: list(volumeProjection()).tag(1),
    defaultMode: int32().pointer().default(420).tag(2),
  }));
export type ProjectedVolumeSource = TypeOf<ReturnType<typeof projectedVolumeSource>>;

export const secretProjection = part(() =>
  object('api.core.v1.SecretProjection', {
    name: string().within(1).tag(1),
    items: list(keyToPath()).tag(2),
    optional: boolean().pointer().tag(4),
  }));
export type SecretProjection = TypeOf<ReturnType<typeof secretProjection>>;

export const secretVolumeSource = part(() =>
  object('api.core.v1.SecretVolumeSource', {
    secretName: string().tag(1),
    items: list(keyToPath()).tag(2),
    defaultMode: int32().pointer().default(420).tag(3),
    optional: boolean().pointer().tag(4),
  }));
export type SecretVolumeSource = TypeOf<ReturnType<typeof secretVolumeSource>>;

export const serviceAccountTokenProjection = part(() =>
  object('api.core.v1.ServiceAccountTokenProjection', {
    audience: string().tag(1),
    expirationSeconds: int64().pointer().default(3600).tag(2),
    path: string().required().tag(3),
  }));
export type ServiceAccountTokenProjection = TypeOf<ReturnType<typeof serviceAccountTokenProjection>>;

export const volume = part(() =>
  object('api.core.v1.Volume', {
    name: string().required().tag(1),
    hostPath: hostPathVolumeSource().within(2).tag(1),
    emptyDir: emptyDirVolumeSource().within(2).tag(2),
    gcePersistentDisk: gcePersistentDiskVolumeSource().within(2).tag(3),
    awsElasticBlockStore: awsElasticBlockStoreVolumeSource().within(2).tag(4),
    gitRepo: gitRepoVolumeSource().within(2).tag(5),
    secret: secretVolumeSource().within(2).tag(6),
    nfs: nfsVolumeSource().within(2).tag(7),
    iscsi: iscsiVolumeSource().within(2).tag(8),
    glusterfs: glusterfsVolumeSource().within(2).tag(9),
    persistentVolumeClaim: persistentVolumeClaimVolumeSource().within(2).tag(10),
    rbd: rbdVolumeSource().within(2).tag(11),
    flexVolume: flexVolumeSource().within(2).tag(12),
    cinder: cinderVolumeSource().within(2).tag(13),
    cephfs: cephFSVolumeSource().within(2).tag(14),
    flocker: flockerVolumeSource().within(2).tag(15),
    downwardAPI: downwardAPIVolumeSource().within(2).tag(16),
    fc: fcVolumeSource().within(2).tag(17),
    azureFile: azureFileVolumeSource().within(2).tag(18),
    configMap: configMapVolumeSource().within(2).tag(19),
    vsphereVolume: vsphereVirtualDiskVolumeSource().within(2).tag(20),
    quobyte: quobyteVolumeSource().within(2).tag(21),
    azureDisk: azureDiskVolumeSource().within(2).tag(22),
    photonPersistentDisk: photonPersistentDiskVolumeSource().within(2).tag(23),
    portworxVolume: portworxVolumeSource().within(2).tag(24),
    scaleIO: scaleIOVolumeSource().within(2).tag(25),
    projected: projectedVolumeSource().within(2).tag(26),
    storageos: storageOSVolumeSource().within(2).tag(27),
    csi: csiVolumeSource().within(2).tag(28),
    ephemeral: ephemeralVolumeSource().within(2).tag(29),
    image: imageVolumeSource().within(2).tag(30),
  }));
export type Volume = TypeOf<ReturnType<typeof volume>>;

export const volumeProjection = part(() =>
  object('api.core.v1.VolumeProjection', {
    secret: secretProjection().tag(1),
    downwardAPI: downwardAPIProjection().tag(2),
    configMap: configMapProjection().tag(3),
    serviceAccountToken: serviceAccountTokenProjection().tag(4),
    clusterTrustBundle: clusterTrustBundleProjection().tag(5),
    podCertificate: podCertificateProjection().tag(6),
  }));
export type VolumeProjection = TypeOf<ReturnType<typeof volumeProjection>>;
