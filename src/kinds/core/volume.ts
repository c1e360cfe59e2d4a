import { boolean, int32, int64, list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { persistentVolumeClaimSpec } from './persistent-volume-claim.ts';
import { localObjectReference, objectFieldSelector, resourceFieldSelector } from './references.ts';
import { awsElasticBlockStoreVolumeSource, azureDiskVolumeSource, azureFileVolumeSource, cephFSVolumeSource, cinderVolumeSource, fcVolumeSource, flexVolumeSource, flockerVolumeSource, gcePersistentDiskVolumeSource, glusterfsVolumeSource, iscsiVolumeSource, nfsVolumeSource, photonPersistentDiskVolumeSource, portworxVolumeSource, quobyteVolumeSource, rbdVolumeSource, scaleIOVolumeSource, storageOSVolumeSource, vsphereVirtualDiskVolumeSource } from './volume-sources.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const csiVolumeSource = part(() =>
  object('api.core.v1.CSIVolumeSource', {
    driver: string().required().tag(1).describe('The CSI driver.'),
    readOnly: boolean().pointer().tag(2).describe('Whether it is mounted read-only.'),
    fsType: string().pointer().tag(3).describe('The file system; the driver chooses unless said.'),
    volumeAttributes: map(string()).tag(4).describe('Passed to the driver.'),
    nodePublishSecretRef: localObjectReference().tag(5).describe('A Secret passed to the driver.'),
  }));
export type CSIVolumeSource = TypeOf<ReturnType<typeof csiVolumeSource>>;

export const clusterTrustBundleProjection = part(() =>
  object('api.core.v1.ClusterTrustBundleProjection', {
    name: string().pointer().tag(1).describe('One ClusterTrustBundle.'),
    signerName: string().pointer().tag(2).describe('All ClusterTrustBundles of this signer that labelSelector selects.'),
    labelSelector: labelSelector().tag(3).describe('Which bundles of the signer.'),
    path: string().required().tag(4).describe('The file\'s path within the volume.'),
    optional: boolean().pointer().tag(5).describe('Whether the pod may start without it.'),
  }));
export type ClusterTrustBundleProjection = TypeOf<ReturnType<typeof clusterTrustBundleProjection>>;

export const configMapProjection = part(() =>
  object('api.core.v1.ConfigMapProjection', {
    name: string().within(1).tag(1).describe('The ConfigMap\'s name.'),
    items: list(keyToPath()).tag(2).describe('Which keys, and where they go; all if none are named.'),
    optional: boolean().pointer().tag(4).describe('Whether the pod may start without it.'),
  }));
export type ConfigMapProjection = TypeOf<ReturnType<typeof configMapProjection>>;

export const configMapVolumeSource = part(() =>
  object('api.core.v1.ConfigMapVolumeSource', {
    name: string().within(1).tag(1).describe('The ConfigMap\'s name.'),
    items: list(keyToPath()).tag(2).describe('Which keys, and where they go; all if none are named.'),
    defaultMode: int32().pointer().default(420).tag(3).describe('Permissions of the files, as an octal or decimal number.'),
    optional: boolean().pointer().tag(4).describe('Whether the pod may start without it.'),
  }));
export type ConfigMapVolumeSource = TypeOf<ReturnType<typeof configMapVolumeSource>>;

export const downwardAPIProjection = part(() =>
  object('api.core.v1.DownwardAPIProjection', {
    items: list(downwardAPIVolumeFile()).tag(1).describe('The files.'),
  }));
export type DownwardAPIProjection = TypeOf<ReturnType<typeof downwardAPIProjection>>;

export const downwardAPIVolumeFile = part(() =>
  object('api.core.v1.DownwardAPIVolumeFile', {
    path: string().required().tag(1).describe('The file\'s path within the volume.'),
    fieldRef: objectFieldSelector().tag(2).describe('A field of the pod.'),
    resourceFieldRef: resourceFieldSelector().tag(3).describe('A request or limit of a container.'),
    mode: int32().pointer().tag(4).describe('The file\'s permissions.'),
  }));
export type DownwardAPIVolumeFile = TypeOf<ReturnType<typeof downwardAPIVolumeFile>>;

export const downwardAPIVolumeSource = part(() =>
  object('api.core.v1.DownwardAPIVolumeSource', {
    items: list(downwardAPIVolumeFile()).tag(1).describe('The files.'),
    defaultMode: int32().pointer().default(420).tag(2).describe('Permissions of the files, as an octal or decimal number.'),
  }));
export type DownwardAPIVolumeSource = TypeOf<ReturnType<typeof downwardAPIVolumeSource>>;

export const emptyDirVolumeSource = part(() =>
  object('api.core.v1.EmptyDirVolumeSource', {
    medium: string().tag(1).describe('Memory keeps it in memory; empty leaves it to the node.'),
    sizeLimit: quantity().tag(2).describe('How much it may hold before the pod is evicted.'),
  }));
export type EmptyDirVolumeSource = TypeOf<ReturnType<typeof emptyDirVolumeSource>>;

