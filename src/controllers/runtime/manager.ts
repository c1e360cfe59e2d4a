import type { Logger } from '../../base/log.ts';
import { Turns } from '../../base/turns.ts';
import { createEventRecorder, exponential, keyOf, WorkQueue, type EventRecorder, type Handler } from '../../client/index.ts';
import { isApiError } from '../../meta/api-error.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import { Cache } from './cache.ts';
import type { ControllerDefinition, ControllerSurroundings, Watch } from './controller.ts';
import type { ControllerWatcher, PassResult } from './metrics.ts';
import { controllerOf, refersTo } from './ownership.ts';
import { TrackingClient } from './tracking-client.ts';
import { WriteBarrier } from './write-barrier.ts';

const WORKERS = 16;
const FIRST_BACKOFF = 5;

/** Runs one controller: informers fill its queue with keys, workers reconcile them. */
export function startManager<R extends Resource>(definition: ControllerDefinition<R>, around: ControllerSurroundings): AsyncDisposable {
  return new Manager(definition, around);
}

class Manager<R extends Resource> implements AsyncDisposable {
  readonly #definition: ControllerDefinition<R>;
  readonly #around: ControllerSurroundings;
  readonly #log: Logger;
  readonly #cache: Cache;
  readonly #queue: WorkQueue;
  readonly #barrier: WriteBarrier;
  readonly #watcher: ControllerWatcher | undefined;
  readonly #events: EventRecorder;
  readonly #handlers: Disposable[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #turns: Turns;

  constructor(definition: ControllerDefinition<R>, around: ControllerSurroundings) {
    this.#definition = definition;
    this.#around = around;
    this.#log = around.log.with({ controller: definition.name });
    this.#cache = new Cache(around.informers);
    this.#watcher = around.metrics?.of(definition.name, definition.workers ?? WORKERS);
    // Each key backs off by itself: a cluster full of one failure must not hold up the rest.
    this.#queue = new WorkQueue(around.clock, exponential(FIRST_BACKOFF, definition.longestBackoff), this.#watcher?.queue);
    const { clock, random } = around;
    this.#events = createEventRecorder(around.client, {
      component: definition.component ?? `${definition.name}-controller`, clock, random, log: this.#log,
    });
    this.#turns = Turns.of(clock);
    this.#listen();
    // After the queue's own handlers: a key let go by the barrier finds in the cache all that was told.
    this.#barrier = new WriteBarrier(this.#resources(), { cache: this.#cache, clock, log: this.#log });
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    this.#barrier[Symbol.dispose]();
    await this.#running;
    await this.#events[Symbol.asyncDispose]();
  }

  #resources(): Set<Resource> {
    const { owns = [], watches = [], reads = [] } = this.#definition;
    return new Set<Resource>([this.#definition.for, ...owns, ...watches.map((watch) => watch.resource), ...reads]);
  }

  #listen(): void {
    const { when } = this.#definition;
    const enqueue = (object: KubeObject) => {
      if (!when || when(object as unknown as InstanceOf<R>)) this.#queue.add(keyOf(object));
    };
    this.#handle(this.#definition.for, { onAdd: enqueue, onUpdate: enqueue, onDelete: enqueue });
    for (const resource of this.#definition.owns ?? []) this.#watch(this.#ownership(resource));
    for (const watch of this.#definition.watches ?? []) this.#watch(watch);
    for (const resource of this.#definition.reads ?? []) this.#cache.informer(resource);
  }

  #watch({ resource, keys }: Watch): void {
    const add = (object: KubeObject, old?: KubeObject) => {
      if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return;
      for (const key of keys(object, this.#cache, old)) this.#queue.add(key);
    };
    this.#handle(resource, { onAdd: (object) => add(object), onUpdate: add, onDelete: (object) => add(object) });
  }

  #handle(resource: Resource, handler: Handler<KubeObject>): void {
    this.#handlers.push(this.#cache.informer(resource).addHandler(handler));
  }

  /** An owned object's events belong to its controller; an orphan's, to whoever selects it. */
  #ownership(resource: Resource): Watch {
    return {
      resource,
      keys: (object, cache, old) => {
        const owners = [controllerOf(object), old && controllerOf(old)].flatMap((reference) =>
          reference && refersTo(reference, this.#definition.for) ? [reference.name] : []);
        const keys = owners.map((name) => keyOf({ metadata: { name, ...namespaceOf(object) } }));
        return controllerOf(object) ? keys : [...keys, ...this.#selecting(object, cache)];
      },
    };
  }

  #selecting(orphan: KubeObject, cache: Cache): readonly string[] {
    const { selector } = this.#definition;
    if (!selector) return [];
    return cache.list(this.#definition.for, orphan.metadata.namespace)
      .filter((object) => matchesLabelSelector(selector(object), orphan.metadata.labels))
      .map((object) => keyOf(object as KubeObject));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (const resource of this.#resources()) await this.#cache.informer(resource).untilSynced(signal);
    } catch {
      return; // stopped before it began
    }
    await Promise.all(Array.from({ length: this.#definition.workers ?? WORKERS }, () => this.#work()));
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const done = key;
      // All controllers share the loop with the server: each pass asks for its turn.
      const wait = this.#turns.take();
      if (wait) await wait;
      const client = new TrackingClient(this.#around.client, this.#definition.for, this.#stop.signal);
      const start = this.#around.clock.monotonic();
      this.#watcher?.began();
      const result = await this.#pass(key, client);
      this.#watcher?.ended(result, this.#around.clock.monotonic() - start);
      // The key stays in work, the worker goes on: nobody waits for the watch but this key.
      if (client.writes.length === 0) this.#queue.done(done);
      else void this.#barrier.passed(client.writes).then(() => this.#queue.done(done));
    }
  }

  async #pass(key: string, client: TrackingClient): Promise<PassResult> {
    const { clock, random } = this.#around;
    const context = {
      cache: this.#cache, client, events: this.#events, clock, random, log: this.#log, now: clock.now(), signal: this.#stop.signal,
    };
    try {
      const object = this.#object(key);
      const again = await (object ? this.#definition.reconcile(object, context) : this.#definition.gone?.(key, context));
      this.#queue.forget(key);
      if (again === undefined) return 'success';
      this.#queue.addAfter(key, Math.max(again, 1));
      return 'requeue_after';
    } catch (error) {
      if (this.#stop.signal.aborted) return 'error';
      // Another writer was faster: the next look at the cache will show its write.
      if (isApiError(error, 'Conflict')) this.#log.debug('conflict, trying again', { key });
      else this.#log.warn('reconcile failed', { key, error: String(error), failures: this.#queue.failures(key) + 1 });
      this.#queue.addRateLimited(key);
      return 'error';
    }
  }

  #object(key: string): (InstanceOf<R> & KubeObject) | undefined {
    const slash = key.indexOf('/');
    const [namespace, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
    return this.#cache.get(this.#definition.for, name, namespace) as (InstanceOf<R> & KubeObject) | undefined;
  }
}

const namespaceOf = ({ metadata }: KubeObject) => (metadata.namespace === undefined ? {} : { namespace: metadata.namespace });
