import type { Logger } from '../../base/log.ts';
import { Turns } from '../../base/turns.ts';
import { discover, exponential, WorkQueue, type Client } from '../../client/index.ts';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { AnyObject, OwnerReference } from '../../meta/object.ts';
import { groupResource } from '../../meta/resource.ts';
import type { Controller, ControllerSurroundings } from '../runtime/index.ts';
import { Deeds } from './deeds.ts';
import { Monitors, type Item } from './monitors.ts';
import { isDeletingDependents, isOrphaning, plan, type Owner, type OwnerState } from './plan.ts';

/** Deletes what nobody owns any more, and sees deletions through in the order their callers asked for. */
export const garbageCollector: Controller = { name: 'garbage-collector', start: (around) => new GarbageCollector(around) };

const WORKERS = 20;
const DISCOVER_AGAIN = 1000;
const SYNC_WITHIN = 30_000;
const REMEMBERED = 10_000;

class GarbageCollector implements AsyncDisposable {
  readonly #around: ControllerSurroundings;
  readonly #client: Client;
  readonly #log: Logger;
  readonly #queue: WorkQueue;
  readonly #monitors: Monitors;
  readonly #deeds: Deeds;
  /** Owners known to be gone: asking once for each is enough, uids do not come back. */
  readonly #absent = new Set<string>();
  /** Keys of objects with an owner of a kind that is not known: its definition may be younger than the last discovery. */
  readonly #unknown = new Set<string>();
  readonly #stop = new AbortController();
  readonly #definitions: Disposable;
  readonly #running: Promise<unknown>;
  #ready = false;
  #refreshing: Disposable | undefined;

  constructor(around: ControllerSurroundings) {
    this.#around = around;
    this.#client = around.client;
    this.#log = around.log.with({ controller: 'garbage-collector' });
    this.#queue = new WorkQueue(around.clock, exponential(), around.metrics?.queue('garbage_collector_attempt_to_delete'));
    this.#monitors = new Monitors(around.informers, { seen: (...seen) => this.#seen(...seen), gone: (item, object) => this.#gone(item, object) });
    this.#deeds = new Deeds(around.client, this.#stop.signal);
    const refresh = () => this.#refreshSoon(DISCOVER_AGAIN);
    this.#definitions = around.informers.for(CustomResourceDefinition).addHandler({ onAdd: refresh, onUpdate: refresh, onDelete: refresh });
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#definitions[Symbol.dispose]();
    this.#refreshing?.[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    await this.#running;
    this.#monitors[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    await this.#refresh();
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
  }

  /** Follows what is served now. Whatever has an owner is looked at once: its owner may have gone unseen. */
  async #refresh(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const found = await discover(this.#client, signal);
      // A resource that cannot be listed holds up itself, not the rest: what its cache lacks the server is asked.
      await Promise.race([this.#monitors.follow(found, signal), this.#around.clock.sleep(SYNC_WITHIN, signal)]);
      if (!this.#ready) for (const item of this.#monitors.owned()) this.#look(item);
      this.#ready = true;
      this.#lookAgain();
      if (found.failed.length > 0) this.#refreshSoon(30_000);
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn('discovery failed', { error: String(error) });
      this.#refreshSoon(5000);
    }
  }

  /** Whoever waited long for a kind to be known need not wait out a pause that has grown meanwhile. */
  #lookAgain(): void {
    for (const key of this.#unknown) {
      this.#queue.forget(key);
      this.#queue.add(key);
    }
    this.#unknown.clear();
  }

  #refreshSoon(delay: number): void {
    this.#refreshing?.[Symbol.dispose]();
    if (!this.#stop.signal.aborted) this.#refreshing = this.#around.clock.after(delay, () => void this.#refresh());
  }

