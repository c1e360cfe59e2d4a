/** Horizontal pod autoscalers: whom they scale, by which metrics, how fast. */
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsLabelProblems, pathSegmentProblems } from '../../meta/names.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { type Errors, NEGATIVE, nonNegatives, NOT_POSITIVE, problemsAt } from '../checks.ts';
import { resourceNameErrors } from '../core/resource-validation.ts';
import type { HorizontalPodAutoscalerSpec, HPAScalingPolicy, HPAScalingRules } from './horizontal-pod-autoscaler.ts';
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from './metrics.ts';

const LONGEST_PERIOD_SECONDS = 1800;
const LONGEST_WINDOW_SECONDS = 3600;
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];

/** @param least of minReplicas: 0 only where it was so before (feature HPAScaleToZero, off in v1.36) */
export function* hpaSpecErrors({ minReplicas, maxReplicas, scaleTargetRef, metrics = [], behavior }: HorizontalPodAutoscalerSpec, least: number, at: FieldPath): Errors {
  if (minReplicas < least) yield invalid(at.child('minReplicas'), minReplicas, `must be greater than or equal to ${least}`);
  if (maxReplicas < 1) yield invalid(at.child('maxReplicas'), maxReplicas, 'must be greater than 0');
  if (maxReplicas < minReplicas) yield invalid(at.child('maxReplicas'), maxReplicas, 'must be greater than or equal to `minReplicas`');
  yield* targetRefErrors(scaleTargetRef, at.child('scaleTargetRef'));
  for (const [index, metric] of metrics.entries()) yield* metricErrors(metric, at.child('metrics').index(index));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    yield forbidden(at.child('metrics'), 'must specify at least one Object or External metric to support scaling to zero replicas');
  }
  if (behavior?.scaleUp) yield* rulesErrors(behavior.scaleUp, at.child('behavior').child('scaleUp'));
  if (behavior?.scaleDown) yield* rulesErrors(behavior.scaleDown, at.child('behavior').child('scaleDown'));
}

export const hpaStatusErrors = (status: { readonly currentReplicas?: number; readonly desiredReplicas: number }, at: FieldPath): Errors =>
  nonNegatives(at, status, ['currentReplicas', 'desiredReplicas']);

function* targetRefErrors(ref: CrossVersionObjectReference, at: FieldPath): Errors {
  for (const field of ['kind', 'name'] as const) {
    if (!ref[field]) yield required(at.child(field));
    else yield* problemsAt(at.child(field), ref[field], pathSegmentProblems(ref[field]));
  }
}

function* rulesErrors({ stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance }: HPAScalingRules, at: FieldPath): Errors {
  const here = at.child('stabilizationWindowSeconds');
  if (window !== undefined && window < 0) yield invalid(here, window, 'must be greater than or equal to zero');
  if (window !== undefined && window > LONGEST_WINDOW_SECONDS) yield invalid(here, window, `must be less than or equal to ${LONGEST_WINDOW_SECONDS}`);
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) yield notSupported(at.child('selectPolicy'), selectPolicy, SELECT_POLICIES);
  if (policies.length === 0) yield required(at.child('policies'), 'must specify at least one Policy');
  for (const [index, policy] of policies.entries()) yield* policyErrors(policy, at.child('policies').index(index));
  if (tolerance !== undefined && parseQuantity(tolerance).nanos < 0n) yield invalid(at.child('tolerance'), tolerance, NEGATIVE);
}

function* policyErrors({ type, value, periodSeconds }: HPAScalingPolicy, at: FieldPath): Errors {
  if (!POLICY_TYPES.includes(type)) yield notSupported(at.child('type'), type, POLICY_TYPES);
  if (value <= 0) yield invalid(at.child('value'), value, NOT_POSITIVE);
  if (periodSeconds <= 0) yield invalid(at.child('periodSeconds'), periodSeconds, NOT_POSITIVE);
  if (periodSeconds > LONGEST_PERIOD_SECONDS) yield invalid(at.child('periodSeconds'), periodSeconds, `must be less than or equal to ${LONGEST_PERIOD_SECONDS}`);
}

