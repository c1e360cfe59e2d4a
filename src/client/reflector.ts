import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { isApiError } from '../meta/api-error.ts';
import type { KubeObject, ObjectList } from '../meta/object.ts';
import type { InstanceOf, Resource } from '../meta/resource.ts';
import { groupResource } from '../meta/resource.ts';
import type { Client, WatchEvent } from './client.ts';
import type { InformerScope } from './informer.ts';

/** What a reflector keeps up to date. Calls come one at a time, in the server's order. */
export interface ReflectorTarget<T> {
  /** Takes its time where the list is long; nothing else is called until it is done. */
  replace(list: ObjectList<T>): Promise<void>;
  apply(events: readonly WatchEvent<T>[], resourceVersion: string): void;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
}

const FIRST_BACKOFF: Millis = 200;
const LONGEST_BACKOFF: Millis = 30_000;
/** A connection that lasted this long forgives earlier failures. */
const CALM: Millis = 120_000;
/** The server is asked to end a watch after this to twice this, so that clients spread over servers. */
const WATCH_SECONDS = 300;
/** How much longer it is waited for than it may last. */
const OVERDUE_SECONDS = 30;
/** Counts as a failure, lest a server that hangs up at once be asked without pause. */
const VERY_SHORT = 'watch lasted less than a second and no items received';

/**
 * Keeps a target equal to the server's state: list once, then watch from there for ever. It lists again only when the
 * server no longer has the history (410), or when asked to.
 *
 *     list ──ok──▶ watch ──ended──▶ watch (from the last revision seen)
 *      ▲  ◀─410, relist()──┘ └─failed──▶ back off ──▶ watch
 */
export class Reflector<R extends Resource> implements AsyncDisposable {
  readonly #client: Client;
  readonly #resource: R;
  readonly #scope: InformerScope;
  readonly #target: ReflectorTarget<InstanceOf<R>>;
  readonly #around: Surroundings;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #watching: AbortController | undefined;
  /** The revision reached; undefined: list first. */
  #resourceVersion: string | undefined;
  /** Any state will do for the first list ("0": from the server's cache); after 410 only the latest. */
  #listFrom = '0';
  #failures = 0;

  constructor(source: { client: Client; resource: R; scope: InformerScope }, target: ReflectorTarget<InstanceOf<R>>, around: Surroundings) {
    this.#client = source.client;
    this.#resource = source.resource;
    this.#scope = source.scope;
    this.#target = target;
    this.#around = around;
    this.#running = this.#run();
  }

  /** Drops the watch and lists the latest state: for who suspects a missed event. */
  relist(): void {
    this.#resourceVersion = undefined;
    this.#listFrom = '';
    this.#watching?.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#around;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const began = clock.monotonic();
      const failure = await this.#once().then(() => undefined, (error: unknown) => error);
      if (signal.aborted) return;
      if (failure === undefined || clock.monotonic() - began > CALM) this.#failures = 0;
      if (failure === undefined) continue;
      this.#note(failure);
      await clock.sleep(this.#backoff(), signal).catch(() => undefined);
    }
  }

  /** One list when there is none yet, then one watch until it ends. */
  async #once(): Promise<void> {
    using connection = this.#connection();
    const { signal } = connection;
    if (this.#resourceVersion === undefined) {
      const list = await this.#client.list(this.#resource, { ...this.#scope, resourceVersion: this.#listFrom, signal });
      if (signal.aborted) return;
      await this.#target.replace(list);
      if (signal.aborted) return;
      this.#resourceVersion = list.metadata.resourceVersion;
      this.#failures = 0;
    }
    const timeoutSeconds = Math.floor(WATCH_SECONDS * (1 + this.#around.random.next()));
    const options = { ...this.#scope, resourceVersion: this.#resourceVersion, allowWatchBookmarks: true, timeoutSeconds, signal };
    const began = this.#around.clock.monotonic();
    // A connection that died without a word would be believed for ever.
    using _overdue = this.#around.clock.after((timeoutSeconds + OVERDUE_SECONDS) * 1000, () => this.#watching?.abort());
    let events = 0;
    try {
      for await (const batch of this.#client.watch(this.#resource, options)) {
        if (signal.aborted) return;
        events += batch.length;
        this.#resourceVersion = (batch.at(-1)!.object as KubeObject).metadata.resourceVersion;
        this.#target.apply(batch, this.#resourceVersion);
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    if (events === 0 && this.#around.clock.monotonic() - began < 1000 && !signal.aborted) throw new Error(VERY_SHORT);
  }

  /** Ends on disposal and on relist(). */
  #connection(): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    const end = () => controller.abort();
    this.#watching = controller;
    this.#stop.signal.addEventListener('abort', end, { once: true });
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => this.#stop.signal.removeEventListener('abort', end),
    };
  }

  #note(failure: unknown): void {
    this.#failures++;
    const resource = groupResource(this.#resource);
    if (isApiError(failure, 'Expired', 'Gone')) {
      this.#resourceVersion = undefined;
      this.#listFrom = '';
      this.#around.log.debug('history is gone, listing again', { resource });
    } else {
      this.#around.log[this.#failures > 3 ? 'warn' : 'debug']('list or watch failed', { resource, error: String(failure) });
    }
  }

  /** Full jitter above half, so that many clients of a restarted server spread out. */
  #backoff(): Millis {
    const most = Math.min(FIRST_BACKOFF * 2 ** (this.#failures - 1), LONGEST_BACKOFF);
    return most * (0.5 + this.#around.random.next() / 2);
  }
}
