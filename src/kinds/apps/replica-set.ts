import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer, workloadWideColumns } from '../cells.ts';
import { withFields } from '../change.ts';
import { nonNegative, nonNegatives, replicaCounts } from '../checks.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { withoutGatedTemplate } from '../core/pod-gates.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { lastingTemplateErrors, mismatchErrors, selectorErrors } from './workload-validation.ts';

export const replicaSetCondition = part(() =>
  object('api.apps.v1.ReplicaSetCondition', {
    type: string().required().default('').tag(1).describe('ReplicaFailure: pods could not be created or deleted.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type ReplicaSetCondition = TypeOf<ReturnType<typeof replicaSetCondition>>;

export const replicaSetSpec = part(() =>
  object('api.apps.v1.ReplicaSetSpec', {
    replicas: int32().pointer().default(1).tag(1).describe('How many pods there should be.'),
    selector: labelSelector().required().immutable().tag(2).describe('The pods that belong to it; fixed once created.'),
    template: podTemplateSpec().default({}).tag(3).describe('What its pods are like.'),
    minReadySeconds: int32().tag(4).describe('Seconds a new pod must stay ready before it counts as available.'),
  }));
export type ReplicaSetSpec = TypeOf<ReturnType<typeof replicaSetSpec>>;

export const replicaSetStatus = part(() =>
  object('api.apps.v1.ReplicaSetStatus', {
    replicas: int32().required().default(0).tag(1).describe('Pods there are.'),
    fullyLabeledReplicas: int32().tag(2).describe('Pods that have all labels of the template.'),
    observedGeneration: int64().tag(3).describe('The generation of the object this was computed from.'),
    readyReplicas: int32().tag(4).describe('Pods that are ready.'),
    availableReplicas: int32().tag(5).describe('Pods that have been ready for minReadySeconds.'),
    conditions: list(replicaSetCondition()).keyedBy('type').tag(6).describe('What is known of the object\'s state, one entry for each type.'),
    terminatingReplicas: int32().pointer().tag(7).describe('Pods that are going away.'),
  }));
export type ReplicaSetStatus = TypeOf<ReturnType<typeof replicaSetStatus>>;

export const ReplicaSet = defineKind({
  group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets',
  short: ['rs'], categories: ['all'], scope: 'Namespaced', package: 'api.apps.v1',
  description: 'Keeps a number of identical pods alive.',
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  spec: replicaSetSpec(),
  status: replicaSetStatus(),
  columns: {
    Desired: integer(({ spec }) => spec.replicas),
    Current: integer(({ status }) => status.replicas),
    Ready: integer(({ status }) => status.readyReplicas ?? 0),
    Age: age,
  },
  wideColumns: workloadWideColumns,
  fieldSelectors: { 'status.replicas': ({ status }) => String(status.replicas) },
  defaults: (set) => withFields(set, { spec: withFields(set.spec, { template: defaultPodTemplate(set.spec.template ?? {}) }) }),
  prepareForCreate: (set) => withoutGatedTemplate(set),
  prepareForUpdate: (set, old) => withoutGatedTemplate(set, old),
  *validate({ spec }, at) {
    const here = at.child('spec');
    yield* nonNegatives(here, spec, ['replicas', 'minReadySeconds']);
    yield* selectorErrors(spec, 'deployment', here);
    yield* mismatchErrors(spec, here);
    yield* lastingTemplateErrors(spec.template, 'ReplicaSet', here);
  },
  *validateStatusUpdate({ status }, _old, at) {
    yield* replicaCounts(at.child('status'), status, [['fullyLabeledReplicas', status.fullyLabeledReplicas]]);
    yield* nonNegative(at.child('status').child('observedGeneration'), status.observedGeneration);
  },
  warnings: (set, old) => workloadWarnings(set, old, { of: set.spec.template, at: 'spec.template', namesPods: true }),
});
export type ReplicaSet = InstanceOf<typeof ReplicaSet>;
