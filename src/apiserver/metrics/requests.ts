import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { RequestInfo } from '../request-info.ts';
import { isTrue } from '../request-info.ts';
import { type Family, Histogram, labels, type Sample, Values } from '../../base/metrics/family.ts';

/** Upstream's buckets. */
const DURATION_SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
/** The service level buckets are the same without the two finest: they need not be counted apart. */
const SLI_FROM = 2;
const SIZE_BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

const VERBS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETECOLLECTION', get: 'GET', list: 'LIST', watch: 'WATCH' };
const CONNECTS = new Set(['exec', 'attach', 'portforward', 'proxy']);
const PATHS = /^\/(healthz|livez|readyz|metrics|version|openapi)(?=\/|$)/;

/** Requests that are alike to the metrics. */
interface Series {
  readonly labels: Readonly<Record<'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'scope', string>>;
  readonly dryRun: string;
  readonly codes: Map<number, number>;
  readonly durations: Histogram;
  readonly sizes: Histogram;
}

/** Counts every request; one look into a table each. */
export class RequestMetrics {
  readonly #series = new Map<string, Series>();
  readonly #isServed: (info: RequestInfo) => boolean;
  readonly #terminated = new Values();
  readOnly = 0;
  mutating = 0;

  /** @param isServed whether a resource exists: what does not is counted without its name, which may be anything. */
  constructor(isServed: (info: RequestInfo) => boolean) {
    this.#isServed = isServed;
  }

  observe({ request, info }: { readonly request: ApiRequest; readonly info: RequestInfo }, response: ApiResponse, seconds: number): void {
    const series = this.#of(request, info);
    series.codes.set(response.status, (series.codes.get(response.status) ?? 0) + 1);
    series.durations.observe(seconds);
    const { body } = response;
    if (body?.type !== 'bytes' || (info.verb !== 'get' && info.verb !== 'list')) return;
    let size = 0;
    for (const { length } of body.chunks) size += length;
    series.sizes.observe(size);
  }

  #of(request: ApiRequest, info: RequestInfo): Series {
    const apply = info.verb === 'patch' && request.headers['content-type']?.startsWith('application/apply-patch') === true;
    const dryRun = info.query.size > 0 && isTrue(info.query.get('dryRun')) ? 'All' : '';
    const key = info.isResource
      ? `${apply ? 'apply' : info.verb} ${scopeOf(info)} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${dryRun}`
      : `${info.verb} ${PATHS.exec(info.path)?.[0] ?? ''}`;
    const kept = this.#series.get(key);
    if (kept) return kept;
    const known = info.isResource && this.#isServed(info);
    const verb = apply ? 'APPLY' : CONNECTS.has(info.subresource) ? 'CONNECT' : (VERBS[info.verb] ?? 'OTHER');
    const { group, version, resource, subresource } = known ? info : { group: '', version: '', resource: '', subresource: info.isResource ? '' : (PATHS.exec(info.path)?.[0] ?? '') };
    const at = known || !info.isResource ? key : `${info.verb} unknown`;
    const made = this.#series.get(at) ?? {
      labels: { verb, group, version, resource, subresource, scope: known ? scopeOf(info) : '' }, dryRun: known ? dryRun : '',
      codes: new Map<number, number>(), durations: new Histogram(DURATION_SECONDS), sizes: new Histogram(SIZE_BYTES),
    };
    this.#series.set(at, made);
    return made;
  }

  /** The server ended a request to protect itself: with 429, or with 504. */
  noteTermination({ request, info }: { readonly request: ApiRequest; readonly info: RequestInfo }, code: number): void {
    this.#terminated.add(labels({ code, ...this.#of(request, info).labels, component: 'apiserver' }));
  }

  *families(): Iterable<Family> {
    const all = [...this.#series.values()];
    const common = ({ labels: at }: Series) => ({ ...at, component: 'apiserver' });
    yield {
      name: 'apiserver_request_total', type: 'counter', help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      samples: all.flatMap((one) => [...one.codes].map(([code, value]) => ({ labels: labels({ code, ...common(one), dry_run: one.dryRun }), value }))),
    };
    yield {
      name: 'apiserver_request_duration_seconds', type: 'histogram', help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      samples: all.map((one) => ({ labels: labels({ ...common(one), dry_run: one.dryRun }), value: one.durations })),
    };
    yield {
      name: 'apiserver_request_sli_duration_seconds', type: 'histogram', help: 'Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
      samples: serviceLevels(all.filter(({ labels: { verb } }) => verb !== 'WATCH' && verb !== 'CONNECT')),
    };
    yield {
      name: 'apiserver_response_sizes', type: 'histogram', help: 'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
      samples: all.filter(({ sizes }) => sizes.count > 0).map((one) => ({ labels: labels(common(one)), value: one.sizes })),
    };
    yield {
      name: 'apiserver_current_inflight_requests', type: 'gauge', help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      samples: [{ labels: 'request_kind="mutating"', value: this.mutating }, { labels: 'request_kind="readOnly"', value: this.readOnly }],
    };
    yield { name: 'apiserver_request_terminations_total', type: 'counter', help: 'Number of requests which apiserver terminated in self-defense.', samples: this.#terminated };
  }
}

export function scopeOf({ isResource, name, namespace, verb }: RequestInfo): string {
  if (!isResource) return '';
  if (name !== '' || verb === 'create') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}

/** The duration histograms without dry run and the finest buckets. */
function serviceLevels(all: readonly Series[]): readonly Sample[] {
  const merged = new Map<string, Histogram>();
  for (const { labels: at, durations } of all) {
    const key = labels({ ...at, component: 'apiserver' });
    const into = merged.get(key) ?? new Histogram(DURATION_SECONDS.slice(SLI_FROM));
    merged.set(key, into);
    durations.counts.forEach((count, bucket) => void (into.counts[Math.max(0, bucket - SLI_FROM)]! += count));
    into.sum += durations.sum;
    into.count += durations.count;
  }
  return [...merged].map(([at, value]) => ({ labels: at, value }));
}
