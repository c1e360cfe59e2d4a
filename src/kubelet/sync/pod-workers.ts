/** The sync loop: four sources of change, each of which only says which pod to look at. */
import type { Millis } from '../../base/clock.ts';
import type { Informer } from '../../client/index.ts';
import type { Node } from '../../kinds/core/node.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { podRequests } from '../../rules/pod-resources.ts';
import { decideResize, resizeOrder } from '../resize/decide.ts';
import type { ResizeVerdict } from '../resize/decide.ts';
import { admitPod } from './admission.ts';
import type { Rejection } from './admission.ts';
import { rotateLogs } from './log-rotation.ts';
import { removeOrphans } from './orphans.ts';
import { startPleg } from './pleg.ts';
import type { Pleg } from './pleg.ts';
import type { PodFailure, PodSyncContext } from './pod-sync.ts';
import { PodWorker } from './pod-worker.ts';

export interface PodWorkersOptions {
  readonly context: PodSyncContext;
  /** Of this node alone. */
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly nodeName: string;
  /** What the node as a whole says against taking a pod. */
  readonly refuse?: (pod: Pod) => Rejection | undefined;
  /** Every five minutes. */
  readonly collectImages?: () => Promise<void>;
  /** Every ten seconds. */
  readonly reconcileCpus?: () => Promise<void>;
  /** What ties a pod's containers to processors or memory for good. */
  readonly policies?: { readonly cpu: string; readonly memory: string };
}

/**
 *     informer ─(pod added, changed, gone)─┐
 *     PLEG ────(its containers changed)────┼─▶ the pod's worker
 *     probes, objects, tokens, timers ─────┘
 *     PLEG's listing ─(nobody's)─▶ housekeeping
 */