export const ephemeralVolumeSource = part(() =>
  object('api.core.v1.EphemeralVolumeSource', {
    volumeClaimTemplate: persistentVolumeClaimTemplate().tag(1).describe('What the claim is like; it is named after the pod and the volume.'),
  }));
export type EphemeralVolumeSource = TypeOf<ReturnType<typeof ephemeralVolumeSource>>;

export const gitRepoVolumeSource = part(() =>
  object('api.core.v1.GitRepoVolumeSource', {
    repository: string().required().tag(1).describe('The repository\'s URL.'),
    revision: string().tag(2).describe('The commit.'),
    directory: string().tag(3).describe('Where it goes within the volume.'),
  }));
export type GitRepoVolumeSource = TypeOf<ReturnType<typeof gitRepoVolumeSource>>;

export const hostPathVolumeSource = part(() =>
  object('api.core.v1.HostPathVolumeSource', {
    path: string().required().tag(1).describe('The path on the node.'),
    type: string().pointer().default('').among('', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket').tag(2).describe('What must be there, or be made: Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice, BlockDevice; empty checks nothing.'),
  }));
export type HostPathVolumeSource = TypeOf<ReturnType<typeof hostPathVolumeSource>>;

export const imageVolumeSource = part(() =>
  object('api.core.v1.ImageVolumeSource', {
    reference: string().tag(1).describe('The image.'),
    pullPolicy: string().tag(2).describe('Always, IfNotPresent or Never.'),
  }));
export type ImageVolumeSource = TypeOf<ReturnType<typeof imageVolumeSource>>;

export const keyToPath = part(() =>
  object('api.core.v1.KeyToPath', {
    key: string().required().tag(1).describe('The key.'),
    path: string().required().tag(2).describe('The file\'s path within the volume.'),
    mode: int32().pointer().tag(3).describe('The file\'s permissions.'),
  }));
export type KeyToPath = TypeOf<ReturnType<typeof keyToPath>>;

export const persistentVolumeClaimTemplate = part(() =>
  object('api.core.v1.PersistentVolumeClaimTemplate', {
    metadata: objectMeta().default({}).tag(1).describe('Labels and annotations of the claim.'),
    spec: persistentVolumeClaimSpec().required().default({}).tag(2).describe('The claim\'s spec.'),
  }));
export type PersistentVolumeClaimTemplate = TypeOf<ReturnType<typeof persistentVolumeClaimTemplate>>;

export const persistentVolumeClaimVolumeSource = part(() =>
  object('api.core.v1.PersistentVolumeClaimVolumeSource', {
    claimName: string().required().tag(1).describe('The claim in the pod\'s namespace.'),
    readOnly: boolean().tag(2).describe('Whether all mounts of it are read-only.'),
  }));
export type PersistentVolumeClaimVolumeSource = TypeOf<ReturnType<typeof persistentVolumeClaimVolumeSource>>;

export const podCertificateProjection = part(() =>
  object('api.core.v1.PodCertificateProjection', {
    signerName: string().required().tag(1).describe('Who signs the certificate.'),
    keyType: string().required().tag(2).describe('The kind of key, such as ED25519 or ECDSAP256.'),
    maxExpirationSeconds: int32().pointer().tag(3).describe('How long the certificate may be valid at most.'),
    credentialBundlePath: string().tag(4).describe('A file with the key followed by the certificates.'),
    keyPath: string().tag(5).describe('A file with the key.'),
    certificateChainPath: string().tag(6).describe('A file with the certificates.'),
    userAnnotations: map(string()).tag(7).describe('Passed to the signer as they are.'),
  }));
export type PodCertificateProjection = TypeOf<ReturnType<typeof podCertificateProjection>>;

export const projectedVolumeSource = part(() =>
  object('api.core.v1.ProjectedVolumeSource', {
    sources: list(volumeProjection()).orNull().tag(1).describe('What is put into the directory.'),
    defaultMode: int32().pointer().default(420).tag(2).describe('Permissions of the files, as an octal or decimal number.'),
  }));
export type ProjectedVolumeSource = TypeOf<ReturnType<typeof projectedVolumeSource>>;

export const secretProjection = part(() =>
  object('api.core.v1.SecretProjection', {
    name: string().within(1).tag(1).describe('The Secret\'s name.'),
    items: list(keyToPath()).tag(2).describe('Which keys, and where they go; all if none are named.'),
    optional: boolean().pointer().tag(4).describe('Whether the pod may start without it.'),
  }));
export type SecretProjection = TypeOf<ReturnType<typeof secretProjection>>;

export const secretVolumeSource = part(() =>
  object('api.core.v1.SecretVolumeSource', {
    secretName: string().tag(1).describe('The Secret\'s name.'),
    items: list(keyToPath()).tag(2).describe('Which keys, and where they go; all if none are named.'),
    defaultMode: int32().pointer().default(420).tag(3).describe('Permissions of the files, as an octal or decimal number.'),
    optional: boolean().pointer().tag(4).describe('Whether the pod may start without it.'),
  }));
export type SecretVolumeSource = TypeOf<ReturnType<typeof secretVolumeSource>>;

export const serviceAccountTokenProjection = part(() =>
  object('api.core.v1.ServiceAccountTokenProjection', {
    audience: string().tag(1).describe('For whom the token is meant; the API server unless said.'),
    expirationSeconds: int64().pointer().default(3600).tag(2).describe('How long it is valid; the kubelet renews it in time.'),
    path: string().required().tag(3).describe('The file\'s path within the volume.'),
  }));
export type ServiceAccountTokenProjection = TypeOf<ReturnType<typeof serviceAccountTokenProjection>>;

export const volume = part(() =>
  object('api.core.v1.Volume', {
    name: string().required().tag(1).describe('A DNS label, unique within the pod.'),
    hostPath: hostPathVolumeSource().within(2).tag(1).describe('A file or directory of the node.'),
    emptyDir: emptyDirVolumeSource().within(2).tag(2).describe('A directory that is empty at first and lives as long as the pod.'),
    gcePersistentDisk: gcePersistentDiskVolumeSource().within(2).tag(3).describe('A disk of Google Compute Engine; by its CSI driver now.'),
    awsElasticBlockStore: awsElasticBlockStoreVolumeSource().within(2).tag(4).describe('A disk of AWS; by its CSI driver now.'),
    gitRepo: gitRepoVolumeSource().within(2).tag(5).describe('A git repository; no longer supported.'),
    secret: secretVolumeSource().within(2).tag(6).describe('The keys of a Secret as files.'),
    nfs: nfsVolumeSource().within(2).tag(7).describe('A directory of an NFS server.'),
    iscsi: iscsiVolumeSource().within(2).tag(8).describe('An iSCSI disk.'),
    glusterfs: glusterfsVolumeSource().within(2).tag(9).describe('A Glusterfs volume; no longer supported.'),
    persistentVolumeClaim: persistentVolumeClaimVolumeSource().within(2).tag(10).describe('The volume bound to a claim in the pod\'s namespace.'),
    rbd: rbdVolumeSource().within(2).tag(11).describe('A Ceph block device; no longer supported.'),
    flexVolume: flexVolumeSource().within(2).tag(12).describe('A volume of an exec-based plugin; deprecated.'),
    cinder: cinderVolumeSource().within(2).tag(13).describe('A disk of OpenStack; by its CSI driver now.'),
    cephfs: cephFSVolumeSource().within(2).tag(14).describe('A CephFS directory; no longer supported.'),
    flocker: flockerVolumeSource().within(2).tag(15).describe('A Flocker volume; no longer supported.'),
    downwardAPI: downwardAPIVolumeSource().within(2).tag(16).describe('Fields of the pod as files.'),
    fc: fcVolumeSource().within(2).tag(17).describe('A Fibre Channel disk.'),
    azureFile: azureFileVolumeSource().within(2).tag(18).describe('An Azure file share; by its CSI driver now.'),
    configMap: configMapVolumeSource().within(2).tag(19).describe('The keys of a ConfigMap as files.'),
    vsphereVolume: vsphereVirtualDiskVolumeSource().within(2).tag(20).describe('A vSphere disk; by its CSI driver now.'),
    quobyte: quobyteVolumeSource().within(2).tag(21).describe('A Quobyte volume; no longer supported.'),
    azureDisk: azureDiskVolumeSource().within(2).tag(22).describe('An Azure disk; by its CSI driver now.'),
    photonPersistentDisk: photonPersistentDiskVolumeSource().within(2).tag(23).describe('A Photon disk; no longer supported.'),
    portworxVolume: portworxVolumeSource().within(2).tag(24).describe('A Portworx volume; by its CSI driver now.'),
    scaleIO: scaleIOVolumeSource().within(2).tag(25).describe('A ScaleIO volume; no longer supported.'),
    projected: projectedVolumeSource().within(2).tag(26).describe('Several Secrets, ConfigMaps, tokens and fields in one directory.'),
    storageos: storageOSVolumeSource().within(2).tag(27).describe('A StorageOS volume; no longer supported.'),
    csi: csiVolumeSource().within(2).tag(28).describe('A volume of a CSI driver that lives as long as the pod.'),
    ephemeral: ephemeralVolumeSource().within(2).tag(29).describe('A claim made for this pod and deleted with it.'),
    image: imageVolumeSource().within(2).tag(30).describe('The files of an OCI image.'),
  }));
export type Volume = TypeOf<ReturnType<typeof volume>>;

export const volumeProjection = part(() =>
  object('api.core.v1.VolumeProjection', {
    secret: secretProjection().tag(1).describe('Keys of a Secret.'),
    downwardAPI: downwardAPIProjection().tag(2).describe('Fields of the pod.'),
    configMap: configMapProjection().tag(3).describe('Keys of a ConfigMap.'),
    serviceAccountToken: serviceAccountTokenProjection().tag(4).describe('A token of the pod\'s service account.'),
    clusterTrustBundle: clusterTrustBundleProjection().tag(5).describe('Certificates of trust anchors.'),
    podCertificate: podCertificateProjection().tag(6).describe('A key and a certificate made for the pod.'),
  }));
export type VolumeProjection = TypeOf<ReturnType<typeof volumeProjection>>;