  #enqueue(item: Item): void {
    this.#queue.add(`${groupResource(item.resource)}/${item.namespace ?? ''}/${item.name}/${item.uid}`);
  }

  /** The item of a key, unless its resource is served no more. */
  #itemOf(key: string): Item | undefined {
    const [id = '', namespace = '', name = '', uid = ''] = key.split('/');
    const resource = this.#monitors.resource(id);
    return resource && { resource, name, namespace: namespace === '' ? undefined : namespace, uid };
  }

  #seen(item: Item, object: AnyObject, old?: AnyObject): void {
    if (!this.#ready || old?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#look(item, object);
    // An owner let go, or no longer blocked, may have been waiting for just this.
    for (const reference of old?.metadata.ownerReferences ?? []) this.#lookAtOwner(reference, object.metadata.namespace);
  }

  /** Queues what may need a deed; the common case, an object whose owners all stand, costs a few look-ups. */
  #look(item: Item, object = this.#monitors.cached(item)): void {
    if (!object) return;
    const owners = object.metadata.ownerReferences ?? [];
    const isNews = isDeletingDependents(object) || isOrphaning(object) ||
      owners.some((reference) => this.#cachedState(reference, object.metadata.namespace) !== 'solid');
    if (isNews) this.#enqueue(item);
  }

  #lookAtOwner(reference: OwnerReference, namespace: string | undefined): void {
    const resource = this.#monitors.resourceOf(reference);
    if (!resource) return;
    const at = { resource, name: reference.name, namespace: resource.scope === 'Namespaced' ? namespace : undefined };
    const owner = this.#monitors.cached(at);
    if (owner?.metadata.uid === reference.uid && isDeletingDependents(owner)) this.#enqueue({ ...at, uid: reference.uid });
  }

  #gone(item: Item, object: AnyObject): void {
    this.#absent.add(item.uid);
    if (this.#absent.size > REMEMBERED) this.#absent.delete(this.#absent.values().next().value!);
    for (const dependent of this.#monitors.dependentsOf(item.uid)) this.#enqueue(dependent.item);
    for (const reference of object.metadata.ownerReferences ?? []) this.#lookAtOwner(reference, object.metadata.namespace);
  }

  async #work(): Promise<void> {
    const turns = Turns.of(this.#around.clock);
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const wait = turns.take();
      if (wait) await wait;
      const item = this.#itemOf(key);
      try {
        if (item) await this.#collect(item);
        this.#queue.forget(key);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof UnknownKind) this.#unknown.add(key);
        if (!isApiError(error, 'Conflict')) this.#log.debug('not collected', { item: key, error: String(error) });
        this.#queue.addRateLimited(key);
      }
      this.#queue.done(key);
    }
  }

  /** Decides by what the server says now, not by the cache: a deletion cannot be taken back. */
  async #collect(item: Item): Promise<void> {
    const object = await this.#deeds.read(item);
    if (!object) return;
    const references = object.metadata.deletionTimestamp === undefined ? (object.metadata.ownerReferences ?? []) : [];
    const owners: Owner[] = [];
    for (const reference of references) owners.push({ reference, state: await this.#stateOf(reference, item) });
    const dependents = this.#monitors.dependentsOf(item.uid);
    const todo = plan(object, owners, dependents.map((one) => one.object));
    if (todo.type === 'await-dependents') {
      const blocking = new Set(todo.blocking);
      for (const one of dependents) if (blocking.has(one.object) && !isDeletingDependents(one.object)) this.#enqueue(one.item);
      return;
    }
    await this.#deeds.carryOut(todo, { item, object, dependents });
  }

  #cachedState(reference: OwnerReference, namespace: string | undefined): OwnerState {
    const resource = this.#monitors.resourceOf(reference);
    const owner = resource && this.#monitors.cached({ resource, name: reference.name, namespace: resource.scope === 'Namespaced' ? namespace : undefined });
    if (owner?.metadata.uid !== reference.uid) return 'absent';
    return isDeletingDependents(owner!) ? 'waiting' : 'solid';
  }

  async #stateOf(reference: OwnerReference, { namespace }: Item): Promise<OwnerState> {
    const cached = this.#cachedState(reference, namespace);
    if (cached !== 'absent') return cached;
    if (this.#absent.has(reference.uid)) return 'absent';
    const resource = this.#monitors.resourceOf(reference);
    if (!resource) throw new UnknownKind(reference);
    // A namespaced owner of a cluster-scoped object cannot be found: that is no reason to delete anything.
    if (resource.scope === 'Namespaced' && namespace === undefined) return 'solid';
    const at = { resource, name: reference.name, namespace: resource.scope === 'Namespaced' ? namespace : undefined, uid: reference.uid };
    const owner = await this.#deeds.read(at);
    if (owner) return isDeletingDependents(owner) ? 'waiting' : 'solid';
    this.#absent.add(reference.uid);
    return 'absent';
  }
}

/** Nothing served goes by this kind: not now, or not any more. */
class UnknownKind extends Error {
  constructor({ kind, apiVersion }: OwnerReference) {
    super(`no resource of kind ${kind} in ${apiVersion}`);
  }
}
