import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatAccessModes, UNSET } from '../cells.ts';
import { volumeWarnings } from './claim-warnings.ts';
import { nodeSelector } from './node-selector.ts';
import { persistentVolumeSpec } from './persistent-volume-spec.ts';
import { secretReference } from './references.ts';
import { classOf } from './storage-class-of.ts';
import { volumeErrors, volumeUpdateErrors } from './storage-validation.ts';

export const csiPersistentVolumeSource = part(() =>
  object('api.core.v1.CSIPersistentVolumeSource', {
    driver: string().required().tag(1).describe('The CSI driver.'),
    volumeHandle: string().required().tag(2).describe('The driver\'s name for the volume.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    fsType: string().tag(4).describe('The file system.'),
    volumeAttributes: map(string()).tag(5).describe('Passed to the driver.'),
    controllerPublishSecretRef: secretReference().tag(6).describe('A Secret for attaching.'),
    nodeStageSecretRef: secretReference().tag(7).describe('A Secret for staging on a node.'),
    nodePublishSecretRef: secretReference().tag(8).describe('A Secret for mounting.'),
    controllerExpandSecretRef: secretReference().tag(9).describe('A Secret for growing.'),
    nodeExpandSecretRef: secretReference().tag(10).describe('A Secret for growing on a node.'),
  }));
export type CSIPersistentVolumeSource = TypeOf<ReturnType<typeof csiPersistentVolumeSource>>;

export const localVolumeSource = part(() =>
  object('api.core.v1.LocalVolumeSource', {
    path: string().required().tag(1).describe('The disk or directory.'),
    fsType: string().pointer().tag(2).describe('The file system of a disk.'),
  }));
export type LocalVolumeSource = TypeOf<ReturnType<typeof localVolumeSource>>;

export const persistentVolumeStatus = part(() =>
  object('api.core.v1.PersistentVolumeStatus', {
    phase: string().default('Pending').tag(1).describe('Pending, Available, Bound, Released or Failed.'),
    message: string().tag(2).describe('Why, for people.'),
    reason: string().tag(3).describe('Why, as one CamelCase word.'),
    lastPhaseTransitionTime: time().tag(4).describe('When the phase last changed.'),
  }));
export type PersistentVolumeStatus = TypeOf<ReturnType<typeof persistentVolumeStatus>>;

export const volumeNodeAffinity = part(() =>
  object('api.core.v1.VolumeNodeAffinity', {
    required: nodeSelector().tag(1).describe('What a node must fulfil.'),
  }));
export type VolumeNodeAffinity = TypeOf<ReturnType<typeof volumeNodeAffinity>>;

/** A phase that changes has its time, unless the writer gave one of its own (KEP-3762). */
function dated(status: PersistentVolumeStatus, old: PersistentVolumeStatus, now: string): PersistentVolumeStatus {
  const given = status.lastPhaseTransitionTime;
  const isGiven = given !== undefined && given !== old.lastPhaseTransitionTime;
  if (isGiven || status.phase === old.phase) return status;
  return { ...status, lastPhaseTransitionTime: now };
}

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
    StorageClass: classOf,
    VolumeAttributesClass: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
    Reason: ({ status }) => status.reason ?? '',
    Age: age,
  },
  wideColumns: { VolumeMode: ({ spec }) => spec.volumeMode },
  prepareForCreate: (volume) => {
    const { creationTimestamp: since } = volume.metadata;
    return { ...volume, status: { phase: 'Pending', ...(since ? { lastPhaseTransitionTime: since } : {}) } };
  },
  prepareForStatusUpdate: (volume, old, now) => ({ ...volume, status: dated(volume.status, old.status, now) }),
  validate: volumeErrors,
  validateUpdate: volumeUpdateErrors,
  warnings: (volume) => [...volumeWarnings(volume)],
});
export type PersistentVolume = InstanceOf<typeof PersistentVolume>;
