import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatAccessModes, UNSET } from '../cells.ts';
import { nodeSelector } from './node-selector.ts';
import { persistentVolumeSpec } from './persistent-volume-spec.ts';
import { secretReference } from './references.ts';
import { volumeErrors, volumeUpdateErrors } from './storage-validation.ts';

export const csiPersistentVolumeSource = part(() =>
  object('api.core.v1.CSIPersistentVolumeSource', {
    driver: string().required().tag(1),
    volumeHandle: string().required().tag(2),
    readOnly: boolean().tag(3),
    fsType: string().tag(4),
    volumeAttributes: map(string()).tag(5),
    controllerPublishSecretRef: secretReference().tag(6),
    nodeStageSecretRef: secretReference().tag(7),
    nodePublishSecretRef: secretReference().tag(8),
    controllerExpandSecretRef: secretReference().tag(9),
    nodeExpandSecretRef: secretReference().tag(10),
  }));
export type CSIPersistentVolumeSource = TypeOf<ReturnType<typeof csiPersistentVolumeSource>>;

export const localVolumeSource = part(() =>
  object('api.core.v1.LocalVolumeSource', {
    path: string().required().tag(1),
    fsType: string().pointer().tag(2),
  }));
export type LocalVolumeSource = TypeOf<ReturnType<typeof localVolumeSource>>;

export const persistentVolumeStatus = part(() =>
  object('api.core.v1.PersistentVolumeStatus', {
    phase: string().default('Pending').tag(1),
    message: string().tag(2),
    reason: string().tag(3),
    lastPhaseTransitionTime: time().tag(4),
  }));
export type PersistentVolumeStatus = TypeOf<ReturnType<typeof persistentVolumeStatus>>;

export const volumeNodeAffinity = part(() =>
  object('api.core.v1.VolumeNodeAffinity', {
    required: nodeSelector().tag(1),
  }));
export type VolumeNodeAffinity = TypeOf<ReturnType<typeof volumeNodeAffinity>>;

export const PersistentVolume = defineKind({
  group: '', version: 'v1', kind: 'PersistentVolume', plural: 'persistentvolumes',
  short: ['pv'], scope: 'Cluster', package: 'api.core.v1',
  description: 'A piece of storage in the cluster.',
  spec: persistentVolumeSpec(),
  status: persistentVolumeStatus(),
  columns: {
    Capacity: ({ spec }) => spec.capacity?.storage ?? '',
    'Access Modes': ({ spec }) => formatAccessModes(spec.accessModes),
    'Reclaim Policy': ({ spec }) => spec.persistentVolumeReclaimPolicy,
    Status: ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? status.phase : 'Terminating'),
    Claim: ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''),
    StorageClass: ({ metadata, spec }) => metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
    VolumeAttributesClass: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
    Reason: ({ status }) => status.reason ?? '',
    Age: age,
  },
  wideColumns: { VolumeMode: ({ spec }) => spec.volumeMode },
  prepareForCreate: (volume) => ({ ...volume, status: { phase: 'Pending' } }),
  validate: volumeErrors,
  validateUpdate: volumeUpdateErrors,
});
export type PersistentVolume = InstanceOf<typeof PersistentVolume>;
