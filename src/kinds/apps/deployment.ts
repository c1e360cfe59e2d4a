import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, int64, intOrString, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, plain, workloadWideColumns } from '../cells.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { withoutGatedTemplate } from '../core/pod-gates.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { deploymentErrors, deploymentStatusErrors } from './deployment-validation.ts';

export const deploymentCondition = part(() =>
  object('api.apps.v1.DeploymentCondition', {
    type: string().required().default('').tag(1).describe('Available, Progressing or ReplicaFailure.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
    lastUpdateTime: time().tag(6).describe('When the condition was last written.'),
    lastTransitionTime: time().tag(7).describe('When the status last changed.'),
  }));
export type DeploymentCondition = TypeOf<ReturnType<typeof deploymentCondition>>;

export const deploymentSpec = part(() =>
  object('api.apps.v1.DeploymentSpec', {
    replicas: int32().pointer().default(1).tag(1).describe('How many pods there should be.'),
    selector: labelSelector().required().immutable().tag(2).describe('The pods that belong to it; fixed once created.'),
    template: podTemplateSpec().required().default({}).tag(3).describe('What its pods are like.'),
    strategy: deploymentStrategy().retainKeys().default({}).tag(4).describe('How old pods give way to new ones.'),
    minReadySeconds: int32().tag(5).describe('Seconds a new pod must stay ready before it counts as available.'),
    revisionHistoryLimit: int32().pointer().default(10).tag(6).describe('How many old revisions are kept for rolling back.'),
    paused: boolean().tag(7).describe('Whether changes of the template are left to wait.'),
    progressDeadlineSeconds: int32().pointer().default(600).tag(9).describe('Seconds without progress after which it counts as stuck.'),
  }));
export type DeploymentSpec = TypeOf<ReturnType<typeof deploymentSpec>>;

export const deploymentStatus = part(() =>
  object('api.apps.v1.DeploymentStatus', {
    observedGeneration: int64().tag(1).describe('The generation of the object this was computed from.'),
    replicas: int32().tag(2).describe('Pods there are.'),
    updatedReplicas: int32().tag(3).describe('Pods made from the current template.'),
    availableReplicas: int32().tag(4).describe('Pods that have been ready for minReadySeconds.'),
    unavailableReplicas: int32().tag(5).describe('Pods still missing to the full number of available ones.'),
    conditions: list(deploymentCondition()).keyedBy('type').tag(6).describe('What is known of the object\'s state, one entry for each type.'),
    readyReplicas: int32().tag(7).describe('Pods that are ready.'),
    collisionCount: int32().pointer().tag(8).describe('How often a generated name was already taken; part of the hash in the next one.'),
    terminatingReplicas: int32().pointer().tag(9).describe('Pods that are going away.'),
  }));
export type DeploymentStatus = TypeOf<ReturnType<typeof deploymentStatus>>;

export const deploymentStrategy = part(() =>
  object('api.apps.v1.DeploymentStrategy', {
    type: string().default('RollingUpdate').tag(1).describe('RollingUpdate, or Recreate to stop all old pods first.'),
    rollingUpdate: rollingUpdateDeployment().tag(2).describe('How many at a time, for RollingUpdate.'),
  }));
export type DeploymentStrategy = TypeOf<ReturnType<typeof deploymentStrategy>>;

export const rollingUpdateDeployment = part(() =>
  object('api.apps.v1.RollingUpdateDeployment', {
    maxUnavailable: intOrString().default('25%').pointer().tag(1).describe('How many pods, or what share, may be missing.'),
    maxSurge: intOrString().default('25%').pointer().tag(2).describe('How many pods, or what share, there may be too many.'),
  }));
export type RollingUpdateDeployment = TypeOf<ReturnType<typeof rollingUpdateDeployment>>;

export const Deployment = defineKind({
  group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments',
  short: ['deploy'], categories: ['all'], scope: 'Namespaced', package: 'api.apps.v1',
  description: 'Keeps pods of a template and replaces them step by step when it changes.',
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  spec: deploymentSpec(),
  status: deploymentStatus(),
  columns: {
    Ready: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`,
    'Up-to-date': plain(({ status }) => status.updatedReplicas ?? 0),
    Available: plain(({ status }) => status.availableReplicas ?? 0),
    Age: age,
  },
  wideColumns: workloadWideColumns,
  defaults: (deployment) => {
    const { strategy, template } = deployment.spec;
    const rolling = strategy.type === 'RollingUpdate' && { rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...strategy.rollingUpdate } };
    return { ...deployment, spec: { ...deployment.spec, strategy: { ...strategy, ...rolling }, template: defaultPodTemplate(template) } };
  },
  prepareForCreate: (deployment) => withoutGatedTemplate(deployment),
  prepareForUpdate: (deployment, old) => withoutGatedTemplate(deployment, old),
  validate: deploymentErrors,
  validateStatusUpdate: deploymentStatusErrors,
  warnings: (deployment, old) => workloadWarnings(deployment, old, { of: deployment.spec.template, at: 'spec.template', namesPods: true }),
});
export type Deployment = InstanceOf<typeof Deployment>;
