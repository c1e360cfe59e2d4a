import type { Core } from '../core.ts';
import { isLongRunning, type Stage } from '../exchange.ts';
import { isMutating } from '../flow-control/work.ts';
import { labels } from '../../base/metrics/family.ts';

/** Counts requests and how long their answers took. */
export function metricsStage({ metrics, clock }: Core): Stage {
  const { requests } = metrics;
  return {
    name: 'metrics',
    async handle(exchange, next) {
      const start = clock.monotonic();
      const { request, info } = exchange;
      const counts = !isLongRunning(info);
      const mutating = counts && isMutating(info);
      if (mutating) requests.mutating++;
      else if (counts) requests.readOnly++;
      try {
        const response = await next(exchange);
        requests.observe(exchange, response, (clock.monotonic() - start) / 1000);
        if (request.peer.user) metrics.inProcess.add(labels({ code: response.status, host: 'in-process', method: request.method }));
        return response;
      } finally {
        if (mutating) requests.mutating--;
        else if (counts) requests.readOnly--;
      }
    },
  };
}
