import type { InstanceOf } from '../../meta/resource.ts';
import { Field, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatAccessModes, UNSET } from '../cells.ts';
import { withFields } from '../change.ts';
import { typedLocalObjectReference, typedObjectReference } from './references.ts';
import { volumeResourceRequirements } from './resources.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { claimWarnings } from './claim-warnings.ts';
import { classOf } from './storage-class-of.ts';
import { claimErrors, claimStatusErrors, claimUpdateErrors } from './storage-validation.ts';

export const modifyVolumeStatus = part(() =>
  object('api.core.v1.ModifyVolumeStatus', {
    targetVolumeAttributesClassName: string().tag(1).describe('The class it changes to.'),
    status: string().required().default('').tag(2).describe('Pending, InProgress or Infeasible.'),
  }));
export type ModifyVolumeStatus = TypeOf<ReturnType<typeof modifyVolumeStatus>>;

export const persistentVolumeClaimCondition = part(() =>
  object('api.core.v1.PersistentVolumeClaimCondition', {
    type: string().required().default('').tag(1).describe('What the condition is about, such as Resizing or FileSystemResizePending.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastProbeTime: time().tag(3).describe('When the condition was last checked.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(6).describe('Details for people.'),
  }));
export type PersistentVolumeClaimCondition = TypeOf<ReturnType<typeof persistentVolumeClaimCondition>>;

export const persistentVolumeClaimSpec = part(() =>
  object('api.core.v1.PersistentVolumeClaimSpec', {
    accessModes: list(string()).tag(1).describe('How it is to be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.'),
    resources: volumeResourceRequirements().default({}).tag(2).describe('How much is wanted, under requests.storage.'),
    volumeName: string().tag(3).describe('The volume it is bound to.'),
    selector: labelSelector().tag(4).describe('Labels the volume must have.'),
    storageClassName: string().pointer().tag(5).describe('The class it wants; "" wants none, leaving it out the default one.'),
    volumeMode: string().pointer().default('Filesystem').among('Block', 'Filesystem').tag(6).describe('Filesystem, or Block for a raw device.'),
    dataSource: typedLocalObjectReference().tag(7).describe('A claim or snapshot to begin with.'),
    dataSourceRef: typedObjectReference().tag(8).describe('As dataSource, also of other kinds and namespaces.'),
    volumeAttributesClassName: string().pointer().tag(9).describe('The class of attributes it wants.'),
  }));
export type PersistentVolumeClaimSpec = TypeOf<ReturnType<typeof persistentVolumeClaimSpec>>;

export const persistentVolumeClaimStatus = part(() =>
  object('api.core.v1.PersistentVolumeClaimStatus', {
    phase: string().default('Pending').tag(1).describe('Pending, Bound or Lost.'),
    accessModes: list(string()).tag(2).describe('How the volume can be mounted.'),
    capacity: map(quantity()).tag(3).describe('How much the volume holds.'),
    conditions: list(persistentVolumeClaimCondition()).keyedBy('type').tag(4).describe('What is known of the object\'s state, one entry for each type.'),
    allocatedResources: map(quantity()).tag(5).describe('How much it is growing to.'),
    allocatedResourceStatuses: map(string()).granular().tag(7).describe('How far the growing has come.'),
    currentVolumeAttributesClassName: string().pointer().tag(8).describe('The class of attributes it has.'),
    modifyVolumeStatus: modifyVolumeStatus().tag(9).describe('How far a change of attributes has come.'),
  }));
export type PersistentVolumeClaimStatus = TypeOf<ReturnType<typeof persistentVolumeClaimStatus>>;

/** A dataSource is a claim or a snapshot, and other namespaces wait for the gate CrossNamespaceVolumeDataSource; the rest is dropped. */
function allowedSources(spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec;
  const isKnown = !dataSource || old?.dataSource || old?.dataSourceRef || SOURCES.includes(`${dataSource.kind}.${dataSource.apiGroup ?? ''}`);
  const isForeign = dataSourceRef?.namespace !== undefined && old?.dataSourceRef?.namespace === undefined;
  return withFields(spec, {
    ...(!isKnown && { dataSource: undefined }),
    ...(isForeign && { dataSourceRef: withFields(dataSourceRef, { namespace: undefined }) }),
  });
}

const SOURCES = ['PersistentVolumeClaim.', 'VolumeSnapshot.snapshot.storage.k8s.io'];

/** dataSource and dataSourceRef say the same where one alone is set; only the latter can name another namespace. */
function alignDataSources(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) return { ...spec, dataSourceRef: dataSource };
  if (!dataSourceRef || dataSource || dataSourceRef.namespace) return spec;
  const { kind, name, apiGroup } = dataSourceRef;
  return { ...spec, dataSource: { kind, name, apiGroup } };
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
    StorageClass: classOf,
    VolumeAttributesClass: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
    Age: age,
  },
  wideColumns: { VolumeMode: ({ spec }) => spec.volumeMode },
  prepareForCreate: (claim) => ({ ...claim, spec: alignDataSources(allowedSources(claim.spec)), status: { phase: 'Pending' } }),
  prepareForUpdate: (claim, old) => withFields(claim, { spec: alignDataSources(allowedSources(claim.spec, old.spec)) }),
  validate: claimErrors,
  validateUpdate: claimUpdateErrors,
  validateStatusUpdate: claimStatusErrors,
  warnings: (claim) => [...claimWarnings(claim)],
});
export type PersistentVolumeClaim = InstanceOf<typeof PersistentVolumeClaim>;

/** A claim as a value: StatefulSet's templates. */
export const persistentVolumeClaim = part(() => new Field<PersistentVolumeClaim>(PersistentVolumeClaim.schema));
