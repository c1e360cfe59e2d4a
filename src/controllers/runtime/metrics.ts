import type { Clock, Millis } from '../../base/clock.ts';
import { type Family, Histograms, labels, Values } from '../../base/metrics/family.ts';
import { QueueMetrics, type QueueWatcher } from '../../client/index.ts';

/** How a pass went, in controller-runtime's words. */
export type PassResult = 'success' | 'requeue_after' | 'error';

const RESULTS: readonly PassResult[] = ['success', 'requeue_after', 'error'];
const SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5,
  5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** What one controller tells of itself. */
export interface ControllerWatcher {
  readonly queue: QueueWatcher;
  began(): void;
  ended(result: PassResult, took: Millis): void;
}

/** `controller_runtime_*` and `workqueue_*` under the names that dashboards for controller-runtime's operators know. */
export class ControllerMetrics {
  readonly #queues: QueueMetrics;
  readonly #passes = new Values();
  readonly #errors = new Values();
  readonly #seconds = new Histograms(SECONDS);
  readonly #workers = new Values();
  readonly #active = new Values();

  constructor(clock: Clock) {
    this.#queues = new QueueMetrics(clock, (name) => labels({ controller: name, name }));
  }

  /** Everything starts at zero, so that a rate over the first failure is seen. */
  of(controller: string, workers: number): ControllerWatcher {
    const at = labels({ controller });
    const results = Object.fromEntries(RESULTS.map((result) => [result, labels({ controller, result })])) as Record<PassResult, string>;
    for (const result of RESULTS) this.#passes.add(results[result], 0);
    this.#errors.add(at, 0);
    this.#active.add(at, 0);
    this.#workers.set(at, workers);
    const seconds = this.#seconds.at(at);
    return {
      queue: this.#queues.of(controller),
      began: () => this.#active.add(at),
      ended: (result, took) => {
        this.#active.add(at, -1);
        this.#passes.add(results[result]);
        if (result === 'error') this.#errors.add(at);
        seconds.observe(took / 1000);
      },
    };
  }

  /** For a queue that is worked off in a way of its own. */
  queue(name: string): QueueWatcher {
    return this.#queues.of(name);
  }

  *families(): Iterable<Family> {
    yield { name: 'controller_runtime_reconcile_total', type: 'counter', help: 'Total number of reconciliations per controller', samples: this.#passes };
    yield { name: 'controller_runtime_reconcile_errors_total', type: 'counter', help: 'Total number of reconciliation errors per controller', samples: this.#errors };
    yield { name: 'controller_runtime_reconcile_time_seconds', type: 'histogram', help: 'Length of time per reconciliation per controller', samples: this.#seconds };
    yield { name: 'controller_runtime_max_concurrent_reconciles', type: 'gauge', help: 'Maximum number of concurrent reconciles per controller', samples: this.#workers };
    yield { name: 'controller_runtime_active_workers', type: 'gauge', help: 'Number of currently used workers per controller', samples: this.#active };
    yield* this.#queues.families();
  }

  /** The queues alone, as upstream's own controllers show them. */
  queueFamilies(): Iterable<Family> {
    return this.#queues.families();
  }
}
