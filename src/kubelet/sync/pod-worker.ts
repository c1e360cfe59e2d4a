/**
 * One pod's worker: passes run one after the other, whatever causes them; causes that come during a pass make one more.
 *
 *     syncing ──(deleted, finished, out of time, refused)──▶ terminating ──(nothing runs)──▶ terminated ──(gone from the API)──▶ forgotten
 *        ▲ │ pass: observe, plan, act                         │ ▲ a shorter grace period begins the stop anew
 *        └─┘                                                  └─┘
 *
 * What the API shows meanwhile: Pending or Running as its containers are, through `terminating` too; why it fails, and that it
 * has Failed or Succeeded, once it is `terminated`, for then others may have what it had. A pod out of time is unready before.
 *
 * It never goes back: a pod that ends here does not start again, not even after a restart of the kubelet, for the API then
 * holds its final phase or its deletion.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { graceSeconds } from '../pod.ts';
import type { PendingResize, ResizeVerdict } from '../resize/decide.ts';
import { OWN_CONDITIONS } from '../status/conditions.ts';
import type { Rejection } from './admission.ts';
import { removePod } from './pod-end.ts';
import { newMemory, observe, syncPod, terminatePod } from './pod-sync.ts';
import type { PodFailure, PodMemory, PodSyncContext } from './pod-sync.ts';
import type { SyncTick } from './sync-tick.ts';
import { asPromised, pendingResize, promiseFirst, reconsiderResize } from './resize-pod.ts';

export interface PodWorkerOptions {
  readonly context: PodSyncContext;
  readonly tick: SyncTick;
  /** Asked before the pod's first sync, until it is taken or refused; `later` where others make room for it. */
  readonly admit: (pod: Pod) => Rejection | 'later' | undefined;
  /** Whether a pod may still use what it has to itself. */
  readonly holds: (uid: string) => boolean;
  /** Whether the node can give a pod that runs what it now asks for. */
  readonly decideResize: (pod: Pod) => ResizeVerdict | undefined;
  /** What the pod has given back may do for others: it has ended, or was resized. */
  readonly onFreed: () => void;
  readonly onForgotten: (uid: string) => void;
  /** A settled pod is looked at all the same so often, spread so that not all pods are at once. */
  readonly resync: Millis;
}

/** Whether there is more in a change than its status: conditions that others set count, for readiness gates look at them. */
function asksForMore({ metadata: was, status: had }: Pod, { metadata, status }: Pod): boolean {
  const others = ({ conditions = [] }: Pod['status']) => conditions.filter(({ type }) => !OWN_CONDITIONS.has(type)).map(({ type, status: is }) => [type, is]);
  return was.generation !== metadata.generation || was.deletionTimestamp !== metadata.deletionTimestamp ||
    was.deletionGracePeriodSeconds !== metadata.deletionGracePeriodSeconds || !isDeepStrictEqual(was.labels, metadata.labels) ||
    !isDeepStrictEqual(was.annotations, metadata.annotations) || isTerminalPhase(had.phase) !== isTerminalPhase(status.phase) ||
    !isDeepStrictEqual(others(had), others(status));
}

/** Until somebody who has to go may have gone. */
const ROOM_IS_MADE: Millis = 500;
const FIRST_RETRY: Millis = 500;
const MOST_RETRY: Millis = 10_000;

export class PodWorker implements AsyncDisposable {
  readonly #options: PodWorkerOptions;
  readonly #memory: PodMemory = newMemory();
  #pod: Pod;
  #state: 'syncing' | 'terminating' | 'terminated' | 'forgotten' = 'syncing';
  #gone = false;
  #admitted = false;
  #grace: number | undefined;
  /** The most of it, where the pod is evicted. */
  #override: number | undefined;
  #failures = 0;
  #dirty = false;
  #observing = false;
  #running: Promise<void> | undefined;
  #abort = new AbortController();
  #disposed = false;

