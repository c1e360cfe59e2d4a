/** The fourth source: what belongs to no pod's worker, or to all of them. Done after listings of the runtime, one round at a time. */
import type { Millis } from '../../base/clock.ts';
import { removeOrphans } from './orphans.ts';
import type { PodIdentity } from '../sync/pleg.ts';
import type { PodSyncContext } from '../sync/pod-sync.ts';
import type { PodWorkers } from '../sync/pod-workers.ts';

export interface HousekeepingOptions {
  readonly context: PodSyncContext;
  readonly workers: Pick<PodWorkers, 'has' | 'burstableRequests' | 'retryResizes'>;
  /** Whether every source of pods has told of all it has: before that, each pod looks like an orphan. */
  readonly knowsAll: () => boolean;
  /** Every five minutes. */
  readonly collectImages?: (() => Promise<void>) | undefined;
  /** Every minute. */
  readonly collectContainers?: (() => Promise<void>) | undefined;
  /** What the runtime has forgotten; every minute. */
  readonly endLeftShims?: (() => Promise<void>) | undefined;
  /** Every ten seconds. */
  readonly reconcileCpus?: (() => Promise<void>) | undefined;
}

/** Directories and cgroups are looked through less often than the runtime. */
const ORPHANS_PERIOD: Millis = 60_000;
const IMAGES_PERIOD: Millis = 300_000;
const CONTAINERS_PERIOD: Millis = 60_000;
const SHIMS_PERIOD: Millis = 60_000;
const CPUS_PERIOD: Millis = 10_000;
/** The node itself may have become larger. */
const RESIZES_PERIOD: Millis = 180_000;

export class Housekeeping implements AsyncDisposable {
  readonly #options: HousekeepingOptions;
  readonly #stop = new AbortController();
  readonly #doneAt = new Map<string, Millis>();
  #running: Promise<void> | undefined;
  #weighed = -1;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** @param inRuntime what the listing has found */
  round(inRuntime: ReadonlyMap<string, PodIdentity>): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const { context, workers, knowsAll, reconcileCpus, collectImages, collectContainers, endLeftShims } = this.#options;
    const isKnown = (uid: string) => workers.has(uid);
    const orphans = knowsAll() && ([...inRuntime.keys()].some((uid) => !isKnown(uid)) || this.#isDue('orphans', ORPHANS_PERIOD));
    const cpus = this.#isDue('cpus', CPUS_PERIOD);
    if (this.#isDue('resizes', RESIZES_PERIOD)) workers.retryResizes();
    const burstable = workers.burstableRequests();
    const images = this.#isDue('images', IMAGES_PERIOD) ? collectImages : undefined;
    const containers = collectContainers && this.#isDue('containers', CONTAINERS_PERIOD) ? collectContainers : undefined;
    const shims = endLeftShims && this.#isDue('shims', SHIMS_PERIOD) ? endLeftShims : undefined;
    if (!images && !containers && !shims && !orphans && !cpus && burstable === this.#weighed) return;
    const work = async () => {
      if (burstable !== this.#weighed) await context.cgroups.weigh(burstable);
      this.#weighed = burstable;
      if (orphans) await removeOrphans(context, { inRuntime, isKnown }, this.#stop.signal);
      if (cpus) await reconcileCpus?.();
      await containers?.();
      await shims?.();
      await images?.();
    };
    this.#running = work().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) context.log.warn('housekeeping failed', { error: String(error) });
    }).finally(() => {
      this.#running = undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #isDue(what: string, period: Millis): boolean {
    const now = this.#options.context.clock.monotonic();
    if (now - (this.#doneAt.get(what) ?? -Infinity) < period) return false;
    this.#doneAt.set(what, now);
    return true;
  }
}
