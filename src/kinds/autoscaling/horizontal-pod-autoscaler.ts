import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, list, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { crossVersionObjectReference, metricSpec, metricStatus } from './metrics.ts';

export const hpaScalingPolicy = part(() =>
  object('api.autoscaling.v2.HPAScalingPolicy', {
    type: string().required().tag(1),
    value: int32().required().tag(2),
    periodSeconds: int32().required().tag(3),
  }));
export type HPAScalingPolicy = TypeOf<ReturnType<typeof hpaScalingPolicy>>;

export const hpaScalingRules = part(() =>
  object('api.autoscaling.v2.HPAScalingRules', {
    selectPolicy: string().pointer().tag(1),
    policies: list(hpaScalingPolicy()).tag(2),
    stabilizationWindowSeconds: int32().pointer().tag(3),
    tolerance: quantity().tag(4),
  }));
export type HPAScalingRules = TypeOf<ReturnType<typeof hpaScalingRules>>;

export const horizontalPodAutoscalerBehavior = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerBehavior', {
    scaleUp: hpaScalingRules().tag(1),
    scaleDown: hpaScalingRules().tag(2),
  }));
export type HorizontalPodAutoscalerBehavior = TypeOf<ReturnType<typeof horizontalPodAutoscalerBehavior>>;

export const horizontalPodAutoscalerCondition = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4),
    message: string().tag(5),
  }));
export type HorizontalPodAutoscalerCondition = TypeOf<ReturnType<typeof horizontalPodAutoscalerCondition>>;

export const horizontalPodAutoscalerSpec = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerSpec', {
    scaleTargetRef: crossVersionObjectReference().required().default({}).tag(1),
    minReplicas: int32().pointer().default(1).tag(2),
    maxReplicas: int32().required().tag(3),
    metrics: list(metricSpec()).tag(4),
    behavior: horizontalPodAutoscalerBehavior().tag(5),
  }));
export type HorizontalPodAutoscalerSpec = TypeOf<ReturnType<typeof horizontalPodAutoscalerSpec>>;

export const horizontalPodAutoscalerStatus = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerStatus', {
    observedGeneration: int64().pointer().tag(1).describe('The generation of the object this was computed from.'),
    lastScaleTime: time().tag(2),
    currentReplicas: int32().tag(3),
    desiredReplicas: int32().required().default(0).tag(4),
    currentMetrics: list(metricStatus()).tag(5),
    conditions: list(horizontalPodAutoscalerCondition()).keyedBy('type').tag(6).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type HorizontalPodAutoscalerStatus = TypeOf<ReturnType<typeof horizontalPodAutoscalerStatus>>;

export const HorizontalPodAutoscaler = defineKind({
  group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers',
  short: ['hpa'], categories: ['all'], scope: 'Namespaced', package: 'api.autoscaling.v2',
  description: 'Scales a workload by metrics.',
  spec: horizontalPodAutoscalerSpec().required(),
  status: horizontalPodAutoscalerStatus(),
  *validate({ spec: { minReplicas, maxReplicas } }, at) {
    if (minReplicas < 1) yield invalid(at.child('spec').child('minReplicas'), minReplicas, 'must be greater than or equal to 1');
    if (maxReplicas < 1) yield invalid(at.child('spec').child('maxReplicas'), maxReplicas, 'must be greater than 0');
    else if (maxReplicas < minReplicas) yield invalid(at.child('spec').child('maxReplicas'), maxReplicas, 'must be greater than or equal to `minReplicas`');
  },
});
export type HorizontalPodAutoscaler = InstanceOf<typeof HorizontalPodAutoscaler>;
import { invalid } from '../../meta/field-error.ts';
