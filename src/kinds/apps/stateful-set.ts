import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, intOrString, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, containerImages, containerNames } from '../cells.ts';
import { persistentVolumeClaim } from '../core/persistent-volume-claim.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { statefulSetErrors, statefulSetStatusErrors, statefulSetUpdateErrors } from './stateful-set-validation.ts';

export const rollingUpdateStatefulSetStrategy = part(() =>
  object('api.apps.v1.RollingUpdateStatefulSetStrategy', {
    partition: int32().pointer().default(0).tag(1),
    maxUnavailable: intOrString().pointer().tag(2),
  }));
export type RollingUpdateStatefulSetStrategy = TypeOf<ReturnType<typeof rollingUpdateStatefulSetStrategy>>;

export const statefulSetCondition = part(() =>
  object('api.apps.v1.StatefulSetCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4),
    message: string().tag(5),
  }));
export type StatefulSetCondition = TypeOf<ReturnType<typeof statefulSetCondition>>;

export const statefulSetOrdinals = part(() =>
  object('api.apps.v1.StatefulSetOrdinals', {
    start: int32().tag(1),
  }));
export type StatefulSetOrdinals = TypeOf<ReturnType<typeof statefulSetOrdinals>>;

export const statefulSetPersistentVolumeClaimRetentionPolicy = part(() =>
  object('api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy', {
    whenDeleted: string().default('Retain').tag(1),
    whenScaled: string().default('Retain').tag(2),
  }));
export type StatefulSetPersistentVolumeClaimRetentionPolicy = TypeOf<ReturnType<typeof statefulSetPersistentVolumeClaimRetentionPolicy>>;

export const statefulSetSpec = part(() =>
  object('api.apps.v1.StatefulSetSpec', {
    replicas: int32().pointer().default(1).tag(1),
    selector: labelSelector().required().tag(2),
    template: podTemplateSpec().required().default({}).tag(3),
    volumeClaimTemplates: list(persistentVolumeClaim()).tag(4),
    serviceName: string().tag(5),
    podManagementPolicy: string().default('OrderedReady').tag(6),
    updateStrategy: statefulSetUpdateStrategy().default({}).tag(7),
    revisionHistoryLimit: int32().pointer().default(10).tag(8).describe('How many old revisions are kept for rolling back.'),
    minReadySeconds: int32().tag(9).describe('Seconds a new pod must stay ready before it counts as available.'),
    persistentVolumeClaimRetentionPolicy: statefulSetPersistentVolumeClaimRetentionPolicy().default({}).tag(10),
    ordinals: statefulSetOrdinals().tag(11),
  }));
export type StatefulSetSpec = TypeOf<ReturnType<typeof statefulSetSpec>>;

export const statefulSetStatus = part(() =>
  object('api.apps.v1.StatefulSetStatus', {
    observedGeneration: int64().tag(1).describe('The generation of the object this was computed from.'),
    replicas: int32().required().default(0).tag(2),
    readyReplicas: int32().tag(3),
    currentReplicas: int32().tag(4),
    updatedReplicas: int32().tag(5),
    currentRevision: string().tag(6),
    updateRevision: string().tag(7),
    collisionCount: int32().pointer().tag(9).describe('How often a generated name was already taken; part of the hash in the next one.'),
    conditions: list(statefulSetCondition()).keyedBy('type').tag(10).describe('What is known of the object\'s state, one entry for each type.'),
    availableReplicas: int32().tag(11),
  }));
export type StatefulSetStatus = TypeOf<ReturnType<typeof statefulSetStatus>>;

export const statefulSetUpdateStrategy = part(() =>
  object('api.apps.v1.StatefulSetUpdateStrategy', {
    type: string().default('RollingUpdate').tag(1),
    rollingUpdate: rollingUpdateStatefulSetStrategy().tag(2),
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
  validate: statefulSetErrors,
  validateUpdate: statefulSetUpdateErrors,
  validateStatusUpdate: statefulSetStatusErrors,
});
export type StatefulSet = InstanceOf<typeof StatefulSet>;
