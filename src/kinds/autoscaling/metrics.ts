import { int32, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const containerResourceMetricSource = part(() =>
  object('api.autoscaling.v2.ContainerResourceMetricSource', {
    name: string().required().tag(1).describe('The resource, such as cpu.'),
    target: metricTarget().required().default({}).tag(2).describe('The use aimed at.'),
    container: string().required().tag(3).describe('The container of each pod that counts.'),
  }));
export type ContainerResourceMetricSource = TypeOf<ReturnType<typeof containerResourceMetricSource>>;

export const containerResourceMetricStatus = part(() =>
  object('api.autoscaling.v2.ContainerResourceMetricStatus', {
    name: string().required().default('').tag(1).describe('The resource, such as cpu.'),
    current: metricValueStatus().required().default({}).tag(2).describe('The use measured.'),
    container: string().required().default('').tag(3).describe('The container of each pod that counts.'),
  }));
export type ContainerResourceMetricStatus = TypeOf<ReturnType<typeof containerResourceMetricStatus>>;

export const crossVersionObjectReference = part(() =>
  object('api.autoscaling.v2.CrossVersionObjectReference', {
    kind: string().required().tag(1).describe('The object\'s kind.'),
    name: string().required().tag(2).describe('The object\'s name.'),
    apiVersion: string().tag(3).describe('The object\'s group and version.'),
  }));
export type CrossVersionObjectReference = TypeOf<ReturnType<typeof crossVersionObjectReference>>;

export const externalMetricSource = part(() =>
  object('api.autoscaling.v2.ExternalMetricSource', {
    metric: metricIdentifier().required().default({}).tag(1).describe('Which metric.'),
    target: metricTarget().required().default({}).tag(2).describe('The value aimed at.'),
  }));
export type ExternalMetricSource = TypeOf<ReturnType<typeof externalMetricSource>>;

export const externalMetricStatus = part(() =>
  object('api.autoscaling.v2.ExternalMetricStatus', {
    metric: metricIdentifier().required().default({}).tag(1).describe('Which metric.'),
    current: metricValueStatus().required().default({}).tag(2).describe('The value measured.'),
  }));
export type ExternalMetricStatus = TypeOf<ReturnType<typeof externalMetricStatus>>;

export const metricIdentifier = part(() =>
  object('api.autoscaling.v2.MetricIdentifier', {
    name: string().required().tag(1).describe('The metric\'s name.'),
    selector: labelSelector().tag(2).describe('Labels that narrow the metric where its source knows some.'),
  }));
export type MetricIdentifier = TypeOf<ReturnType<typeof metricIdentifier>>;

export const metricSpec = part(() =>
  object('api.autoscaling.v2.MetricSpec', {
    type: string().required().tag(1).describe('Object, Pods, Resource, ContainerResource or External: which of the fields below is set.'),
    object: objectMetricSource().tag(2).describe('A metric of one object.'),
    pods: podsMetricSource().tag(3).describe('A metric of each pod, averaged.'),
    resource: resourceMetricSource().tag(4).describe('A resource that the pods use, such as cpu.'),
    external: externalMetricSource().tag(5).describe('A metric of something outside the cluster.'),
    containerResource: containerResourceMetricSource().tag(7).describe('A resource that one container of each pod uses.'),
  }));
export type MetricSpec = TypeOf<ReturnType<typeof metricSpec>>;

export const metricStatus = part(() =>
  object('api.autoscaling.v2.MetricStatus', {
    type: string().required().default('').tag(1).describe('Object, Pods, Resource, ContainerResource or External: which of the fields below is set.'),
    object: objectMetricStatus().tag(2).describe('A metric of one object.'),
    pods: podsMetricStatus().tag(3).describe('A metric of each pod, averaged.'),
    resource: resourceMetricStatus().tag(4).describe('A resource that the pods use, such as cpu.'),
    external: externalMetricStatus().tag(5).describe('A metric of something outside the cluster.'),
    containerResource: containerResourceMetricStatus().tag(7).describe('A resource that one container of each pod uses.'),
  }));
export type MetricStatus = TypeOf<ReturnType<typeof metricStatus>>;

export const metricTarget = part(() =>
  object('api.autoscaling.v2.MetricTarget', {
    type: string().required().tag(1).describe('Utilization, Value or AverageValue.'),
    value: quantity().tag(2).describe('The metric as it is.'),
    averageValue: quantity().tag(3).describe('The metric divided by the number of pods.'),
    averageUtilization: int32().pointer().tag(4).describe('The use as a percentage of what the pods request.'),
  }));
export type MetricTarget = TypeOf<ReturnType<typeof metricTarget>>;

export const metricValueStatus = part(() =>
  object('api.autoscaling.v2.MetricValueStatus', {
    value: quantity().tag(1).describe('The metric as it is.'),
    averageValue: quantity().tag(2).describe('The metric divided by the number of pods.'),
    averageUtilization: int32().pointer().tag(3).describe('The use as a percentage of what the pods request.'),
  }));
export type MetricValueStatus = TypeOf<ReturnType<typeof metricValueStatus>>;

export const objectMetricSource = part(() =>
  object('api.autoscaling.v2.ObjectMetricSource', {
    describedObject: crossVersionObjectReference().required().default({}).tag(1).describe('Whose metric it is.'),
    target: metricTarget().required().default({}).tag(2).describe('The value aimed at.'),
    metric: metricIdentifier().required().default({}).tag(3).describe('Which metric.'),
  }));
export type ObjectMetricSource = TypeOf<ReturnType<typeof objectMetricSource>>;

export const objectMetricStatus = part(() =>
  object('api.autoscaling.v2.ObjectMetricStatus', {
    metric: metricIdentifier().required().default({}).tag(1).describe('Which metric.'),
    current: metricValueStatus().required().default({}).tag(2).describe('The value measured.'),
    describedObject: crossVersionObjectReference().required().default({}).tag(3).describe('Whose metric it is.'),
  }));
export type ObjectMetricStatus = TypeOf<ReturnType<typeof objectMetricStatus>>;

export const podsMetricSource = part(() =>
  object('api.autoscaling.v2.PodsMetricSource', {
    metric: metricIdentifier().required().default({}).tag(1).describe('Which metric.'),
    target: metricTarget().required().default({}).tag(2).describe('The average aimed at.'),
  }));
export type PodsMetricSource = TypeOf<ReturnType<typeof podsMetricSource>>;

export const podsMetricStatus = part(() =>
  object('api.autoscaling.v2.PodsMetricStatus', {
    metric: metricIdentifier().required().default({}).tag(1).describe('Which metric.'),
    current: metricValueStatus().required().default({}).tag(2).describe('The average measured.'),
  }));
export type PodsMetricStatus = TypeOf<ReturnType<typeof podsMetricStatus>>;

export const resourceMetricSource = part(() =>
  object('api.autoscaling.v2.ResourceMetricSource', {
    name: string().required().tag(1).describe('The resource, such as cpu.'),
    target: metricTarget().required().default({}).tag(2).describe('The use aimed at.'),
  }));
export type ResourceMetricSource = TypeOf<ReturnType<typeof resourceMetricSource>>;

export const resourceMetricStatus = part(() =>
  object('api.autoscaling.v2.ResourceMetricStatus', {
    name: string().required().default('').tag(1).describe('The resource, such as cpu.'),
    current: metricValueStatus().required().default({}).tag(2).describe('The use measured.'),
  }));
export type ResourceMetricStatus = TypeOf<ReturnType<typeof resourceMetricStatus>>;
