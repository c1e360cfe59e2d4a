import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, list, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { withFields } from '../change.ts';
import { formatMetrics, hpaColumns } from './hpa-columns.ts';
import { hpaSpecErrors, hpaStatusErrors } from './hpa-validation.ts';
import { crossVersionObjectReference, type MetricSpec, metricSpec, metricStatus } from './metrics.ts';

export const hpaScalingPolicy = part(() =>
  object('api.autoscaling.v2.HPAScalingPolicy', {
    type: string().required().tag(1).describe('Pods counts replicas, Percent is a share of those there are.'),
    value: int32().required().tag(2).describe('How much may change within the period.'),
    periodSeconds: int32().required().tag(3).describe('The period, at most half an hour.'),
  }));
export type HPAScalingPolicy = TypeOf<ReturnType<typeof hpaScalingPolicy>>;

export const hpaScalingRules = part(() =>
  object('api.autoscaling.v2.HPAScalingRules', {
    selectPolicy: string().pointer().tag(1).describe('Which policy counts: Max the most generous, Min the strictest; Disabled forbids this direction.'),
    policies: list(hpaScalingPolicy()).tag(2).describe('Limits to the speed of change.'),
    stabilizationWindowSeconds: int32().pointer().tag(3).describe('For how long past recommendations hold back a change, at most an hour.'),
    tolerance: quantity().tag(4).describe('How far off target a metric may be, as a fraction, before anything changes.'),
  }));
export type HPAScalingRules = TypeOf<ReturnType<typeof hpaScalingRules>>;

export const horizontalPodAutoscalerBehavior = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerBehavior', {
    scaleUp: hpaScalingRules().tag(1).describe('Limits to growth.'),
    scaleDown: hpaScalingRules().tag(2).describe('Limits to shrinking.'),
  }));
export type HorizontalPodAutoscalerBehavior = TypeOf<ReturnType<typeof horizontalPodAutoscalerBehavior>>;

export const horizontalPodAutoscalerCondition = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerCondition', {
    type: string().required().default('').tag(1).describe('AbleToScale, ScalingActive or ScalingLimited.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type HorizontalPodAutoscalerCondition = TypeOf<ReturnType<typeof horizontalPodAutoscalerCondition>>;

export const horizontalPodAutoscalerSpec = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerSpec', {
    scaleTargetRef: crossVersionObjectReference().required().default({}).tag(1).describe('What is scaled; it has a scale subresource.'),
    minReplicas: int32().pointer().default(1).tag(2).describe('Never fewer than this.'),
    maxReplicas: int32().required().tag(3).describe('Never more than this.'),
    metrics: list(metricSpec()).tag(4).describe('What is measured; the metric that asks for the most replicas decides. CPU use of 80% where nothing is said.'),
    behavior: horizontalPodAutoscalerBehavior().tag(5).describe('How fast it may grow and shrink.'),
  }));
export type HorizontalPodAutoscalerSpec = TypeOf<ReturnType<typeof horizontalPodAutoscalerSpec>>;

export const horizontalPodAutoscalerStatus = part(() =>
  object('api.autoscaling.v2.HorizontalPodAutoscalerStatus', {
    observedGeneration: int64().pointer().tag(1).describe('The generation of the object this was computed from.'),
    lastScaleTime: time().tag(2).describe('When the number of replicas was last changed.'),
    currentReplicas: int32().tag(3).describe('Replicas there are.'),
    desiredReplicas: int32().required().default(0).tag(4).describe('Replicas there should be.'),
    currentMetrics: list(metricStatus()).orNull().tag(5).describe('What was last measured, metric by metric.'),
    conditions: list(horizontalPodAutoscalerCondition()).keyedBy('type').tag(6).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type HorizontalPodAutoscalerStatus = TypeOf<ReturnType<typeof horizontalPodAutoscalerStatus>>;

const CPU_AT_80: readonly MetricSpec[] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];

/** Up: at once, by the larger of 4 pods and doubling every 15 s. */
const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0, selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }],
};
/** Down: as far as needed every 15 s; the window is the controller's own where none is said. */
const SCALE_DOWN: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior): HorizontalPodAutoscalerBehavior {
  return { ...behavior, scaleUp: { ...SCALE_UP, ...behavior.scaleUp }, scaleDown: { ...SCALE_DOWN, ...behavior.scaleDown } };
}

interface Parts extends KubeObject {
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly status: HorizontalPodAutoscalerStatus;
}

export const HorizontalPodAutoscaler = defineKind({
  group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers',
  short: ['hpa'], categories: ['all'], scope: 'Namespaced', package: 'api.autoscaling.v2',
  description: 'Scales a workload by metrics.',
  spec: horizontalPodAutoscalerSpec().required().describe('What is scaled, and by what.'),
  status: horizontalPodAutoscalerStatus(),
  columns: hpaColumns(({ spec, status }: Parts) => formatMetrics(spec.metrics, status.currentMetrics ?? [])),
  defaults: (autoscaler) => {
    const { metrics, behavior } = autoscaler.spec;
    const spec = withFields(autoscaler.spec, { metrics: metrics?.length ? metrics : CPU_AT_80, behavior: behavior && defaultBehavior(behavior) });
    return withFields(autoscaler, { spec });
  },
  validateCreate: ({ spec }, at) => hpaSpecErrors(spec, 1, at.child('spec')),
  validateUpdate: ({ spec }, old, at) => hpaSpecErrors(spec, old.spec.minReplicas === 0 ? 0 : 1, at.child('spec')),
  validateStatusUpdate: ({ status }, _old, at) => hpaStatusErrors(status, at.child('status')),
});
export type HorizontalPodAutoscaler = InstanceOf<typeof HorizontalPodAutoscaler>;
