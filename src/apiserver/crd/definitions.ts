import { deepEqual } from '../../base/deep-equal.ts';
import type { Millis } from '../../base/clock.ts';
import type {
  CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames, CustomResourceDefinitionStatus,
} from '../../kinds/apiextensions/custom-resource-definition.ts';
import { messageOf } from '../../base/message-of.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ApiHandler } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { commitDelete, commitUpdate, readFresh } from '../registry/storage.ts';
import { timestamp } from '../registry/write-context.ts';
import type { Served } from '../resources.ts';
import type { Version } from '../watch-cache/version.ts';
import { CLEANUP, COMPLETED, deleteInstances, IN_PROGRESS, NEVER_ESTABLISHED, NOT_ALL_DELETED } from './cleanup.ts';
import { customKinds } from './custom-kind.ts';
import { conditionOf, planStatus, withCondition } from './names.ts';

/** How soon what did not work is tried again, and instances that finalizers hold are looked for. */
const AGAIN: Millis = 1000;

/**
 * Follows CustomResourceDefinitions: has their names accepted, serves what they declare, and sees their deletion through.
 * One definition at a time, in the order of their changes; what they declare is served before they are said to be established.
 */
export async function startDefinitions(core: Core, handler: ApiHandler): Promise<AsyncDisposable> {
  const definitions = core.resources.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (!definitions) return { async [Symbol.asyncDispose]() {} };
  const keeper = new Definitions(core, handler, definitions);
  await keeper.idle();
  return keeper;
}

interface Known {
  readonly group: string;
  readonly plural: string;
  /** All that makes a difference to what is served. */
  readonly made: readonly unknown[];
}

class Definitions implements AsyncDisposable {
  readonly #core: Core;
  readonly #handler: ApiHandler;
  readonly #served: Served;
  readonly #following: Disposable;
  /** Names to be looked at, in order. */
  readonly #due = new Set<string>();
  /** Who has which names: definitions may be large, and all are asked whenever one changes. */
  readonly #accepted = new Map<string, { readonly group: string; readonly names: CustomResourceDefinitionNames }>();
  /** What was served last of each: nothing is compiled twice. */
  readonly #known = new Map<string, Known>();
  readonly #timers = new Map<string, Disposable>();
  #running: Promise<void> | undefined;