/** Each type of metric and the field that describes it, in the order upstream looks at them. */
const SOURCES = { Object: 'object', External: 'external', Pods: 'pods', Resource: 'resource', ContainerResource: 'containerResource' } as const;
const TYPES = Object.keys(SOURCES).toSorted();
const isType = (type: string): type is keyof typeof SOURCES => Object.hasOwn(SOURCES, type);

function* metricErrors(metric: MetricSpec, at: FieldPath): Errors {
  const { type } = metric;
  if (!type) yield required(at.child('type'), 'must specify a metric source type');
  if (!isType(type)) yield notSupported(at.child('type'), type, TYPES);
  const present = Object.values(SOURCES).filter((source) => metric[source] !== undefined);
  if (present[0]) yield* sourceErrors(metric, at)[present[0]]();
  if (isType(type) && !present.includes(SOURCES[type])) yield required(at.child(SOURCES[type]), 'must populate information for the given metric source');
  if (present.length === 1) return;
  for (const source of present) {
    if (!isType(type) || source !== SOURCES[type]) yield forbidden(at.child(source), 'must populate the given metric source only');
  }
}

const sourceErrors = ({ object, external, pods, resource, containerResource }: MetricSpec, at: FieldPath): Record<(typeof SOURCES)[keyof typeof SOURCES], () => Errors> => ({
  *object() {
    const here = at.child('object');
    yield* targetRefErrors(object!.describedObject, here.child('describedObject'));
    yield* measuredErrors(object!, here);
    if (!object!.target.value && !object!.target.averageValue) yield required(here.child('target').child('averageValue'), 'must set either a target value or averageValue');
  },
  *external() {
    const here = at.child('external');
    yield* measuredErrors(external!, here);
    const { value, averageValue } = external!.target;
    if (!value && !averageValue) yield required(here.child('target').child('averageValue'), 'must set either a target value for metric or a per-pod target');
    if (value && averageValue) yield forbidden(here.child('target').child('value'), 'may not set both a target value for metric and a per-pod target');
  },
  *pods() {
    const here = at.child('pods');
    yield* measuredErrors(pods!, here);
    if (!pods!.target.averageValue) yield required(here.child('target').child('averageValue'), 'must specify a positive target averageValue');
  },
  *resource() {
    const here = at.child('resource');
    if (!resource!.name) yield required(here.child('name'), 'must specify a resource name');
    yield* usageErrors(resource!.target, here.child('target'));
  },
  *containerResource() {
    const here = at.child('containerResource');
    const { name, container, target } = containerResource!;
    if (!name) yield required(here.child('name'), 'must specify a resource name');
    else yield* resourceNameErrors(name, here.child('name'));
    if (!container) yield required(here.child('container'), 'must specify a container');
    else yield* problemsAt(here.child('container'), container, dnsLabelProblems(container));
    yield* usageErrors(target, here.child('target'));
  },
});

function* measuredErrors({ metric, target }: { readonly metric: MetricIdentifier; readonly target: MetricTarget }, at: FieldPath): Errors {
  const here = at.child('metric').child('name');
  if (!metric.name) yield required(here, 'must specify a metric name');
  else yield* problemsAt(here, metric.name, pathSegmentProblems(metric.name));
  yield* targetErrors(target, at.child('target'));
}

function* usageErrors(target: MetricTarget, at: FieldPath): Errors {
  yield* targetErrors(target, at);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && !averageValue) yield required(at.child('averageUtilization'), 'must set either a target raw value or a target utilization');
  if (averageUtilization !== undefined && averageValue) yield forbidden(at.child('averageValue'), 'may not set both a target raw value and a target utilization');
}

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

function* targetErrors({ type, value, averageValue, averageUtilization }: MetricTarget, at: FieldPath): Errors {
  if (!type) yield required(at.child('type'), 'must specify a metric target type');
  if (!TARGET_TYPES.includes(type)) yield invalid(at.child('type'), type, 'must be either Utilization, Value, or AverageValue');
  if (value !== undefined && parseQuantity(value).nanos <= 0n) yield invalid(at.child('value'), value, 'must be positive');
  if (averageValue !== undefined && parseQuantity(averageValue).nanos <= 0n) yield invalid(at.child('averageValue'), averageValue, 'must be positive');
  if (averageUtilization !== undefined && averageUtilization < 1) yield invalid(at.child('averageUtilization'), averageUtilization, 'must be greater than 0');
}
