import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { compareResourceVersions, type Informer } from '../../client/index.ts';
import type { KubeObject } from '../../meta/object.ts';
import { groupResource, type Resource } from '../../meta/resource.ts';
import type { Cache } from './cache.ts';

/** A write whose effect a cache must show before its author decides again. */
export interface Write {
  readonly resource: Resource;
  readonly name: string;
  readonly namespace?: string | undefined;
  /** The revision written; undefined: the object of `uid` is gone. */
  readonly resourceVersion?: string;
  readonly uid: string;
}

interface Waiting {
  readonly missing: Set<Write>;
  readonly passed: () => void;
}

const BOUND: Millis = 5_000;

/**
 * Read your writes: in place of upstream's expectations a key stays in work until the informers of what it wrote have
 * caught up. A watch that stays behind for longer than the bound is replaced by a list.
 */
export class WriteBarrier implements Disposable {
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #waiting = new Set<Waiting>();
  readonly #handlers: Disposable[];
  #closed = false;

  /** @param resources what the controller reads; other kinds it writes are not waited for. */
  constructor(resources: Iterable<Resource>, around: { readonly cache: Cache; readonly clock: Clock; readonly log: Logger }) {
    this.#cache = around.cache;
    this.#clock = around.clock;
    this.#log = around.log;
    for (const resource of resources) this.#informers.set(groupResource(resource), this.#cache.informer(resource));
    this.#handlers = [...this.#informers.values()].map((informer) => informer.addHandler({ onProgress: () => this.#review() }));
  }

  /** Resolves once every write shows, or the bound has passed twice. */
  async passed(writes: readonly Write[]): Promise<void> {
    const missing = new Set(writes.filter((write) => !this.#shows(write)));
    if (missing.size === 0 || this.#closed) return;
    for (let round = 0; round < 2 && missing.size > 0 && !this.#closed; round++) {
      if (round > 0) this.#relist(missing);
      await this.#wait(missing);
    }
    if (missing.size > 0 && !this.#closed) this.#log.warn('own writes still unseen', { writes: missing.size });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    for (const { passed } of this.#waiting) passed();
    this.#waiting.clear();
  }

  #wait(missing: Set<Write>): Promise<void> {
    return new Promise((resolve) => {
      const waiting: Waiting = { missing, passed: () => (timer[Symbol.dispose](), resolve()) };
      const timer = this.#clock.after(BOUND, () => (this.#waiting.delete(waiting), resolve()));
      this.#waiting.add(waiting);
    });
  }

  #review(): void {
    for (const waiting of this.#waiting) {
      for (const write of waiting.missing) if (this.#shows(write)) waiting.missing.delete(write);
      if (waiting.missing.size > 0) continue;
      this.#waiting.delete(waiting);
      waiting.passed();
    }
  }

  #shows({ resource, name, namespace, resourceVersion, uid }: Write): boolean {
    const informer = this.#informers.get(groupResource(resource));
    if (!informer) return true;
    if (resourceVersion !== undefined) return compareResourceVersions(informer.resourceVersion, resourceVersion) >= 0;
    return informer.lister.get(name, namespace)?.metadata.uid !== uid;
  }

  #relist(missing: ReadonlySet<Write>): void {
    const behind = new Set([...missing].map(({ resource }) => groupResource(resource)));
    for (const resource of behind) this.#log.warn('watch is behind own writes, listing anew', { resource });
    for (const resource of behind) this.#informers.get(resource)?.relist();
  }
}
