import type { Clock, Millis } from '../base/clock.ts';
import { type Family, Histogram, type Labels, labels, type Sample } from '../base/metrics/family.ts';

/** What a work queue tells of its keys. */
export interface QueueWatcher {
  added(key: string): void;
  got(key: string): void;
  done(key: string): void;
  retried(): void;
  /** Whatever was waiting is dropped. */
  closed(): void;
}

/** From ten nanoseconds up to a thousand seconds, tenfold. */
const SECONDS = Array.from({ length: 12 }, (_, n) => 10 ** (n - 8));

/** `workqueue_*` as client-go counts them, for every queue of a process. */
export class QueueMetrics {
  readonly #clock: Clock;
  readonly #labelsOf: (name: string) => Labels;
  readonly #queues = new Map<string, Watched>();

  /** @param labelsOf what its samples carry, by a queue's name */
  constructor(clock: Clock, labelsOf: (name: string) => Labels = (name) => labels({ name })) {
    this.#clock = clock;
    this.#labelsOf = labelsOf;
  }

  /** A queue that is made again under its name goes on counting. */
  of(name: string): QueueWatcher {
    const kept = this.#queues.get(name) ?? new Watched(this.#labelsOf(name), this.#clock);
    this.#queues.set(name, kept);
    return kept;
  }

  *families(): Iterable<Family> {
    const samples = (value: (queue: Watched) => Sample['value']): readonly Sample[] => [...this.#queues.values()].map((queue) => ({ labels: queue.labels, value: value(queue) }));
    yield { name: 'workqueue_depth', type: 'gauge', help: 'Current depth of workqueue', samples: samples(({ depth }) => depth) };
    yield { name: 'workqueue_adds_total', type: 'counter', help: 'Total number of adds handled by workqueue', samples: samples(({ adds }) => adds) };
    yield { name: 'workqueue_queue_duration_seconds', type: 'histogram', help: 'How long in seconds an item stays in workqueue before being requested', samples: samples(({ waited }) => waited) };
    yield { name: 'workqueue_work_duration_seconds', type: 'histogram', help: 'How long in seconds processing an item from workqueue takes.', samples: samples(({ worked }) => worked) };
    yield { name: 'workqueue_retries_total', type: 'counter', help: 'Total number of retries handled by workqueue', samples: samples(({ retries }) => retries) };
    yield { name: 'workqueue_unfinished_work_seconds', type: 'gauge', help: 'How many seconds of work has been done that is in progress and hasn\'t been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.', samples: samples((queue) => queue.unfinished()) };
    yield { name: 'workqueue_longest_running_processor_seconds', type: 'gauge', help: 'How many seconds has the longest running processor for workqueue been running.', samples: samples((queue) => queue.longest()) };
  }
}

class Watched implements QueueWatcher {
  readonly labels: Labels;
  readonly waited = new Histogram(SECONDS);
  readonly worked = new Histogram(SECONDS);
  adds = 0;
  retries = 0;
  readonly #clock: Clock;
  readonly #addedAt = new Map<string, Millis>();
  readonly #startedAt = new Map<string, Millis>();

  constructor(at: Labels, clock: Clock) {
    this.labels = at;
    this.#clock = clock;
  }

  get depth(): number {
    return this.#addedAt.size;
  }

  added(key: string): void {
    this.adds++;
    this.#addedAt.set(key, this.#clock.monotonic());
  }

  got(key: string): void {
    const now = this.#clock.monotonic();
    const since = this.#addedAt.get(key);
    this.#addedAt.delete(key);
    if (since !== undefined) this.waited.observe((now - since) / 1000);
    this.#startedAt.set(key, now);
  }

  done(key: string): void {
    const since = this.#startedAt.get(key);
    this.#startedAt.delete(key);
    if (since !== undefined) this.worked.observe((this.#clock.monotonic() - since) / 1000);
  }

  retried(): void {
    this.retries++;
  }

  closed(): void {
    this.#addedAt.clear();
  }

  unfinished(): number {
    return this.#running().reduce((sum, seconds) => sum + seconds, 0);
  }

  longest(): number {
    return this.#running().reduce((most, seconds) => Math.max(most, seconds), 0);
  }

  #running(): readonly number[] {
    const now = this.#clock.monotonic();
    return [...this.#startedAt.values()].map((since) => (now - since) / 1000);
  }
}
