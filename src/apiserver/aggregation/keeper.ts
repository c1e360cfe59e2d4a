import type { Millis } from '../../base/clock.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ApiHandler } from '../../wire/api.ts';
import { ensure } from '../bootstrap/run.ts';
import { ifThere, send, urlOf } from '../bootstrap/send.ts';
import type { Core } from '../core.ts';
import type { Remote } from './api-services.ts';
import { type Availability, checkAvailability } from './availability.ts';
import { ownBackend } from './backend.ts';
import { CUSTOM_RANK, rankOf } from './priorities.ts';

const GROUP = 'apiregistration.k8s.io';
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
/** How long changes are gathered, and how often each server that works, and each that does not, is looked at. */
const DELAY: Millis = 200;
const RECHECK: Millis = 30_000;
const RETRY: Millis = 5000;

/** Keeps an APIService for each group version served here, there once it resolves, and the condition and documents of those served elsewhere. */
export async function startAggregationKeeper(core: Core, handler: ApiHandler): Promise<Disposable> {
  const apiServices = core.resources.of(GROUP, 'apiservices');
  if (!apiServices) return { [Symbol.dispose]() {} };
  await keepLocal(core, handler);
  const keeper = new Keeper(core, handler);
  const watched = [
    // Who answers in this very process need not be waited for.
    apiServices.cache.onChange(({ version }) => (isOwn(core, version.object) ? keeper.now() : keeper.soon(DELAY))),
    core.resources.of('apiextensions.k8s.io', 'customresourcedefinitions')?.cache.onChange(() => keeper.soon(DELAY)),
  ];
  // What lies behind a Service matters only where somebody is behind one.
  const behind = [core.resources.of('', 'services'), core.resources.of('discovery.k8s.io', 'endpointslices')].map((served) => served?.cache.onChange(({ version }) => {
    if (keeper.concerns(version.object)) keeper.soon(DELAY);
  }));
  if (core.aggregation.services.remotes().size > 0) keeper.soon(DELAY);
  return {
    [Symbol.dispose]() {
      keeper[Symbol.dispose]();
      for (const one of [...watched, ...behind]) one?.[Symbol.dispose]();
    },
  };
}

class Keeper implements Disposable {
  readonly #core: Core;
  readonly #handler: ApiHandler;
  #timer: Disposable | undefined;
  #due: Millis = Number.POSITIVE_INFINITY;
  #running = false;
  /** Who is being looked at, by name; `again`: what is found may be outdated by then. */
  readonly #looking = new Map<string, { again: boolean }>();
  #ended = false;

  constructor(core: Core, handler: ApiHandler) {
    this.#core = core;
    this.#handler = handler;
  }

  concerns({ kind, metadata }: AnyObject): boolean {
    const remotes = this.#core.aggregation.services.remotes();
    if (remotes.size === 0) return false;
    const name = kind === 'EndpointSlice' ? metadata.labels?.['kubernetes.io/service-name'] : metadata.name;
    return [...remotes.values()].some(({ service }) => service.name === name && service.namespace === metadata.namespace);
  }

