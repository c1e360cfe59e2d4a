import type { InstanceOf } from '../../meta/resource.ts';
import { Field, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatAccessModes, UNSET } from '../cells.ts';
import { withFields } from '../change.ts';
import { typedLocalObjectReference, typedObjectReference } from './references.ts';
import { volumeResourceRequirements } from './resources.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { claimErrors, claimUpdateErrors } from './storage-validation.ts';

export const modifyVolumeStatus = part(() =>
  object('api.core.v1.ModifyVolumeStatus', {
    targetVolumeAttributesClassName: string().tag(1),
    status: string().required().default('').tag(2),
  }));
export type ModifyVolumeStatus = TypeOf<ReturnType<typeof modifyVolumeStatus>>;

export const persistentVolumeClaimCondition = part(() =>
  object('api.core.v1.PersistentVolumeClaimCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastProbeTime: time().tag(3).describe('When the condition was last checked.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5),
    message: string().tag(6),
  }));
export type PersistentVolumeClaimCondition = TypeOf<ReturnType<typeof persistentVolumeClaimCondition>>;

export const persistentVolumeClaimSpec = part(() =>
  object('api.core.v1.PersistentVolumeClaimSpec', {
    accessModes: list(string()).tag(1),
    resources: volumeResourceRequirements().default({}).tag(2),
    volumeName: string().tag(3),
    selector: labelSelector().tag(4),
    storageClassName: string().pointer().tag(5),
    volumeMode: string().pointer().default('Filesystem').among('Block', 'Filesystem').tag(6),
    dataSource: typedLocalObjectReference().tag(7),
    dataSourceRef: typedObjectReference().tag(8),
    volumeAttributesClassName: string().pointer().tag(9),
  }));
export type PersistentVolumeClaimSpec = TypeOf<ReturnType<typeof persistentVolumeClaimSpec>>;

export const persistentVolumeClaimStatus = part(() =>
  object('api.core.v1.PersistentVolumeClaimStatus', {
    phase: string().default('Pending').tag(1),
    accessModes: list(string()).tag(2),
    capacity: map(quantity()).tag(3),
    conditions: list(persistentVolumeClaimCondition()).keyedBy('type').tag(4).describe('What is known of the object\'s state, one entry for each type.'),
    allocatedResources: map(quantity()).tag(5),
    allocatedResourceStatuses: map(string()).tag(7),
    currentVolumeAttributesClassName: string().pointer().tag(8),
    modifyVolumeStatus: modifyVolumeStatus().tag(9),
  }));
export type PersistentVolumeClaimStatus = TypeOf<ReturnType<typeof persistentVolumeClaimStatus>>;

/** dataSource and dataSourceRef say the same where one alone is set; only the latter can name another namespace. */
function alignDataSources(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) return { ...spec, dataSourceRef: dataSource };
  if (!dataSourceRef || dataSource || dataSourceRef.namespace) return spec;
  const { kind, name, apiGroup } = dataSourceRef;
  return { ...spec, dataSource: { kind, name, ...(apiGroup === undefined ? {} : { apiGroup }) } };
}

export const PersistentVolumeClaim = defineKind({
  group: '', version: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims',
  short: ['pvc'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'A request for storage.',
  spec: persistentVolumeClaimSpec(),
  status: persistentVolumeClaimStatus(),
  columns: {
    Status: ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? status.phase : 'Terminating'),
    Volume: ({ spec }) => spec.volumeName ?? '',
    Capacity: ({ spec, status }) => (spec.volumeName ? status.capacity?.storage ?? '0' : ''),
    'Access Modes': ({ spec, status }) => (spec.volumeName ? formatAccessModes(status.accessModes) : ''),
    StorageClass: ({ metadata, spec }) => metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
    VolumeAttributesClass: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
    Age: age,
  },
  wideColumns: { VolumeMode: ({ spec }) => spec.volumeMode },
  defaults: (claim) => withFields(claim, { spec: alignDataSources(claim.spec) }),
  prepareForCreate: (claim) => ({ ...claim, status: { phase: 'Pending' } }),
  validate: claimErrors,
  validateUpdate: claimUpdateErrors,
});
export type PersistentVolumeClaim = InstanceOf<typeof PersistentVolumeClaim>;

/** A claim as a value: StatefulSet's templates. */
export const persistentVolumeClaim = part(() => new Field<PersistentVolumeClaim>(PersistentVolumeClaim.schema));
