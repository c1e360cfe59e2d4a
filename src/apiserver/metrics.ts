import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import type { Exchange, Stage } from './exchange.ts';
import { answerText } from './respond.ts';

/** Upper bounds of request durations, in seconds. */
const BOUNDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

class Histogram {
  readonly counts: number[] = BOUNDS.map(() => 0);
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    this.sum += seconds;
    this.count++;
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    if (at >= 0) this.counts[at]!++;
  }
}

/** Counts of what was asked and how it went, by upstream's metric names. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Histogram>();
  /** Requests being answered now, watches apart. */
  inFlight = 0;
  watches = 0;

  observe({ info }: Exchange, code: number, seconds: number): void {
    const scope = info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
    const labels = info.isResource
      ? `group="${info.group}",resource="${info.resource}",scope="${scope}",subresource="${info.subresource}",verb="${info.verb.toUpperCase()}",version="${info.version}"`
      : `group="",resource="",scope="",subresource="",verb="${info.verb.toUpperCase()}",version=""`;
    const counted = `${labels},code="${code}"`;
    this.#requests.set(counted, (this.#requests.get(counted) ?? 0) + 1);
    let histogram = this.#durations.get(labels);
    if (!histogram) this.#durations.set(labels, (histogram = new Histogram()));
    histogram.observe(seconds);
  }

  text({ resources, hub }: Core): string {
    return [
      '# HELP apiserver_request_total Requests answered, by verb, resource and code.', '# TYPE apiserver_request_total counter',
      ...[...this.#requests].map(([labels, count]) => `apiserver_request_total{${labels}} ${count}`),
      '# HELP apiserver_request_duration_seconds How long answers took.', '# TYPE apiserver_request_duration_seconds histogram',
      ...[...this.#durations].flatMap(([labels, histogram]) => histogramLines('apiserver_request_duration_seconds', labels, histogram)),
      '# HELP apiserver_current_inflight_requests Requests being answered.', '# TYPE apiserver_current_inflight_requests gauge',
      `apiserver_current_inflight_requests ${this.inFlight}`,
      '# HELP apiserver_longrunning_requests Watches and connections open.', '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests ${this.watches}`,
      '# HELP apiserver_storage_objects Objects stored, by resource.', '# TYPE apiserver_storage_objects gauge',
      ...resources.served().map(({ kind, cache }) => `apiserver_storage_objects{resource="${kind.plural}${kind.group === '' ? '' : `.${kind.group}`}"} ${cache.size}`),
      '# HELP knarr_store_revision The revision the caches have reached.', '# TYPE knarr_store_revision gauge',
      `knarr_store_revision ${hub.revision}`, '',
    ].join('\n');
  }
}

function histogramLines(name: string, labels: string, { counts, sum, count }: Histogram): readonly string[] {
  let below = 0;
  const buckets = BOUNDS.map((bound, at) => {
    below += counts[at]!;
    return `${name}_bucket{${labels},le="${bound}"} ${below}`;
  });
  return [...buckets, `${name}_bucket{${labels},le="+Inf"} ${count}`, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`];
}

export function serveMetrics(core: Core): ApiResponse {
  return answerText(200, core.metrics.text(core), 'text/plain; version=0.0.4; charset=utf-8');
}

/** Measures every request. */
export function metricsStage({ metrics, clock }: Core): Stage {
  return {
    name: 'metrics',
    async handle(exchange, next) {
      const start = clock.monotonic();
      const long = exchange.info.verb === 'watch' || exchange.request.upgrade !== undefined;
      if (!long) metrics.inFlight++;
      try {
        const response = await next(exchange);
        metrics.observe(exchange, response.status, (clock.monotonic() - start) / 1000);
        return response;
      } finally {
        if (!long) metrics.inFlight--;
      }
    },
  };
}
