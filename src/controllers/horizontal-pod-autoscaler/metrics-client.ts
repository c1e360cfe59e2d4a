/** What the three metrics APIs answer, as samples. An add-on serves them (metrics-server, an adapter); none may be there. */
import { messageOf } from '../../base/message-of.ts';
import { readObject, type Client } from '../../client/index.ts';
import type { CrossVersionObjectReference } from '../../kinds/autoscaling/metrics.ts';
import { isApiError } from '../../meta/api-error.ts';
import { parseDuration } from '../../meta/duration.ts';
import { parseQuantity, quantityMilliValue } from '../../meta/quantity.ts';
import { parseTime } from '../../meta/time.ts';
import { MetricError, type Sample, type Samples } from './calculator.ts';
import type { Targets } from './target.ts';

/** Where and what to measure; selectors as text. */
export interface Question {
  readonly namespace: string;
  readonly selector: string;
}

interface PodMetrics {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly timestamp: string;
  readonly window: string;
  readonly containers?: readonly { readonly name: string; readonly usage?: Readonly<Record<string, string>> }[];
}

interface MetricValue {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp: string;
  readonly windowSeconds?: number;
  /** What v1beta1 calls it. */
  readonly window?: number;
  readonly value: string;
}

interface List<T> {
  readonly items?: readonly T[];
}

const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
/** What a custom metric without a window of its own is taken to cover. */
const DEFAULT_WINDOW = 60_000;
const milli = (value: string): number => quantityMilliValue(parseQuantity(value));

export class MetricsClient {
  readonly #client: Pick<Client, 'request'>;
  readonly #targets: Targets;

  constructor(client: Pick<Client, 'request'>, targets: Targets) {
    this.#client = client;
    this.#targets = targets;
  }

  /** Use of a resource by each pod, or by one container of each. @throws MetricError */
  async resource({ namespace, selector }: Question, resource: string, container?: string): Promise<Samples> {
    const url = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods${query({ labelSelector: selector })}`;
    const { items = [] } = await this.#ask<List<PodMetrics>>(url, 'resource', 'get pods.metrics.k8s.io');
    if (items.length === 0) throw new MetricError('no metrics returned from resource metrics API');
    const samples = new Map<string, Sample>();
    for (const item of items) {
      const value = container === undefined ? podUse(item, resource) : containerUse(item, resource, container);
      if (value !== undefined) samples.set(item.metadata.name, { value, at: parseTime(item.timestamp) ?? 0, window: parseDuration(item.window) });
    }
    return samples;
  }

  /** A custom metric of each pod. @throws MetricError */
  async pods({ namespace, selector }: Question, metric: string, metricSelector: string): Promise<Samples> {
    const url = `${await this.#custom()}/namespaces/${namespace}/pods/*/${encodeURIComponent(metric)}${query({ labelSelector: selector, metricLabelSelector: metricSelector })}`;
    const { items = [] } = await this.#ask<List<MetricValue>>(url, 'custom', `get pods.${CUSTOM} *`);
    if (items.length === 0) throw new MetricError('no metrics returned from custom metrics API');
    return new Map(items.map((item) => {
      const seconds = item.windowSeconds ?? item.window;
      const sample = { value: milli(item.value), at: parseTime(item.timestamp) ?? 0, window: seconds === undefined ? DEFAULT_WINDOW : seconds * 1000 };
      return [item.describedObject?.name ?? '', sample];
    }));
  }

  /** A custom metric of one object; of a namespace it is the autoscaler's own. @throws MetricError */
  async object(namespace: string, object: CrossVersionObjectReference, metric: { readonly name: string; readonly selector: string }): Promise<number> {
    const base = await this.#custom();
    const [group] = object.apiVersion?.includes('/') ? object.apiVersion.split('/') : [''];
    const isNamespace = object.kind === 'Namespace' && group === '';
    const target = await this.#targets.find({ group: group!, kind: object.kind }).catch((error: unknown) => {
      throw new MetricError(`unable to fetch metrics from custom metrics API: ${messageOf(error)}`);
    });
    const resource = group === '' ? target.plural : `${target.plural}.${group}`;
    const at = isNamespace ? `namespaces/${namespace}/metrics` : `namespaces/${namespace}/${resource}/${object.name}`;
    const url = `${base}/${at}/${encodeURIComponent(metric.name)}${query({ metricLabelSelector: metric.selector })}`;
    const { items = [] } = await this.#ask<List<MetricValue>>(url, 'custom', `get ${resource}.${CUSTOM} ${object.name}`);
    if (items.length !== 1) {
      throw new MetricError(`unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`);
    }
    return milli(items[0]!.value);
  }

  /** The sum of an external metric over all its series. @throws MetricError */
  async external(namespace: string, metric: { readonly name: string; readonly selector: string }): Promise<number> {
    const url = `/apis/${EXTERNAL}/v1beta1/namespaces/${namespace}/${encodeURIComponent(metric.name)}${query({ labelSelector: metric.selector })}`;
    const { items = [] } = await this.#ask<List<MetricValue>>(url, 'external', `get ${metric.name}.${EXTERNAL}`);
    if (items.length === 0) throw new MetricError('no metrics returned from external metrics API');
    return items.reduce((total, { value }) => total + milli(value), 0);
  }

  /** The newest version of the custom API that is served. */
  async #custom(): Promise<string> {
    const versions = await this.#targets.versions(CUSTOM).catch((): readonly string[] => []);
    const version = ['v1beta2', 'v1beta1'].find((one) => versions.includes(one));
    if (version === undefined) throw new MetricError(`unable to fetch metrics from custom metrics API: no custom metrics API (${CUSTOM}) registered`);
    return `/apis/${CUSTOM}/${version}`;
  }

  /** @param asked as a Kubernetes client words what it did not find */
  async #ask<T>(url: string, api: string, asked: string): Promise<T> {
    try {
      return await readObject<T>(await this.#client.request({ url }));
    } catch (error) {
      const nobody = isApiError(error) && error.code === 404 && !error.details?.name;
      const why = nobody ? `the server could not find the requested resource (${asked})` : messageOf(error);
      throw new MetricError(`unable to fetch metrics from ${api} metrics API: ${why}`, { cause: error });
    }
  }
}

function query(parameters: Readonly<Record<string, string>>): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== '');
  return said.length === 0 ? '' : `?${said.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Undefined where one of its containers was not measured. */
function podUse({ containers = [] }: PodMetrics, resource: string): number | undefined {
  const uses = containers.flatMap(({ usage }) => usage?.[resource] ?? []);
  if (uses.length === 0 || uses.length < containers.length) return undefined;
  return uses.reduce((total, use) => total + milli(use), 0);
}

function containerUse({ containers = [], metadata }: PodMetrics, resource: string, name: string): number | undefined {
  const container = containers.find((one) => one.name === name);
  if (!container) throw new MetricError(`failed to get container metrics: container ${name} not present in metrics for pod ${metadata.namespace}/${metadata.name}`);
  const use = container.usage?.[resource];
  return use === undefined ? undefined : milli(use);
}
