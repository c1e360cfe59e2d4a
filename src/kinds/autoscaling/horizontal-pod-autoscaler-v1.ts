import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const crossVersionObjectReference = part(() =>
  object('api.autoscaling.v1.CrossVersionObjectReference', {
    kind: string().required().tag(1),
    name: string().required().tag(2),
    apiVersion: string().tag(3),
  }).atomic());
export type CrossVersionObjectReference = TypeOf<ReturnType<typeof crossVersionObjectReference>>;

export const horizontalPodAutoscalerSpec = part(() =>
  object('api.autoscaling.v1.HorizontalPodAutoscalerSpec', {
    scaleTargetRef: crossVersionObjectReference().required().default({}).tag(1),
    minReplicas: int32().pointer().default(1).tag(2),
    maxReplicas: int32().required().tag(3),
    targetCPUUtilizationPercentage: int32().pointer().tag(4),
  }));
export type HorizontalPodAutoscalerSpec = TypeOf<ReturnType<typeof horizontalPodAutoscalerSpec>>;

export const horizontalPodAutoscalerStatus = part(() =>
  object('api.autoscaling.v1.HorizontalPodAutoscalerStatus', {
    observedGeneration: int64().pointer().tag(1).describe('The generation of the object this was computed from.'),
    lastScaleTime: time().tag(2),
    currentReplicas: int32().required().default(0).tag(3),
    desiredReplicas: int32().required().default(0).tag(4),
    currentCPUUtilizationPercentage: int32().pointer().tag(5),
  }));
export type HorizontalPodAutoscalerStatus = TypeOf<ReturnType<typeof horizontalPodAutoscalerStatus>>;

export const HorizontalPodAutoscalerV1 = defineKind({
  group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers',
  short: ['hpa'], categories: ['all'], scope: 'Namespaced', package: 'api.autoscaling.v1',
  description: 'Scales a workload by CPU use.',
  spec: horizontalPodAutoscalerSpec().required(),
  status: horizontalPodAutoscalerStatus(),
});
export type HorizontalPodAutoscalerV1 = InstanceOf<typeof HorizontalPodAutoscalerV1>;
