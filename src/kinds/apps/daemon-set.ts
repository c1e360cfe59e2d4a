import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, intOrString, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatLabels, integer, workloadWideColumns } from '../cells.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { withoutGatedTemplate } from '../core/pod-gates.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { daemonSetErrors, daemonSetStatusErrors } from './daemon-set-validation.ts';

export const daemonSetCondition = part(() =>
  object('api.apps.v1.DaemonSetCondition', {
    type: string().required().default('').tag(1).describe('What the condition is about, in CamelCase.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type DaemonSetCondition = TypeOf<ReturnType<typeof daemonSetCondition>>;

export const daemonSetSpec = part(() =>
  object('api.apps.v1.DaemonSetSpec', {
    selector: labelSelector().required().immutable().tag(1).describe('The pods that belong to it; fixed once created.'),
    template: podTemplateSpec().required().default({}).tag(2).describe('What its pods are like.'),
    updateStrategy: daemonSetUpdateStrategy().default({}).tag(3).describe('How pods give way to new ones.'),
    minReadySeconds: int32().tag(4).describe('Seconds a new pod must stay ready before it counts as available.'),
    revisionHistoryLimit: int32().pointer().default(10).tag(6).describe('How many old revisions are kept for rolling back.'),
  }));
export type DaemonSetSpec = TypeOf<ReturnType<typeof daemonSetSpec>>;

export const daemonSetStatus = part(() =>
  object('api.apps.v1.DaemonSetStatus', {
    currentNumberScheduled: int32().required().default(0).tag(1).describe('Nodes that run the pod and should.'),
    numberMisscheduled: int32().required().default(0).tag(2).describe('Nodes that run the pod and should not.'),
    desiredNumberScheduled: int32().required().default(0).tag(3).describe('Nodes that should run the pod.'),
    numberReady: int32().required().default(0).tag(4).describe('Nodes where the pod is ready.'),
    observedGeneration: int64().tag(5).describe('The generation of the object this was computed from.'),
    updatedNumberScheduled: int32().tag(6).describe('Nodes that run the current pod.'),
    numberAvailable: int32().tag(7).describe('Nodes where the pod has been ready for minReadySeconds.'),
    numberUnavailable: int32().tag(8).describe('Nodes where it is not.'),
    collisionCount: int32().pointer().tag(9).describe('How often a generated name was already taken; part of the hash in the next one.'),
    conditions: list(daemonSetCondition()).keyedBy('type').tag(10).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type DaemonSetStatus = TypeOf<ReturnType<typeof daemonSetStatus>>;

export const daemonSetUpdateStrategy = part(() =>
  object('api.apps.v1.DaemonSetUpdateStrategy', {
    type: string().default('RollingUpdate').tag(1).describe('RollingUpdate, or OnDelete to replace pods only when someone deletes them.'),
    rollingUpdate: rollingUpdateDaemonSet().tag(2).describe('How many at a time, for RollingUpdate.'),
  }));
export type DaemonSetUpdateStrategy = TypeOf<ReturnType<typeof daemonSetUpdateStrategy>>;

export const rollingUpdateDaemonSet = part(() =>
  object('api.apps.v1.RollingUpdateDaemonSet', {
    maxUnavailable: intOrString().default(1).pointer().tag(1).describe('On how many nodes, or what share, the pod may be missing.'),
    maxSurge: intOrString().default(0).pointer().tag(2).describe('On how many nodes, or what share, the new pod may run beside the old one.'),
  }));
export type RollingUpdateDaemonSet = TypeOf<ReturnType<typeof rollingUpdateDaemonSet>>;

export const DaemonSet = defineKind({
  group: 'apps', version: 'v1', kind: 'DaemonSet', plural: 'daemonsets',
  short: ['ds'], categories: ['all'], scope: 'Namespaced', package: 'api.apps.v1',
  description: 'Keeps one pod on every node that fits.',
  spec: daemonSetSpec(),
  status: daemonSetStatus(),
  columns: {
    Desired: integer(({ status }) => status.desiredNumberScheduled),
    Current: integer(({ status }) => status.currentNumberScheduled),
    Ready: integer(({ status }) => status.numberReady),
    'Up-to-date': integer(({ status }) => status.updatedNumberScheduled ?? 0),
    Available: integer(({ status }) => status.numberAvailable ?? 0),
    'Node Selector': ({ spec }) => formatLabels(spec.template.spec?.nodeSelector),
    Age: age,
  },
  wideColumns: workloadWideColumns,
  defaults: (set) => {
    const { updateStrategy, template } = set.spec;
    const rolling = updateStrategy.type === 'RollingUpdate' && { rollingUpdate: { maxUnavailable: 1, maxSurge: 0, ...updateStrategy.rollingUpdate } };
    return { ...set, spec: { ...set.spec, updateStrategy: { ...updateStrategy, ...rolling }, template: defaultPodTemplate(template) } };
  },
  prepareForCreate: (set) => withoutGatedTemplate(set),
  prepareForUpdate: (set, old) => withoutGatedTemplate(set, old),
  validate: daemonSetErrors,
  validateStatusUpdate: daemonSetStatusErrors,
  warnings: (set, old) => workloadWarnings(set, old, { of: set.spec.template, at: 'spec.template' }),
});
export type DaemonSet = InstanceOf<typeof DaemonSet>;
