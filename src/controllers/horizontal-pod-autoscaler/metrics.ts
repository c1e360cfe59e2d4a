/** Each metric an autoscaler names: asked for, computed, and told of as its status. */
import { messageOf } from '../../base/message-of.ts';
import type { HorizontalPodAutoscaler } from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../kinds/autoscaling/metrics.ts';
import { formatRequirements, requirementsOf, type LabelSelector } from '../../meta/label-selector.ts';
import { formatQuantity, milliQuantityOf, parseQuantity, quantityMilliValue } from '../../meta/quantity.ts';
import { byAverage, byUtilization, byValue, MetricError, perPod, type Scene } from './calculator.ts';
import type { MetricsClient } from './metrics-client.ts';

/** What is looked at: the pods, by their selector, and how many of them there are and should be. */
export interface Subject extends Scene {
  readonly selector: string;
  /** Replicas there are, as the scale's status says. */
  readonly actual: number;
}

export interface Proposal {
  readonly replicas: number;
  /** As the event and the condition name it. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** A metric that could not be computed: as its own event says it, and as the round's does. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly summary: string;
}

type Ask = (spec: MetricSpec) => Promise<Proposal>;

/** Computes every metric of an autoscaler. */
export async function evaluate(hpa: HorizontalPodAutoscaler, subject: Subject, metrics: MetricsClient): Promise<readonly (Proposal | Failure)[]> {
  const namespace = hpa.metadata.namespace ?? '';
  const kinds: Readonly<Record<string, { readonly reason: string; readonly label: (spec: MetricSpec) => string; readonly ask: Ask }>> = {
    Resource: { reason: 'FailedGetResourceMetric', label: ({ resource }) => `${resource?.name} resource`, ask: (spec) => ofResource(spec) },
    ContainerResource: { reason: 'FailedGetContainerResourceMetric', label: ({ containerResource }) => `${containerResource?.container} container`, ask: (spec) => ofResource(spec) },
    Pods: { reason: 'FailedGetPodsMetric', label: () => 'pods', ask: (spec) => ofPods(spec) },
    Object: { reason: 'FailedGetObjectMetric', label: () => 'object', ask: (spec) => ofObject(spec) },
    External: { reason: 'FailedGetExternalMetric', label: ({ external }) => `${external?.metric.name} external`, ask: (spec) => ofExternal(spec) },
  };
  return Promise.all((hpa.spec.metrics ?? []).map(async (spec) => {
    const kind = kinds[spec.type];
    if (!kind) {
      const message = `unknown metric source type ${JSON.stringify(spec.type)}`;
      return { reason: 'InvalidMetricSourceType', message, summary: message };
    }
    try {
      return await kind.ask(spec);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { bare = error.message } = error as Error & { readonly bare?: string };
      return { reason: kind.reason, message: bare, summary: `failed to get ${kind.label(spec)} metric value: ${error.message}` };
    }
  }));

  async function ofResource({ type, resource, containerResource }: MetricSpec): Promise<Proposal> {
    const { name, target } = (containerResource ?? resource)!;
    const container = containerResource?.container;
    const wrap = (current: MetricValueStatus): MetricStatus =>
      (container === undefined ? { type, resource: { name, current } } : { type, containerResource: { name, container, current } });
    const samples = () => naming(`unable to get metrics for resource ${name}`, metrics.resource({ namespace, selector: subject.selector }, name, container));
    if (target.averageValue !== undefined) {
      const { replicas, usage } = await naming(`failed to get ${name} usage`, samples().then((found) => byAverage(subject, found, { resource: name, target: milliOf(target.averageValue!) })));
      return { replicas, name: `${name} resource`, status: wrap({ averageValue: textOf(usage) }) };
    }
    if (target.averageUtilization === undefined) {
      throw new MetricError('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set');
    }
    const on = { resource: name, target: target.averageUtilization, ...(container === undefined ? {} : { container }) };
    const { replicas, usage, utilization } = await naming(`failed to get ${name} utilization`, samples().then((found) => byUtilization(subject, found, on)));
    const label = `${name} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`;
    return { replicas, name: label, status: wrap({ averageUtilization: utilization, averageValue: textOf(usage) }) };
  }

  async function ofPods({ type, pods }: MetricSpec): Promise<Proposal> {
    const { metric, target } = pods!;
    const samples = await naming(`unable to get metric ${metric.name}`, metrics.pods({ namespace, selector: subject.selector }, metric.name, selectorOf(metric)));
    const { replicas, usage } = byAverage(subject, samples, { resource: '', target: milliOf(target.averageValue ?? '0') });
    return { replicas, name: `pods metric ${metric.name}`, status: { type, pods: { metric, current: { averageValue: textOf(usage) } } } };
  }

  async function ofObject({ type, object }: MetricSpec): Promise<Proposal> {
    const { metric, target, describedObject } = object!;
    const ask = () => naming(`unable to get metric ${metric.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}`, metrics.object(namespace, describedObject, { name: metric.name, selector: selectorOf(metric) }), '/');
    const { replicas, current, average } = await computed(target, ask, {
      invalid: 'invalid object metric source: neither a value target nor an average value target was set',
      average: target.type === 'AverageValue' ? `failed to get ${metric.name} object metric` : undefined,
    });
    const name = average ? `external metric ${metric.name}(${shown(metric.selector)})` : `${describedObject.kind} metric ${metric.name}`;
    // Upstream leaves the object out of an average's status.
    return { replicas, name, status: { type, object: { metric, current, describedObject: average ? { kind: '', name: '' } : describedObject } } };
  }

  async function ofExternal({ type, external }: MetricSpec): Promise<Proposal> {
    const { metric, target } = external!;
    const ask = () => naming(`unable to get external metric ${namespace}/${metric.name}/${shown(metric.selector)}`, metrics.external(namespace, { name: metric.name, selector: selectorOf(metric) }));
    const { replicas, current } = await computed(target, ask, {
      invalid: 'invalid external metric source: neither a value target nor an average value target was set',
      average: target.averageValue === undefined ? undefined : `failed to get ${metric.name} external metric`,
      value: `failed to get external metric ${metric.name}`,
    });
    return { replicas, name: `external metric ${metric.name}(${shown(metric.selector)})`, status: { type, external: { metric, current } } };
  }

  /** A total against a target for all or for each, each with the words a failure is told in. */
  async function computed(target: MetricTarget, ask: () => Promise<number>, words: { readonly invalid: string; readonly average: string | undefined; readonly value?: string }) {
    if (words.average !== undefined && target.averageValue !== undefined) {
      const total = await retold(words.average, ask());
      const { replicas, usage } = perPod({ ...subject, current: subject.actual }, total, milliOf(target.averageValue));
      return { replicas, current: { averageValue: textOf(usage) }, average: true };
    }
    if (target.value === undefined) throw new MetricError(words.invalid);
    const { replicas, usage } = await retold(words.value, ask().then((total) => byValue(subject, total, milliOf(target.value!))));
    return { replicas, current: { value: textOf(usage) }, average: false };
  }
}

const milliOf = (text: string): number => quantityMilliValue(parseQuantity(text));
const textOf = (value: number): string => formatQuantity(milliQuantityOf(value));
const selectorOf = ({ selector }: MetricIdentifier): string => (selector ? formatRequirements(requirementsOf(selector)) : '');

/** Says what was tried before what went wrong. */
async function naming<T>(what: string, tried: Promise<T>, separator = ': '): Promise<T> {
  return tried.catch((error: unknown) => {
    throw new MetricError(`${what}${separator}${messageOf(error)}`);
  });
}

/** As `naming`, for the round's own event alone: the metric's keeps the bare words. */
async function retold<T>(what: string | undefined, tried: Promise<T>): Promise<T> {
  return tried.catch((error: unknown) => {
    throw what === undefined ? error : Object.assign(new MetricError(`${what}: ${messageOf(error)}`), { bare: messageOf(error) });
  });
}

/** A selector as upstream's messages print it. */
function shown(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const terms = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${terms}},}`;
}
