import type { Millis } from '../../../base/clock.ts';
import { type Family, Histograms, labels, Values } from '../../../base/metrics/family.ts';

/** Those that Prometheus' clients have unless told otherwise. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `controller_runtime_webhook_*`: what a webhook server was asked. */
export class WebhookMetrics {
  readonly #requests = new Values();
  readonly #inFlight = new Values();
  readonly #seconds = new Histograms(SECONDS);

  began(webhook: string): void {
    this.#inFlight.add(labels({ webhook }));
  }

  ended(webhook: string, code: number, took: Millis): void {
    this.#inFlight.add(labels({ webhook }), -1);
    this.#requests.add(labels({ code, webhook }));
    this.#seconds.at(labels({ webhook })).observe(took / 1000);
  }

  *families(): Iterable<Family> {
    yield { name: 'controller_runtime_webhook_requests_total', type: 'counter', help: 'Total number of admission requests by HTTP status code.', samples: this.#requests };
    yield { name: 'controller_runtime_webhook_requests_in_flight', type: 'gauge', help: 'Current number of admission requests being served.', samples: this.#inFlight };
    yield { name: 'controller_runtime_webhook_latency_seconds', type: 'histogram', help: 'Histogram of the latency of processing admission requests', samples: this.#seconds };
  }
}