  /** Looks at everything after `delay`, or earlier where that was planned. */
  soon(delay: Millis): void {
    const { clock } = this.#core;
    const due = clock.monotonic() + delay;
    if (this.#ended || due >= this.#due) return;
    this.#timer?.[Symbol.dispose]();
    this.#due = due;
    this.#timer = clock.after(delay, () => {
      this.#due = Number.POSITIVE_INFINITY;
      void this.#visit();
    });
  }

  now(): void {
    if (!this.#ended) void this.#visit();
  }

  async #visit(): Promise<void> {
    if (this.#running) return this.soon(DELAY);
    this.#running = true;
    try {
      await keepLocal(this.#core, this.#handler);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#running = false;
    }
    for (const remote of this.#core.aggregation.services.remotes().values()) void this.#visitOne(remote);
  }

  /** Each by itself: one that hangs keeps no other waiting. */
  async #visitOne(remote: Remote): Promise<void> {
    const { name } = remote;
    const under = this.#looking.get(name);
    if (under) {
      under.again = true;
      return;
    }
    const look = { again: false };
    this.#looking.set(name, look);
    try {
      const works = await this.#look(remote);
      this.soon(works ? RECHECK : RETRY);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#looking.delete(name);
      if (look.again) this.soon(DELAY);
    }
  }

  #failed(error: unknown): void {
    if (this.#core.stopping.aborted) return;
    this.#core.log.warn('the APIServices could not be kept', { error: String(error) });
    this.soon(RETRY);
  }

  /** @returns whether it works */
  async #look(remote: Remote): Promise<boolean> {
    const found = await checkAvailability(this.#core, remote);
    const works = found.status === 'True';
    // Whoever reads that it is available finds its documents, where they are at hand.
    if (ownBackend(this.#core, remote)) await this.#core.aggregation.documents.refresh(remote, works);
    await noteAvailability(this.#core, this.#handler, { remote, found });
    if (!ownBackend(this.#core, remote)) await this.#core.aggregation.documents.refresh(remote, works);
    return works;
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#timer?.[Symbol.dispose]();
  }
}

function isOwn({ config }: Core, object: AnyObject): boolean {
  const { service } = object['spec'] as { readonly service?: { readonly namespace: string; readonly name: string } };
  return service !== undefined && config.ownServices?.[`${service.namespace}/${service.name}`] !== undefined;
}

/** An APIService without a service for each group version served here; those of groups that have gone are taken away. */
async function keepLocal(core: Core, handler: ApiHandler): Promise<void> {
  const { resources } = core;
  const apiServices = resources.of(GROUP, 'apiservices')!;
  const served = new Set(resources.kinds().filter(({ group, verbs }) => group !== GROUP && (verbs === undefined || verbs.length > 0)).map(apiVersionOf));
  await Promise.all([...served].map(async (apiVersion) => {
    const [version, group = ''] = apiVersion.split('/').toReversed() as [string, string?];
    const name = `${version}.${group}`;
    if (apiServices.cache.object('', name)) return;
    const rank = rankOf(apiVersion);
    const labels = { [MANAGED]: rank ? 'onstart' : 'true' };
    await ensure(core, handler, { group: GROUP, plural: 'apiservices', object: { metadata: { name, labels }, spec: { ...(group ? { group } : {}), version, ...(rank ?? CUSTOM_RANK) } } });
  }));
  for (const { object } of apiServices.cache.list('')) {
    const { group = '', version = '', service } = object['spec'] as { readonly group?: string; readonly version?: string; readonly service?: object };
    if (service || object.metadata.labels?.[MANAGED] !== 'true' || served.has(apiVersionOf({ group, version }))) continue;
    await send(handler, { method: 'DELETE', url: `${urlOf(apiServices, '')}/${object.metadata.name}`, object: { kind: 'DeleteOptions', apiVersion: 'v1' } }).catch(ifGone);
  }
}

const ifGone = (error: unknown): void => {
  if (!isApiError(error, 'NotFound')) ifThere(error);
};

interface Condition extends Availability {
  readonly type: string;
  readonly lastTransitionTime?: string;
}

interface Found {
  readonly remote: Remote;
  readonly found: Availability;
}

async function noteAvailability({ resources, clock }: Core, handler: ApiHandler, { remote: { name }, found }: Found): Promise<void> {
  const apiServices = resources.of(GROUP, 'apiservices')!;
  const object = apiServices.cache.object('', name);
  if (!object) return;
  const { conditions = [] } = (object['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
  const before = conditions.find(({ type }) => type === 'Available');
  if (before?.status === found.status && before.reason === found.reason && before.message === found.message) return;
  const lastTransitionTime = before?.status === found.status ? before.lastTransitionTime : formatTime(clock.now());
  const others = conditions.filter((one) => one !== before);
  const status = { ...(object['status'] as object | undefined), conditions: [...others, { ...found, type: 'Available', lastTransitionTime }] };
  await send(handler, { method: 'PUT', url: `${urlOf(apiServices, '')}/${name}/status`, object: { ...object, status } }).catch((error: unknown) => {
    // Somebody else wrote it: its change brings us back.
    if (!isApiError(error, 'Conflict', 'NotFound')) throw error;
  });
}
