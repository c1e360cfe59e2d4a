/** The workers of all pods of this node: each is made when its pod is first told of, and forgotten when nothing of it is left. */
import type { Millis } from '../../base/clock.ts';
import { keyOf } from '../../client/index.ts';
import type { Informer } from '../../client/index.ts';
import type { Node } from '../../kinds/core/node.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { podRequests } from '../../rules/pod-resources.ts';
import { graceSeconds } from '../pod.ts';
import { decideResize, resizeOrder } from '../resize/decide.ts';
import type { ResizeVerdict } from '../resize/decide.ts';
import { admitPod } from './admission.ts';
import type { Rejection } from './admission.ts';
import type { PodFailure, PodSyncContext } from './pod-sync.ts';
import { PodWorker } from './pod-worker.ts';
import { planPreemption, PREEMPTED } from './preempt.ts';
import { isStatic } from './static/annotations.ts';
import { SyncTick } from './sync-tick.ts';

export interface PodWorkersOptions {
  readonly context: PodSyncContext;
  readonly nodes: Informer<Node>;
  readonly nodeName: string;
  /** What the node as a whole says against taking a pod. */
  readonly refuse?: (pod: Pod) => Rejection | undefined;
  /** What ties a pod's containers to processors or memory for good. */
  readonly policies?: { readonly cpu: string; readonly memory: string };
  /** Static pods have come or are gone. */
  readonly onStaticPods: () => void;
  readonly mirrorOf: (pod: Pod) => Pod | undefined;
  /** Between two looks at a pod of which nothing is heard; a minute unless said. */
  readonly resync?: Millis | undefined;
}

const RESYNC: Millis = 60_000;

export class PodWorkers implements AsyncDisposable {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #tick: SyncTick;
  /** As the manifests have them now. */
  #static: readonly Pod[] = [];
  #retrying = false;

  constructor(options: PodWorkersOptions) {
    this.#options = options;
    this.#tick = new SyncTick(options.context.clock, (uid) => this.wake(uid));
  }

  /** The API has this pod, new or changed. */
  apply(pod: Pod): void {
    const known = this.#workers.get(pod.metadata.uid);
    if (known) known.update(pod);
    else this.#begin(pod);
  }

  /** The API, or the manifest, is gone. */
  remove(uid: string): void {
    this.#workers.get(uid)?.remove();
  }

  /** These are the static pods. A changed manifest is another pod, which waits until nothing is left of the one before. */
  applyStatic(pods: readonly Pod[]): void {
    this.#static = pods;
    for (const { pod } of this.#workers.values()) if (isStatic(pod) && !pods.some(({ metadata: { uid } }) => uid === pod.metadata.uid)) this.remove(pod.metadata.uid);
    const taken = new Set([...this.#workers.values()].filter(({ pod }) => isStatic(pod)).map(({ pod }) => keyOf(pod)));
    // What was said of it before this kubelet started.
    for (const pod of pods) if (!taken.has(keyOf(pod))) this.#begin({ ...pod, status: this.#options.mirrorOf(pod)?.status ?? pod.status });
    this.#options.onStaticPods();
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake();
  }

  has(uid: string): boolean {
    return this.#workers.has(uid);
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

  /** Those of which something may run, taken or on their way out. */
  running(): readonly Pod[] {
    return [...this.#workers.values()].filter(({ hasEnded }) => !hasEnded).map(({ pod }) => pod);
  }

  evict(uid: string, failure: PodFailure, graceSeconds: number): void {
    this.#workers.get(uid)?.evict(failure, graceSeconds);
  }

  /** Whether nothing of the pod runs here, or never did. */
  hasEnded(uid: string): boolean {
    return this.#workers.get(uid)?.hasEnded ?? true;
  }

  burstableRequests(): number {
    return this.active().filter(({ spec }) => qosClassOf(spec) === 'Burstable').reduce((sum, pod) => sum + (podRequests(pod).get('cpu') ?? 0), 0);
  }

  /** One after the other, for each that is granted leaves less for the next. */
  retryResizes(): void {
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tick[Symbol.dispose]();
    await Promise.all([...this.#workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
  }

  #begin(pod: Pod): void {
    const worker = new PodWorker(pod, {
      context: this.#options.context, tick: this.#tick, admit: (candidate) => this.#admit(candidate), holds: (other) => this.#workers.get(other)?.holds === true,
      decideResize: (candidate) => this.#decideResize(candidate), onFreed: () => this.retryResizes(), onForgotten: (forgotten) => this.#forget(forgotten), resync: this.#options.resync ?? RESYNC,
    });
    this.#workers.set(pod.metadata.uid, worker);
    worker.wake();
  }

  #forget(uid: string): void {
    const pod = this.#workers.get(uid)?.pod;
    this.#workers.delete(uid);
    if (pod && isStatic(pod)) this.applyStatic(this.#static);
  }

  #admit(pod: Pod): Rejection | 'later' | undefined {
    const pressed = this.#options.refuse?.(pod);
    if (pressed) return { reason: pressed.reason, message: `Pod was rejected: ${pressed.message}` };
    // Unknown without the API: then only static pods are there to be asked about.
    const node = this.#options.nodes.lister.get(this.#options.nodeName);
    const rejection = node && admitPod(pod, node, this.#othersThan(pod));
    if (!node || !rejection) return rejection;
    const victims = planPreemption(pod, node, this.#othersThan(pod, ({ isLeaving }) => !isLeaving));
    for (const victim of victims ?? []) this.#preempt(victim);
    return victims ? 'later' : rejection;
  }

  #preempt(pod: Pod): void {
    this.#options.context.tell(pod, undefined, { type: 'Warning', reason: PREEMPTED.reason, message: PREEMPTED.message });
    this.evict(pod.metadata.uid, PREEMPTED, graceSeconds(pod));
  }

  /** With what they were promised. */
  #othersThan({ metadata: { uid } }: Pod, counts: (worker: PodWorker) => boolean = () => true): readonly Pod[] {
    return [...this.#workers.values()].filter((worker) => worker.isActive && worker.pod.metadata.uid !== uid && counts(worker)).map((worker) => worker.promised);
  }

  #decideResize(pod: Pod): ResizeVerdict | undefined {
    const node = this.#options.nodes.lister.get(this.#options.nodeName);
    return node && decideResize({ pod, node, others: this.#othersThan(pod), ...(this.#options.policies ? { policies: this.#options.policies } : {}) });
  }
}
