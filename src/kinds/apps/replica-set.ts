import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer, workloadWideColumns } from '../cells.ts';
import { withFields } from '../change.ts';
import { nonNegative, nonNegatives, replicaCounts } from '../checks.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { lastingTemplateErrors, mismatchErrors, selectorErrors } from './workload-validation.ts';

export const replicaSetCondition = part(() =>
  object('api.apps.v1.ReplicaSetCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastTransitionTime: time().tag(3),
    reason: string().tag(4),
    message: string().tag(5),
  }));
export type ReplicaSetCondition = TypeOf<ReturnType<typeof replicaSetCondition>>;

export const replicaSetSpec = part(() =>
  object('api.apps.v1.ReplicaSetSpec', {
    replicas: int32().pointer().default(1).tag(1),
    selector: labelSelector().required().immutable().tag(2),
    template: podTemplateSpec().default({}).tag(3),
    minReadySeconds: int32().tag(4),
  }));
export type ReplicaSetSpec = TypeOf<ReturnType<typeof replicaSetSpec>>;

export const replicaSetStatus = part(() =>
  object('api.apps.v1.ReplicaSetStatus', {
    replicas: int32().required().default(0).tag(1),
    fullyLabeledReplicas: int32().tag(2),
    observedGeneration: int64().tag(3),
    readyReplicas: int32().tag(4),
    availableReplicas: int32().tag(5),
    conditions: list(replicaSetCondition()).keyedBy('type').tag(6),
    terminatingReplicas: int32().pointer().tag(7),
  }));
export type ReplicaSetStatus = TypeOf<ReturnType<typeof replicaSetStatus>>;

export const ReplicaSet = defineKind({
  group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets',
  short: ['rs'], categories: ['all'], scope: 'Namespaced', package: 'api.apps.v1',
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
});
export type ReplicaSet = InstanceOf<typeof ReplicaSet>;