  constructor(pod: Pod, options: PodWorkerOptions) {
    this.#pod = pod;
    this.#options = options;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Whether the pod counts against the node's resources: not once it has ended or is gone from the API, for schedulers go by that. */
  get isActive(): boolean {
    return this.#admitted && this.holds;
  }

  /** The pod with what it was promised: other pods have to do with the rest. */
  get promised(): Pod {
    return asPromised(this.#options.context, this.#pod);
  }

  get pendingResize(): PendingResize | undefined {
    return this.#state === 'syncing' ? pendingResize(this.#options.context, this.#pod, this.#memory.resize) : undefined;
  }

  /** There may be room now for a resize that was put off. */
  retryResize(): void {
    if (this.#reconsider()) this.wake();
  }

  /** The node needs what it has: it ends now, and fails. */
  evict(failure: PodFailure, grace: number): void {
    if (this.#state !== 'syncing') return;
    this.#memory.failure = failure;
    this.#override = grace;
    this.#interrupt();
    this.wake();
  }

  /** On its way out, or gone. */
  get isLeaving(): boolean {
    return this.#state !== 'syncing' || this.#override !== undefined;
  }

  /** Nothing of it runs. */
  get hasEnded(): boolean {
    return this.#state === 'terminated' || this.#state === 'forgotten';
  }

  /** Whether what it has to itself is still its own: unlike the node's share it has that before it is taken. */
  get holds(): boolean {
    return !this.#gone && (this.#state === 'syncing' || this.#state === 'terminating') && !isTerminalPhase(this.#pod.status.phase);
  }

  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#interrupt();
    if (asksForMore(before, pod)) this.wake();
    // Mostly the echo of what was said here. What others made of it is put right.
    else this.#options.context.statuses.seen(pod);
  }

  /** The API no longer has it. */
  remove(): void {
    this.#gone = true;
    this.#interrupt();
    this.wake();
  }

  /** Something may have changed: look. */
  wake(): void {
    if (this.#disposed || this.#state === 'forgotten') return;
    this.#dirty = true;
    if (!this.#running) this.#running = this.#run();
    else if (this.#state === 'terminating') void this.#glance();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#options.tick.clear(this.#pod.metadata.uid);
    this.#abort.abort();
    await this.#running;
  }

  /** What is under way must not delay the end: neither a pull, nor a stop with more patience than is now asked for. */
  #interrupt(): void {
    const shorter = this.#state === 'terminating' && this.#grace !== undefined && graceSeconds(this.#pod) < this.#grace;
    if (this.#state !== 'syncing' && !shorter) return;
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #run(): Promise<void> {
    while (this.#dirty && !this.#disposed) {
      this.#dirty = false;
      this.#options.tick.clear(this.#pod.metadata.uid);
      const { signal } = this.#abort;
      try {
        const recheckIn = await this.#pass(signal);
        this.#failures = 0;
        if (this.#isForgotten) break;
        if (!this.#dirty) this.#wakeIn(recheckIn ?? this.#options.resync * (1 + this.#options.context.random.next() / 2));
      } catch (error) {
        if (signal.aborted) continue;
        const wait = Math.min(MOST_RETRY, FIRST_RETRY * 2 ** this.#failures++);
        const { name, namespace, uid } = this.#pod.metadata;
        this.#options.context.log.warn('Error syncing pod, skipping', { pod: `${namespace}/${name}`, uid, error: messageOf(error) });
        if (!this.#dirty) this.#wakeIn(wait);
      }
    }
    this.#running = undefined;
    if (this.#isForgotten) this.#options.onForgotten(this.#pod.metadata.uid);
  }

  get #isForgotten(): boolean {
    return this.#state === 'forgotten';
  }

  #wakeIn(delay: Millis): void {
    if (!this.#disposed) this.#options.tick.set(this.#pod.metadata.uid, delay);
  }

  /** @returns when to look again at the latest */
  async #pass(signal: AbortSignal): Promise<Millis | undefined> {
    const { metrics, clock } = this.#options.context;
    const operation = this.#state === 'terminating' ? 'kill' : this.#admitted ? 'sync' : 'create';
    const began = clock.monotonic();
    try {
      return await this.#step(signal);
    } finally {
      metrics.workerPass(operation, clock.monotonic() - began);
    }
  }

  async #step(signal: AbortSignal): Promise<Millis | undefined> {
    switch (this.#state) {
      case 'syncing': return this.#sync(signal);
      case 'terminating': return this.#terminate(signal);
      case 'terminated': return this.#finish(signal);
      case 'forgotten': return undefined;
    }
  }

  async #sync(signal: AbortSignal): Promise<Millis | undefined> {
    const { context } = this.#options;
    const pod = this.#pod;
    if (this.#gone || pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status.phase) || this.#override !== undefined) return this.#turn('terminating');
    if (!this.#admitted) {
      const isNew = pod.status.startTime === undefined;
      const answer = isNew ? this.#options.admit(pod) : undefined;
      if (answer === 'later') return ROOM_IS_MADE;
      const rejection = answer ?? (await this.#dedicate(pod, isNew));
      if (rejection) {
        this.#memory.failure = rejection;
        context.metrics.podRejected(rejection.reason);
        context.tell(pod, undefined, { type: 'Warning', ...rejection });
        return this.#turn('terminating');
      }
      this.#admitted = true;
      await promiseFirst(context, pod);
    }
    await this.#reconsider();
    const { outcome, recheckIn } = await syncPod(context, this.promised, this.#memory, signal);
    if (outcome === 'ended') return this.#turn('terminating');
    if (outcome === 'again') this.#dirty = true;
    return recheckIn;
  }

  async #terminate(signal: AbortSignal): Promise<Millis | undefined> {
    this.#grace = Math.max(1, Math.min(graceSeconds(this.#pod), this.#override ?? Infinity));
    await terminatePod(this.#options.context, this.promised, this.#memory, { graceSeconds: this.#grace, signal });
    return this.#turn('terminated');
  }

  async #finish(signal: AbortSignal): Promise<Millis | undefined> {
    const { context } = this.#options;
    const { uid, name, namespace = '' } = this.#pod.metadata;
    if (this.#gone) {
      await removePod(context, { uid, name, namespace }, signal);
      context.statuses.forget(uid);
      this.#state = 'forgotten';
    } else context.statuses.finish(this.#pod);
    return undefined;
  }

  /** One that was here before has what it has; what it lost cannot be given to it as it runs. */
  async #dedicate(pod: Pod, isNew: boolean): Promise<Rejection | undefined> {
    if (!isNew) return undefined;
    const refused = await this.#options.context.dedicated.allocate(pod, this.#options.holds);
    return refused && { reason: refused.reason, message: `Pod was rejected: ${refused.message}` };
  }

  #reconsider(): Promise<void> | undefined {
    const { context, decideResize, onFreed } = this.#options;
    const granted = reconsiderResize(context, { pod: this.#pod, memory: this.#memory.resize, decide: decideResize, now: context.clock.now() });
    if (granted) onFreed();
    return granted;
  }

  #turn(state: 'terminating' | 'terminated'): undefined {
    this.#state = state;
    this.#dirty = true;
    if (state === 'terminated') this.#options.onFreed();
    return undefined;
  }

  /** While a stop takes its time, what has ended or is no longer ready shows all the same. */
  async #glance(): Promise<void> {
    if (this.#observing) return;
    this.#observing = true;
    try {
      await observe(this.#options.context, this.promised, this.#memory, { signal: this.#abort.signal });
    } catch {
      // The pass itself will meet the same trouble, and report it.
    } finally {
      this.#observing = false;
    }
  }
}