export class PodWorkers implements AsyncDisposable {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #stop = new AbortController();
  #handler: Disposable | undefined;
  #pleg: Pleg | undefined;
  #housekeeping: Promise<void> | undefined;

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  /** Call it when `pods` has synced: what the API then does not have is an orphan. Resolves after a first look at the runtime. */
  async start(): Promise<void> {
    const { context, pods } = this.#options;
    await this.#untilNodeIsKnown();
    this.#handler = pods.addHandler({
      onAdd: (pod) => this.#apply(pod),
      onUpdate: (pod) => this.#apply(pod),
      onDelete: (pod) => this.#workers.get(pod.metadata.uid)?.remove(),
    });
    this.#pleg = startPleg({
      cri: context.cri, clock: context.clock, log: context.log,
      onChange: ({ uid }) => this.wake(uid),
      onRelist: () => this.#keepHouse(),
    });
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake();
  }

  get(namespace: string, name: string): Pod | undefined {
    return this.list().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  }

  list(): readonly Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod);
  }

  /** Those that were taken and have not ended. */
  active(): readonly Pod[] {
    return [...this.#workers.values()].filter(({ isActive }) => isActive).map(({ pod }) => pod);
  }

  evict(uid: string, failure: PodFailure, graceSeconds: number): void {
    this.#workers.get(uid)?.evict(failure, graceSeconds);
  }

  /** Whether nothing of the pod runs here, or never did. */
  hasEnded(uid: string): boolean {
    return this.#workers.get(uid)?.hasEnded ?? true;
  }

  /** Why the node is not ready, as far as pods tell. */
  trouble(): readonly string[] {
    return this.#pleg?.healthy === false ? ['PLEG is not healthy: pleg was last seen active too long ago; threshold is 3m0s'] : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#handler?.[Symbol.dispose]();
    await this.#pleg?.[Symbol.asyncDispose]();
    await this.#housekeeping;
    await Promise.all([...this.#workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
  }

  /** Admission needs the node's own labels and capacity. */
  async #untilNodeIsKnown(): Promise<void> {
    const { nodes, nodeName, context } = this.#options;
    await nodes.untilSynced(this.#stop.signal);
    while (!nodes.lister.get(nodeName)) await context.clock.sleep(50, this.#stop.signal);
  }

  #apply(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = this.#workers.get(uid);
    if (known) return known.update(pod);
    const worker = new PodWorker(pod, { context: this.#options.context, admit: (candidate) => this.#admit(candidate), holds: (other) => this.#workers.get(other)?.holds === true, decideResize: (candidate) => this.#decideResize(candidate), onFreed: () => this.#retryResizes(), onForgotten: (forgotten) => void this.#workers.delete(forgotten) });
    this.#workers.set(uid, worker);
    worker.wake();
  }

  #admit(pod: Pod): Rejection | undefined {
    const node = this.#options.nodes.lister.get(this.#options.nodeName);
    const pressed = this.#options.refuse?.(pod);
    if (pressed) return { reason: pressed.reason, message: `Pod was rejected: ${pressed.message}` };
    return node && admitPod(pod, node, this.#othersThan(pod));
  }

  /** With what they were promised. */
  #othersThan({ metadata: { uid } }: Pod): readonly Pod[] {
    return [...this.#workers.values()].filter((worker) => worker.isActive && worker.pod.metadata.uid !== uid).map((worker) => worker.promised);
  }

  #decideResize(pod: Pod): ResizeVerdict | undefined {
    const node = this.#options.nodes.lister.get(this.#options.nodeName);
    return node && decideResize({ pod, node, others: this.#othersThan(pod), ...(this.#options.policies ? { policies: this.#options.policies } : {}) });
  }

  /** One after the other, for each that is granted leaves less for the next. */
  #retryResizes(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    queueMicrotask(() => {
      this.#retrying = false;
      const pending = [...this.#workers.values()].flatMap((worker) => {
        const resize = worker.pendingResize;
        return resize ? [{ worker, ...resize }] : [];
      });
      for (const { worker } of pending.toSorted(resizeOrder)) worker.retryResize();
    });
  }

  #retrying = false;

  #keepHouse(): void {
    if (this.#housekeeping || this.#stop.signal.aborted || !this.#pleg) return;
    const { context } = this.#options;
    const inRuntime = this.#pleg.pods;
    const isKnown = (uid: string) => this.#workers.has(uid);
    // Directories and cgroups are looked through less often than the runtime.
    const orphans = [...inRuntime.keys()].some((uid) => !isKnown(uid)) || this.#isDue('orphans', ORPHANS_PERIOD);
    const logs = this.#isDue('logs', LOGS_PERIOD);
    if (this.#isDue('resizes', RESIZES_PERIOD)) this.#retryResizes();
    const burstable = this.#burstableRequests();
    const images = this.#isDue('images', IMAGES_PERIOD) ? this.#options.collectImages : undefined;
    if (!images && !orphans && !logs && burstable === this.#weighed) return;
    const work = async () => {
      if (burstable !== this.#weighed) await context.cgroups.weigh(burstable);
      this.#weighed = burstable;
      if (orphans) await removeOrphans(context, { inRuntime, isKnown }, this.#stop.signal);
      if (logs) await rotateLogs(context);
      if (logs) await this.#options.reconcileCpus?.();
      await images?.();
    };
    this.#housekeeping = work().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) context.log.warn('housekeeping failed', { error: String(error) });
    }).finally(() => {
      this.#housekeeping = undefined;
    });
  }

  #weighed = -1;

  #burstableRequests(): number {
    const active = [...this.#workers.values()].filter(({ isActive }) => isActive).map(({ pod }) => pod);
    return active.filter(({ spec }) => qosClassOf(spec) === 'Burstable').reduce((sum, pod) => sum + (podRequests(pod).get('cpu') ?? 0), 0);
  }

  readonly #doneAt = new Map<string, Millis>();

  #isDue(what: string, period: Millis): boolean {
    const now = this.#options.context.clock.monotonic();
    if (now - (this.#doneAt.get(what) ?? -Infinity) < period) return false;
    this.#doneAt.set(what, now);
    return true;
  }
}

const ORPHANS_PERIOD: Millis = 60_000;
const IMAGES_PERIOD: Millis = 300_000;
const LOGS_PERIOD: Millis = 10_000;
/** The node itself may have become larger. */
const RESIZES_PERIOD: Millis = 180_000;
