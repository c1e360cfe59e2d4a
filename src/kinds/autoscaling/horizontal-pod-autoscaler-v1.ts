import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import type { HorizontalPodAutoscalerSpec as SpecV2 } from './horizontal-pod-autoscaler.ts';
import { formatMetrics, hpaColumns } from './hpa-columns.ts';
import { hpaSpecErrors, hpaStatusErrors } from './hpa-validation.ts';
import type { MetricStatus } from './metrics.ts';

export const crossVersionObjectReference = part(() =>
  object('api.autoscaling.v1.CrossVersionObjectReference', {
    kind: string().required().tag(1).describe('The object\'s kind.'),
    name: string().required().tag(2).describe('The object\'s name.'),
    apiVersion: string().tag(3).describe('The object\'s group and version.'),
  }).atomic());
export type CrossVersionObjectReference = TypeOf<ReturnType<typeof crossVersionObjectReference>>;

export const horizontalPodAutoscalerSpec = part(() =>
  object('api.autoscaling.v1.HorizontalPodAutoscalerSpec', {
    scaleTargetRef: crossVersionObjectReference().required().default({}).tag(1).describe('What is scaled; it has a scale subresource.'),
    minReplicas: int32().pointer().default(1).tag(2).describe('Never fewer than this.'),
    maxReplicas: int32().required().tag(3).describe('Never more than this.'),
    targetCPUUtilizationPercentage: int32().pointer().tag(4).describe('The CPU use aimed at, as a share of what the pods request; 80 where nothing is said.'),
  }));
export type HorizontalPodAutoscalerSpec = TypeOf<ReturnType<typeof horizontalPodAutoscalerSpec>>;

export const horizontalPodAutoscalerStatus = part(() =>
  object('api.autoscaling.v1.HorizontalPodAutoscalerStatus', {
    observedGeneration: int64().pointer().tag(1).describe('The generation of the object this was computed from.'),
    lastScaleTime: time().tag(2).describe('When the number of replicas was last changed.'),
    currentReplicas: int32().required().default(0).tag(3).describe('Replicas there are.'),
    desiredReplicas: int32().required().default(0).tag(4).describe('Replicas there should be.'),
    currentCPUUtilizationPercentage: int32().pointer().tag(5).describe('The CPU use of all pods, as a share of what they request.'),
  }));
export type HorizontalPodAutoscalerStatus = TypeOf<ReturnType<typeof horizontalPodAutoscalerStatus>>;

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const DEFAULT_CPU_PERCENT = 80;

/** The same wish in the words of v2, in which alone rules are written. Metrics kept in annotations are left aside. */
function asV2({ targetCPUUtilizationPercentage: percent, ...spec }: HorizontalPodAutoscalerSpec): SpecV2 {
  if (percent === undefined) return spec;
  return { ...spec, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } } }] };
}

const observed = ({ currentCPUUtilizationPercentage: percent }: HorizontalPodAutoscalerStatus): readonly MetricStatus[] =>
  percent === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percent } } }];

interface Parts extends KubeObject {
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly status: HorizontalPodAutoscalerStatus;
}

export const HorizontalPodAutoscalerV1 = defineKind({
  group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers',
  short: ['hpa'], categories: ['all'], scope: 'Namespaced', package: 'api.autoscaling.v1',
  description: 'Scales a workload by CPU use.',
  spec: horizontalPodAutoscalerSpec().required().describe('What is scaled, and by how much.'),
  status: horizontalPodAutoscalerStatus(),
  columns: hpaColumns(({ spec, status }: Parts) => formatMetrics(asV2(spec).metrics, observed(status))),
  defaults: (autoscaler) => {
    const { metadata, spec } = autoscaler;
    if (spec.targetCPUUtilizationPercentage !== undefined || metadata.annotations?.[METRICS]) return autoscaler;
    return { ...autoscaler, spec: { ...spec, targetCPUUtilizationPercentage: DEFAULT_CPU_PERCENT } };
  },
  validateCreate: ({ spec }, at) => hpaSpecErrors(asV2(spec), 1, at.child('spec')),
  validateUpdate: ({ spec }, old, at) => hpaSpecErrors(asV2(spec), old.spec.minReplicas === 0 ? 0 : 1, at.child('spec')),
  validateStatusUpdate: ({ status }, _old, at) => hpaStatusErrors(status, at.child('status')),
});
export type HorizontalPodAutoscalerV1 = InstanceOf<typeof HorizontalPodAutoscalerV1>;
