import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, int64, intOrString, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer, workloadWideColumns } from '../cells.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podTemplateSpec } from '../core/pod-template.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { deploymentErrors, deploymentStatusErrors } from './deployment-validation.ts';

export const deploymentCondition = part(() =>
  object('api.apps.v1.DeploymentCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    reason: string().tag(4),
    message: string().tag(5),
    lastUpdateTime: time().tag(6),
    lastTransitionTime: time().tag(7),
  }));
export type DeploymentCondition = TypeOf<ReturnType<typeof deploymentCondition>>;

export const deploymentSpec = part(() =>
  object('api.apps.v1.DeploymentSpec', {
    replicas: int32().pointer().default(1).tag(1),
    selector: labelSelector().required().immutable().tag(2),
    template: podTemplateSpec().required().default({}).tag(3),
    strategy: deploymentStrategy().retainKeys().default({}).tag(4),
    minReadySeconds: int32().tag(5),
    revisionHistoryLimit: int32().pointer().default(10).tag(6),
    paused: boolean().tag(7),
    progressDeadlineSeconds: int32().pointer().default(600).tag(9),
  }));
export type DeploymentSpec = TypeOf<ReturnType<typeof deploymentSpec>>;

export const deploymentStatus = part(() =>
  object('api.apps.v1.DeploymentStatus', {
    observedGeneration: int64().tag(1),
    replicas: int32().tag(2),
    updatedReplicas: int32().tag(3),
    availableReplicas: int32().tag(4),
    unavailableReplicas: int32().tag(5),
    conditions: list(deploymentCondition()).keyedBy('type').tag(6),
    readyReplicas: int32().tag(7),
    collisionCount: int32().pointer().tag(8),
    terminatingReplicas: int32().pointer().tag(9),
  }));
export type DeploymentStatus = TypeOf<ReturnType<typeof deploymentStatus>>;

export const deploymentStrategy = part(() =>
  object('api.apps.v1.DeploymentStrategy', {
    type: string().default('RollingUpdate').tag(1),
    rollingUpdate: rollingUpdateDeployment().tag(2),
  }));
export type DeploymentStrategy = TypeOf<ReturnType<typeof deploymentStrategy>>;

export const rollingUpdateDeployment = part(() =>
  object('api.apps.v1.RollingUpdateDeployment', {
    maxUnavailable: intOrString().default('25%').pointer().tag(1),
    maxSurge: intOrString().default('25%').pointer().tag(2),
  }));
export type RollingUpdateDeployment = TypeOf<ReturnType<typeof rollingUpdateDeployment>>;

export const Deployment = defineKind({
  group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments',
  short: ['deploy'], categories: ['all'], scope: 'Namespaced', package: 'api.apps.v1',
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  spec: deploymentSpec(),
  status: deploymentStatus(),
  columns: {
    Ready: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`,
    'Up-to-date': integer(({ status }) => status.updatedReplicas ?? 0),
    Available: integer(({ status }) => status.availableReplicas ?? 0),
    Age: age,
  },
  wideColumns: workloadWideColumns,
  defaults: (deployment) => {
    const { strategy, template } = deployment.spec;
    const rolling = strategy.type === 'RollingUpdate' && { rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...strategy.rollingUpdate } };
    return { ...deployment, spec: { ...deployment.spec, strategy: { ...strategy, ...rolling }, template: defaultPodTemplate(template) } };
  },
  validate: deploymentErrors,
  validateStatusUpdate: deploymentStatusErrors,
});
export type Deployment = InstanceOf<typeof Deployment>;
