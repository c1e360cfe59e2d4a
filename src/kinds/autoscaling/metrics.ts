import { int32, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const containerResourceMetricSource = part(() =>
  object('api.autoscaling.v2.ContainerResourceMetricSource', {
    name: string().required().tag(1),
    target: metricTarget().required().default({}).tag(2),
    container: string().required().tag(3),
  }));
export type ContainerResourceMetricSource = TypeOf<ReturnType<typeof containerResourceMetricSource>>;

export const containerResourceMetricStatus = part(() =>
  object('api.autoscaling.v2.ContainerResourceMetricStatus', {
    name: string().required().default('').tag(1),
    current: metricValueStatus().required().default({}).tag(2),
    container: string().required().default('').tag(3),
  }));
export type ContainerResourceMetricStatus = TypeOf<ReturnType<typeof containerResourceMetricStatus>>;

export const crossVersionObjectReference = part(() =>
  object('api.autoscaling.v2.CrossVersionObjectReference', {
    kind: string().required().tag(1),
    name: string().required().tag(2),
    apiVersion: string().tag(3),
  }));
export type CrossVersionObjectReference = TypeOf<ReturnType<typeof crossVersionObjectReference>>;

export const externalMetricSource = part(() =>
  object('api.autoscaling.v2.ExternalMetricSource', {
    metric: metricIdentifier().required().default({}).tag(1),
    target: metricTarget().required().default({}).tag(2),
  }));
export type ExternalMetricSource = TypeOf<ReturnType<typeof externalMetricSource>>;

export const externalMetricStatus = part(() =>
  object('api.autoscaling.v2.ExternalMetricStatus', {
    metric: metricIdentifier().required().default({}).tag(1),
    current: metricValueStatus().required().default({}).tag(2),
  }));
export type ExternalMetricStatus = TypeOf<ReturnType<typeof externalMetricStatus>>;

export const metricIdentifier = part(() =>
  object('api.autoscaling.v2.MetricIdentifier', {
    name: string().required().tag(1),
    selector: labelSelector().tag(2),
  }));
export type MetricIdentifier = TypeOf<ReturnType<typeof metricIdentifier>>;

export const metricSpec = part(() =>
  object('api.autoscaling.v2.MetricSpec', {
    type: string().required().tag(1),
    object: objectMetricSource().tag(2),
    pods: podsMetricSource().tag(3),
    resource: resourceMetricSource().tag(4),
    external: externalMetricSource().tag(5),
    containerResource: containerResourceMetricSource().tag(7),
  }));
export type MetricSpec = TypeOf<ReturnType<typeof metricSpec>>;

export const metricStatus = part(() =>
  object('api.autoscaling.v2.MetricStatus', {
    type: string().required().default('').tag(1),
    object: objectMetricStatus().tag(2),
    pods: podsMetricStatus().tag(3),
    resource: resourceMetricStatus().tag(4),
    external: externalMetricStatus().tag(5),
    containerResource: containerResourceMetricStatus().tag(7),
  }));
export type MetricStatus = TypeOf<ReturnType<typeof metricStatus>>;

export const metricTarget = part(() =>
  object('api.autoscaling.v2.MetricTarget', {
    type: string().required().tag(1),
    value: quantity().tag(2),
    averageValue: quantity().tag(3),
    averageUtilization: int32().pointer().tag(4),
  }));
export type MetricTarget = TypeOf<ReturnType<typeof metricTarget>>;

export const metricValueStatus = part(() =>
  object('api.autoscaling.v2.MetricValueStatus', {
    value: quantity().tag(1),
    averageValue: quantity().tag(2),
    averageUtilization: int32().pointer().tag(3),
  }));
export type MetricValueStatus = TypeOf<ReturnType<typeof metricValueStatus>>;

export const objectMetricSource = part(() =>
  object('api.autoscaling.v2.ObjectMetricSource', {
    describedObject: crossVersionObjectReference().required().default({}).tag(1),
    target: metricTarget().required().default({}).tag(2),
    metric: metricIdentifier().required().default({}).tag(3),
  }));
export type ObjectMetricSource = TypeOf<ReturnType<typeof objectMetricSource>>;

export const objectMetricStatus = part(() =>
  object('api.autoscaling.v2.ObjectMetricStatus', {
    metric: metricIdentifier().required().default({}).tag(1),
    current: metricValueStatus().required().default({}).tag(2),
    describedObject: crossVersionObjectReference().required().default({}).tag(3),
  }));
export type ObjectMetricStatus = TypeOf<ReturnType<typeof objectMetricStatus>>;

export const podsMetricSource = part(() =>
  object('api.autoscaling.v2.PodsMetricSource', {
    metric: metricIdentifier().required().default({}).tag(1),
    target: metricTarget().required().default({}).tag(2),
  }));
export type PodsMetricSource = TypeOf<ReturnType<typeof podsMetricSource>>;

export const podsMetricStatus = part(() =>
  object('api.autoscaling.v2.PodsMetricStatus', {
    metric: metricIdentifier().required().default({}).tag(1),
    current: metricValueStatus().required().default({}).tag(2),
  }));
export type PodsMetricStatus = TypeOf<ReturnType<typeof podsMetricStatus>>;

export const resourceMetricSource = part(() =>
  object('api.autoscaling.v2.ResourceMetricSource', {
    name: string().required().tag(1),
    target: metricTarget().required().default({}).tag(2),
  }));
export type ResourceMetricSource = TypeOf<ReturnType<typeof resourceMetricSource>>;

export const resourceMetricStatus = part(() =>
  object('api.autoscaling.v2.ResourceMetricStatus', {
    name: string().required().default('').tag(1),
    current: metricValueStatus().required().default({}).tag(2),
  }));
export type ResourceMetricStatus = TypeOf<ReturnType<typeof resourceMetricStatus>>;