  constructor(core: Core, handler: ApiHandler, served: Served) {
    this.#core = core;
    this.#handler = handler;
    this.#served = served;
    for (const version of served.cache.list('')) {
      this.#note(version);
      this.#due.add(version.path);
    }
    this.#following = served.cache.onChange(({ version, type }) => {
      if (type === 'DELETED') this.#accepted.delete(version.path);
      else this.#note(version);
      this.#look(version.path);
      // Whoever's names were in the way may have let go of them.
      if (type === 'DELETED') for (const { path } of served.cache.list('')) this.#look(path);
    });
    this.#start();
  }

  /** Resolves once everything was looked at. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#following[Symbol.dispose]();
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#due.clear();
    await this.#running;
  }

  #look(name: string): void {
    this.#due.add(name);
    this.#start();
  }

  #lookLater(name: string): void {
    if (this.#core.stopping.aborted) return;
    this.#timers.get(name)?.[Symbol.dispose]();
    this.#timers.set(name, this.#core.clock.after(AGAIN, () => {
      this.#timers.delete(name);
      this.#look(name);
    }));
  }

  #start(): void {
    this.#running ??= this.#work().finally(() => (this.#running = undefined));
  }

  async #work(): Promise<void> {
    for (const name of this.#due) {
      this.#due.delete(name);
      if (this.#core.stopping.aborted) return;
      try {
        await this.#reconcile(name);
      } catch (error) {
        if (this.#core.stopping.aborted) return;
        this.#core.log.warn('a custom resource definition could not be served', { name, error: String(error) });
        this.#lookLater(name);
      }
    }
  }

  async #reconcile(name: string): Promise<void> {
    const version = await readFresh(this.#core, this.#served, this.#served.codec.keyOf('', name));
    if (!version) return this.#forget(name);
    const definition = definitionOf(version);
    const status = planStatus(definition, { taken: this.#taken(definition), at: timestamp(this.#core.clock.now()), isNew: this.#isNew(name, definition) });
    await this.#serve(name, { ...definition, status });
    if (status !== definition.status) return void (await this.#write(version, (one) => ({ ...one, status: mergeStatus(one.status, status) })));
    if (definition.metadata.deletionTimestamp && definition.metadata.finalizers?.includes(CLEANUP)) await this.#cleanUp(name, version, definition);
  }

  /** Not what an earlier server has established, and not what differs in its status alone. */
  #isNew(name: string, { status, metadata }: CustomResourceDefinition): boolean {
    const known = this.#known.get(name);
    return known ? known.made[1] !== metadata.generation : conditionOf(status, 'Established')?.status !== 'True';
  }

  #note(version: Version): void {
    const { spec: { group }, status: { acceptedNames } } = definitionOf(version);
    if (acceptedNames) this.#accepted.set(version.path, { group, names: acceptedNames });
  }

  /** The names that other definitions of the group have. */
  #taken({ spec: { group }, metadata: { name } }: CustomResourceDefinition): readonly CustomResourceDefinitionNames[] {
    return [...this.#accepted].filter(([other, one]) => one.group === group && other !== name).map(([, { names }]) => names);
  }

  async #serve(name: string, definition: CustomResourceDefinition): Promise<void> {
    if (conditionOf(definition.status, 'Established')?.status !== 'True') return;
    const isDeleted = definition.metadata.deletionTimestamp !== undefined;
    const { group, names: { plural } } = definition.spec;
    const made = [definition.metadata.uid, definition.metadata.generation, definition.status.acceptedNames, isDeleted];
    if (deepEqual(this.#known.get(name)?.made, made)) return;
    const served = new Set(definition.spec.versions.filter((version) => version.served).map((version) => version.name));
    await this.#core.resources.define(customKinds(definition, this.#core), ({ version }) => served.has(version));
    this.#known.set(name, { group, plural, made });
  }

  #forget(name: string): void {
    const known = this.#known.get(name);
    if (!known) return;
    this.#known.delete(name);
    this.#core.resources.undefine(known);
  }

  /** @returns whether it was written; where somebody else was quicker, the change itself will have us look again */
  async #write(version: Version, change: (definition: CustomResourceDefinition) => CustomResourceDefinition): Promise<boolean> {
    const changed = change(definitionOf(version));
    return 'done' in await commitUpdate(this.#core, version, { object: changed as unknown as AnyObject });
  }

  async #cleanUp(name: string, version: Version, definition: CustomResourceDefinition): Promise<void> {
    const storage = this.#core.resources.storageOf({ group: definition.spec.group, plural: definition.spec.names.plural });
    if (!storage || conditionOf(definition.status, 'Established')?.status !== 'True') return this.#release(version, NEVER_ESTABLISHED);
    if (!await this.#says(version, definition, IN_PROGRESS)) return;
    const [served] = definition.spec.versions.filter((one) => one.served).toSorted((a, b) => Number(b.storage) - Number(a.storage));
    try {
      if (served) await deleteInstances(this.#handler, storage, { ...storage.kind, version: served.name });
      else await this.#removeUnserved(storage);
    } catch (error) {
      await this.#says(version, definition, NOT_ALL_DELETED(messageOf(error)));
      throw error;
    }
    await this.#core.hub.fresh();
    if (storage.cache.size > 0) return this.#lookLater(name);
    await this.#release(version, COMPLETED);
  }

  /** What no version serves nobody can ask to go: it goes as it is, unless finalizers hold it. */
  async #removeUnserved({ cache }: Served): Promise<void> {
    for (const version of cache.list('')) if (!version.object.metadata.finalizers?.length) await commitDelete(this.#core, version);
  }

  /** Whether the definition says so already; else it is made to, and looked at again for that. */
  async #says(version: Version, definition: CustomResourceDefinition, condition: CustomResourceDefinitionCondition): Promise<boolean> {
    const status = this.#with(definition.status, condition);
    if (status.conditions === definition.status.conditions) return true;
    await this.#write(version, (one) => ({ ...one, status }));
    return false;
  }

  #with(status: CustomResourceDefinitionStatus, condition: CustomResourceDefinitionCondition): CustomResourceDefinitionStatus {
    return { ...status, conditions: withCondition(status.conditions ?? [], condition, timestamp(this.#core.clock.now())) };
  }

  /** Lets go of the definition, which goes with its last finalizer. */
  async #release(version: Version, condition: CustomResourceDefinitionCondition): Promise<void> {
    const { metadata, ...definition } = definitionOf(version);
    const finalizers = metadata.finalizers?.filter((one) => one !== CLEANUP) ?? [];
    if (finalizers.length === 0) return void (await commitDelete(this.#core, version));
    await this.#write(version, () => ({ ...definition, metadata: { ...metadata, finalizers }, status: this.#with(definition.status, condition) }));
  }
}

const definitionOf = (version: Version): CustomResourceDefinition => version.object as unknown as CustomResourceDefinition;

/** What others wrote of the status stays. */
const mergeStatus = (before: CustomResourceDefinitionStatus, planned: CustomResourceDefinitionStatus): CustomResourceDefinitionStatus => ({ ...before, ...planned });
