import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, list, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { lastingTemplateErrors, mismatchErrors } from '../apps/workload-validation.ts';
import { age, containerImages, containerNames, formatLabels, integer } from '../cells.ts';
import { isEmpty } from '../change.ts';
import { nonNegative, nonNegatives, replicaCounts } from '../checks.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { withoutGatedTemplate } from './pod-gates.ts';
import { workloadWarnings } from './pod-warnings.ts';
import { podTemplateSpec } from './pod-template.ts';

export const replicationControllerCondition = part(() =>
  object('api.core.v1.ReplicationControllerCondition', {
    type: string().required().default('').tag(1).describe('ReplicaFailure: pods could not be created or deleted.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type ReplicationControllerCondition = TypeOf<ReturnType<typeof replicationControllerCondition>>;

export const replicationControllerSpec = part(() =>
  object('api.core.v1.ReplicationControllerSpec', {
    replicas: int32().pointer().default(1).tag(1).describe('How many pods there should be.'),
    selector: map(string()).atomic().tag(2).describe('Labels of the pods that belong to it; the template\'s unless said.'),
    template: podTemplateSpec().tag(3).describe('What its pods are like.'),
    minReadySeconds: int32().tag(4).describe('Seconds a new pod must stay ready before it counts as available.'),
  }));
export type ReplicationControllerSpec = TypeOf<ReturnType<typeof replicationControllerSpec>>;

export const replicationControllerStatus = part(() =>
  object('api.core.v1.ReplicationControllerStatus', {
    replicas: int32().required().default(0).tag(1).describe('Pods there are.'),
    fullyLabeledReplicas: int32().tag(2).describe('Pods that have all labels of the template.'),
    observedGeneration: int64().tag(3).describe('The generation of the object this was computed from.'),
    readyReplicas: int32().tag(4).describe('Pods that are ready.'),
    availableReplicas: int32().tag(5).describe('Pods that have been ready for minReadySeconds.'),
    conditions: list(replicationControllerCondition()).keyedBy('type').tag(6).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type ReplicationControllerStatus = TypeOf<ReturnType<typeof replicationControllerStatus>>;

export const ReplicationController = defineKind({
  group: '', version: 'v1', kind: 'ReplicationController', plural: 'replicationcontrollers',
  short: ['rc'], categories: ['all'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'Keeps a number of pods alive; Deployment replaces it.',
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  spec: replicationControllerSpec(),
  status: replicationControllerStatus(),
  columns: {
    Desired: integer(({ spec }) => spec.replicas),
    Current: integer(({ status }) => status.replicas),
    Ready: integer(({ status }) => status.readyReplicas ?? 0),
    Age: age,
  },
  wideColumns: {
    Containers: ({ spec }) => containerNames(spec.template),
    Images: ({ spec }) => containerImages(spec.template),
    Selector: ({ spec }) => formatLabels(spec.selector),
  },
  fieldSelectors: { 'status.replicas': ({ status }) => String(status.replicas) },
  defaults: (controller) => {
    const template = controller.spec.template && defaultPodTemplate(controller.spec.template);
    const labels = template?.metadata.labels ?? {};
    if (!template || Object.keys(labels).length === 0) return template ? { ...controller, spec: { ...controller.spec, template } } : controller;
    const { metadata, spec } = controller;
    return {
      ...controller,
      metadata: isEmpty(metadata.labels) ? { ...metadata, labels } : metadata,
      spec: { ...spec, template, selector: isEmpty(spec.selector) ? labels : spec.selector! },
    };
  },
  prepareForCreate: (controller) => withoutGatedTemplate(controller),
  prepareForUpdate: (controller, old) => withoutGatedTemplate(controller, old),
  *validate({ spec }, at) {
    const here = at.child('spec');
    const { selector = {}, template } = spec;
    yield* nonNegatives(here, spec, ['minReadySeconds', 'replicas']);
    if (isEmpty(selector)) yield required(here.child('selector'));
    if (!template) return void (yield required(here.child('template')));
    yield* mismatchErrors({ selector: { matchLabels: selector }, template }, here);
    yield* lastingTemplateErrors(template, 'ReplicationController', here);
  },
  *validateStatusUpdate({ status }, _old, at) {
    yield* replicaCounts(at.child('status'), status, [['fullyLabeledReplicas', status.fullyLabeledReplicas]]);
    yield* nonNegative(at.child('status').child('observedGeneration'), status.observedGeneration);
  },
  warnings: (controller, old) => workloadWarnings(controller, old, { of: controller.spec.template, at: 'spec.template', namesPods: true }),
});
export type ReplicationController = InstanceOf<typeof ReplicationController>;
import { required } from '../../meta/field-error.ts';
