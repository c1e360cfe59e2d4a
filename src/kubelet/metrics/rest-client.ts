/** Requests to the API server, as every client of upstream's counts its own. */
import type { Clock } from '../../base/clock.ts';
import { Histograms, labels, Values } from '../../base/metrics/family.ts';
import type { Collector } from '../../base/metrics/family.ts';
import type { Transport } from '../../wire/api.ts';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export interface MeasuredTransport {
  readonly transport: Transport;
  readonly collector: Collector;
}

/** @param host `192.0.2.1:6443` */
export function measuredTransport(transport: Transport, { host, clock }: { readonly host: string; readonly clock: Pick<Clock, 'monotonic'> }): MeasuredTransport {
  const requests = new Values();
  const durations = new Histograms(SECONDS);
  return {
    async transport(request) {
      const began = clock.monotonic();
      let code = '<error>';
      try {
        const answer = await transport(request);
        code = String(answer.status);
        return answer;
      } finally {
        requests.add(labels({ code, host, method: request.method }));
        durations.at(labels({ host, verb: request.method })).observe((clock.monotonic() - began) / 1000);
      }
    },
    *collector() {
      yield { name: 'rest_client_requests_total', type: 'counter', help: '[ALPHA] Number of HTTP requests, partitioned by status code, method, and host.', samples: requests };
      yield { name: 'rest_client_request_duration_seconds', type: 'histogram', help: '[ALPHA] Request latency in seconds. Broken down by verb, and host.', samples: durations };
    },
  };
}
