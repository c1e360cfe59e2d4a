/**
 * The sync loop: four sources, each of which only says which pod to look at; what is to be done its worker finds out.
 *
 *     pod updates   the API has a pod, changed it, no longer has it; a manifest came, changed, went ─┐
 *     PLEG          the runtime has more, fewer or other containers of a pod than before             ├─▶ the pod's worker
 *     sync tick     a time the pod's last pass asked for has come                                    ┘
 *     housekeeping  after a listing: what the runtime and the disk have of pods nobody has ──────────▶ is removed
 *
 * Probes, ConfigMaps, Secrets, devices and resizes wake workers as well.
 */
import type { Client, Informer } from '../../client/index.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { StaticPodOptions } from '../options.ts';
import { Disposer } from '../disposer.ts';
import { Housekeeping } from '../housekeeping/housekeeping.ts';
import type { HousekeepingOptions } from '../housekeeping/housekeeping.ts';
import { startPleg } from './pleg.ts';
import type { Pleg } from './pleg.ts';
import type { PodSyncContext } from './pod-sync.ts';
import { PodUpdates } from './pod-updates.ts';
import { PodWorkers } from './pod-workers.ts';
import type { PodWorkersOptions } from './pod-workers.ts';
import { isStatic } from './static/annotations.ts';
import { MirrorPods } from './static/mirror-pods.ts';

export interface SyncLoopOptions extends Omit<PodWorkersOptions, 'onStaticPods' | 'mirrorOf'>, Pick<HousekeepingOptions, 'collectContainers' | 'collectImages' | 'endLeftShims' | 'reconcileCpus'> {
  readonly client: Client;
  readonly context: PodSyncContext;
  /** Of this node alone. */
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  /** What else pods of the API wait for. */
  readonly untilReady: (signal: AbortSignal) => Promise<void>;
  readonly manifests?: StaticPodOptions;
}

export class SyncLoop implements AsyncDisposable {
  readonly #options: SyncLoopOptions;
  readonly #disposer = new Disposer();
  readonly #mirrors: MirrorPods;
  readonly workers: PodWorkers;
  #updates: PodUpdates | undefined;
  #pleg: Pleg | undefined;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
    const { context, client, pods } = options;
    this.workers = this.#disposer.use(new PodWorkers({ ...options, onStaticPods: () => this.#mirrors.reconcile(), mirrorOf: (pod) => this.#mirrors.of(pod) }));
    this.#mirrors = this.#disposer.use(new MirrorPods({
      client, clock: context.clock, log: context.log, pods, node: () => options.nodes.lister.get(options.nodeName),
      knowsAll: () => this.#updates?.complete === true,
      wanted: () => this.workers.list().filter(isStatic), onMirror: (pod) => context.statuses.seen(pod),
    }));
  }

  /** Resolves when all sources have told of what they have; static pods run before. */
  async start(): Promise<void> {
    const { context, pods, nodeName, manifests } = this.#options;
    const { cri, clock, log } = context;
    const { workers } = this;
    const updates = this.#updates = this.#disposer.use(new PodUpdates({
      clock, log, nodeName, pods, manifests, untilReady: (signal) => this.#untilReady(signal),
      onPod: (pod) => workers.apply(pod), onGone: (uid) => workers.remove(uid), onStaticPods: (all) => workers.applyStatic(all),
    }));
    const housekeeping = this.#disposer.use(new Housekeeping({ ...this.#options, workers, knowsAll: () => updates.complete }));
    this.#pleg = this.#disposer.use(startPleg({
      cri, clock, log, onListed: (span, interval) => context.metrics.relisted(span, interval, clock.now()), onChange: ({ uid }) => workers.wake(uid), onRelist: () => housekeeping.round(this.#pleg?.pods ?? new Map()),
    }));
    await updates.start();
    this.#mirrors.reconcile();
  }

  /** The API's copy of a pod: of a static pod its mirror, once it has one. */
  copyOf(pod: Pod): Pod | undefined {
    return isStatic(pod) ? this.#mirrors.of(pod) : pod;
  }

  /** Why the node is not ready, as far as pods tell. */
  trouble(): readonly string[] {
    return this.#pleg?.healthy === false ? ['PLEG is not healthy: pleg was last seen active too long ago; threshold is 3m0s'] : [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposer[Symbol.asyncDispose]();
  }

  /** Admission needs the node's own labels and capacity. */
  async #untilReady(signal: AbortSignal): Promise<void> {
    const { nodes, nodeName, context, untilReady } = this.#options;
    await Promise.all([nodes.untilSynced(signal), untilReady(signal)]);
    while (!nodes.lister.get(nodeName)) await context.clock.sleep(50, signal);
  }
}
