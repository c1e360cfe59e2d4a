import { FieldPath } from '../../meta/field-error.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, intOrString, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, containerImages, containerNames } from '../cells.ts';
import { claimSpecWarnings } from '../core/claim-warnings.ts';
import { persistentVolumeClaim } from '../core/persistent-volume-claim.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { withoutGatedTemplate } from '../core/pod-gates.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { statefulSetErrors, statefulSetStatusErrors, statefulSetUpdateErrors } from './stateful-set-validation.ts';

export const rollingUpdateStatefulSetStrategy = part(() =>
  object('api.apps.v1.RollingUpdateStatefulSetStrategy', {
    partition: int32().pointer().default(0).tag(1).describe('Only pods with this number or a higher one are replaced.'),
    maxUnavailable: intOrString().pointer().tag(2).describe('How many pods, or what share, may be missing.'),
  }));
export type RollingUpdateStatefulSetStrategy = TypeOf<ReturnType<typeof rollingUpdateStatefulSetStrategy>>;

export const statefulSetCondition = part(() =>
  object('api.apps.v1.StatefulSetCondition', {
    type: string().required().default('').tag(1).describe('What the condition is about, in CamelCase.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type StatefulSetCondition = TypeOf<ReturnType<typeof statefulSetCondition>>;

export const statefulSetOrdinals = part(() =>
  object('api.apps.v1.StatefulSetOrdinals', {
    start: int32().always().tag(1).describe('The first number.'),
  }));
export type StatefulSetOrdinals = TypeOf<ReturnType<typeof statefulSetOrdinals>>;

export const statefulSetPersistentVolumeClaimRetentionPolicy = part(() =>
  object('api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy', {
    whenDeleted: string().default('Retain').tag(1).describe('Retain or Delete claims when the set is deleted.'),
    whenScaled: string().default('Retain').tag(2).describe('Retain or Delete claims of pods that are scaled away.'),
  }));
export type StatefulSetPersistentVolumeClaimRetentionPolicy = TypeOf<ReturnType<typeof statefulSetPersistentVolumeClaimRetentionPolicy>>;

export const statefulSetSpec = part(() =>
  object('api.apps.v1.StatefulSetSpec', {
    replicas: int32().pointer().default(1).tag(1).describe('How many pods there should be.'),
    selector: labelSelector().required().tag(2).describe('The pods that belong to it; fixed once created.'),
    template: podTemplateSpec().required().default({}).tag(3).describe('What its pods are like.'),
    volumeClaimTemplates: list(persistentVolumeClaim()).tag(4).describe('Claims made for each pod, and kept when it is replaced.'),
    serviceName: string().always().tag(5).describe('The headless service below which the pods have their names.'),
    podManagementPolicy: string().default('OrderedReady').tag(6).describe('OrderedReady starts and stops one pod after the other, Parallel all at once.'),
    updateStrategy: statefulSetUpdateStrategy().default({}).tag(7).describe('How pods give way to new ones.'),
    revisionHistoryLimit: int32().pointer().default(10).tag(8).describe('How many old revisions are kept for rolling back.'),
    minReadySeconds: int32().tag(9).describe('Seconds a new pod must stay ready before it counts as available.'),
    persistentVolumeClaimRetentionPolicy: statefulSetPersistentVolumeClaimRetentionPolicy().pointer().default({}).tag(10).describe('Whether claims go when the set is deleted or scaled down.'),
    ordinals: statefulSetOrdinals().tag(11).describe('How pods are numbered.'),
  }));
export type StatefulSetSpec = TypeOf<ReturnType<typeof statefulSetSpec>>;

export const statefulSetStatus = part(() =>
  object('api.apps.v1.StatefulSetStatus', {
    observedGeneration: int64().tag(1).describe('The generation of the object this was computed from.'),
    replicas: int32().required().default(0).tag(2).describe('Pods there are.'),
    readyReplicas: int32().tag(3).describe('Pods that are ready.'),
    currentReplicas: int32().tag(4).describe('Pods of the current revision.'),
    updatedReplicas: int32().tag(5).describe('Pods of the update revision.'),
    currentRevision: string().tag(6).describe('The revision before the update.'),
    updateRevision: string().tag(7).describe('The revision the update leads to.'),
    collisionCount: int32().pointer().tag(9).describe('How often a generated name was already taken; part of the hash in the next one.'),
    conditions: list(statefulSetCondition()).keyedBy('type').tag(10).describe('What is known of the object\'s state, one entry for each type.'),
    availableReplicas: int32().always().tag(11).describe('Pods that have been ready for minReadySeconds.'),
  }));
export type StatefulSetStatus = TypeOf<ReturnType<typeof statefulSetStatus>>;

export const statefulSetUpdateStrategy = part(() =>
  object('api.apps.v1.StatefulSetUpdateStrategy', {
    type: string().default('RollingUpdate').tag(1).describe('RollingUpdate, or OnDelete to replace pods only when someone deletes them.'),
    rollingUpdate: rollingUpdateStatefulSetStrategy().tag(2).describe('How, for RollingUpdate.'),
  }));
export type StatefulSetUpdateStrategy = TypeOf<ReturnType<typeof statefulSetUpdateStrategy>>;

export const StatefulSet = defineKind({
  group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets',
  short: ['sts'], categories: ['all'], scope: 'Namespaced', package: 'api.apps.v1',
  description: 'Keeps pods with names and storage of their own.',
  nameRule: 'label',
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  spec: statefulSetSpec(),
  status: statefulSetStatus(),
  columns: { Ready: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`, Age: age },
  wideColumns: {
    Containers: ({ spec }) => containerNames(spec.template),
    Images: ({ spec }) => containerImages(spec.template),
  },
  defaults: (set) => {
    const { updateStrategy, template } = set.spec;
    const rolling = updateStrategy.type === 'RollingUpdate' && { rollingUpdate: { partition: 0, maxUnavailable: 1, ...updateStrategy.rollingUpdate } };
    return { ...set, spec: { ...set.spec, updateStrategy: { ...updateStrategy, ...rolling }, template: defaultPodTemplate(template) } };
  },
  prepareForCreate: (set) => withoutGatedTemplate(set),
  prepareForUpdate: (set, old) => withoutGatedTemplate(set, old),
  validate: statefulSetErrors,
  validateUpdate: statefulSetUpdateErrors,
  validateStatusUpdate: statefulSetStatusErrors,
  warnings: (set, old) => [...workloadWarnings(set, old, { of: set.spec.template, at: 'spec.template' }), ...ownWarnings(set.spec)],
});
export type StatefulSet = InstanceOf<typeof StatefulSet>;

function* ownWarnings({ volumeClaimTemplates = [], revisionHistoryLimit }: StatefulSetSpec): Iterable<string> {
  for (const [index, { spec }] of volumeClaimTemplates.entries()) yield* claimSpecWarnings(spec, FieldPath.of('spec.volumeClaimTemplates').index(index));
  if (revisionHistoryLimit < 0) yield 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
}
