import { Alarm } from '../../base/alarm.ts';
import type { Clock, Millis } from '../../base/clock.ts';
import { Heap } from '../../base/heap.ts';
import type { ClusterEvent, WakeReason } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import type { Profile } from '../framework/profile.ts';

/** A pod that waits for a node, and what is known of its attempts. */
export interface QueuedPod {
  readonly info: PodInfo;
  readonly profile: Profile;
  /** When it first came, or came back: the order among equals. */
  readonly since: Millis;
  readonly attempts: number;
  /** Who rejected it last. */
  readonly plugins: ReadonlySet<string>;
  /** The PreEnqueue plugin that holds it, '' when none does. */
  readonly gate: string;
  readonly backoffUntil: Millis;
  /** What had happened in the cluster when it was popped, as a count. */
  readonly poppedAt: number;
}

/** How an attempt ended that did not place the pod. */
export type Failure =
  /** Plugins said no: asleep until something they wake on happens. */
  | { readonly type: 'rejected'; readonly plugins: ReadonlySet<string> }
  /** Something broke: another try after the back-off, whatever happens. */
  | { readonly type: 'error' };

const INITIAL_BACKOFF = 1_000;
const MAX_BACKOFF = 10_000;
/** Nothing sleeps longer than this: an event may have been missed. */
const MAX_SLEEP = 5 * 60_000;

interface QueueOptions {
  readonly clock: Clock;
  readonly profileOf: (pod: PodInfo) => Profile;
  readonly less: Profile['less'];
  /** There is a pod to pop now where there may have been none. */
  readonly onReady: () => void;
}

/**
 *                 add                    pop
 *              ─────────► active ───────────────► (cycle) ──► bound
 *                ▲  ▲  ▲                            │ │
 *     back-off   │  │  └──────── backingOff ◄───────┘ │ error: `failed`
 *     is over    │  │ wake, 5 min    ▲                │ rejected
 *                │  └─────────── unschedulable ◄──────┘        gated pods sleep there too
 *
 * When nothing is active, pods that back off only after a rejection are popped early: they would otherwise wait beside an
 * idle scheduler.
 */
export class SchedulingQueue implements Disposable {
  readonly #options: QueueOptions;
  readonly #active: Heap<QueuedPod>;
  readonly #backingOff: Heap<QueuedPod>;
  readonly #failed: Heap<QueuedPod>;
  /** By uid, in the order they fell asleep. */
  readonly #unschedulable = new Map<string, { readonly queued: QueuedPod; readonly asleepSince: Millis }>();
  /** By what may wake them, those who are asleep: most events concern few of them. */
  readonly #listeners = new Map<WakeReason, Set<string>>();
  /** What happened, counted, and which was the last of each sort: news of it may have come while a pod was not here to hear. */
  #happened = 0;
  readonly #lastOf = new Map<WakeReason, number>();
  readonly #alarm: Alarm;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#ring());
    const key = ({ info }: QueuedPod) => info.uid;
    const sooner = (a: QueuedPod, b: QueuedPod) => a.backoffUntil < b.backoffUntil;
    this.#active = new Heap({ key, before: (a, b) => options.less(a, b) });
    this.#backingOff = new Heap({ key, before: sooner });
    this.#failed = new Heap({ key, before: sooner });
  }

  get sizes(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backingOff.size + this.#failed.size, unschedulable: this.#unschedulable.size };
  }

  get(uid: string): QueuedPod | undefined {
    return this.#active.get(uid) ?? this.#backingOff.get(uid) ?? this.#failed.get(uid) ?? this.#unschedulable.get(uid)?.queued;
  }

  add(info: PodInfo): void {
    if (this.get(info.uid)) return this.update(info, []);
    const { clock, profileOf } = this.#options;
    this.#enter({ info, profile: profileOf(info), since: clock.now(), attempts: 0, plugins: new Set(), gate: '', backoffUntil: 0, poppedAt: 0 });
  }

  /** The pod changed. `changes` says how, for plugins that rejected it. */
  update(info: PodInfo, changes: readonly WakeReason[]): void {
    const asleep = this.#unschedulable.get(info.uid);
    if (asleep) {
      const queued = { ...asleep.queued, info };
      this.#unschedulable.set(info.uid, { ...asleep, queued });
      if (changes.some((reason) => this.#wakesOn(queued, { reason, pod: info }))) this.#wakeUp(queued);
      return;
    }
    for (const heap of [this.#active, this.#backingOff, this.#failed]) {
      const queued = heap.get(info.uid);
      if (queued) heap.set({ ...queued, info });
    }
  }

  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backingOff.delete(uid);
    this.#failed.delete(uid);
    this.#getUp(uid);
  }

  /** The next pod to try; it is the caller's until it comes back by `returned`. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#backingOff.pop();
    return queued && { ...queued, attempts: queued.attempts + 1, poppedAt: this.#happened };
  }

  /** After an attempt that failed. */
  returned(queued: QueuedPod, failure: Failure): void {
    const now = this.#options.clock.now();
    const backoff = Math.min(INITIAL_BACKOFF * 2 ** (queued.attempts - 1), MAX_BACKOFF);
    const again: QueuedPod = {
      ...queued, since: now, backoffUntil: now + backoff, plugins: failure.type === 'rejected' ? failure.plugins : new Set(),
    };
    if (failure.type === 'error') {
      this.#failed.set(again);
      this.#arm(again.backoffUntil);
    } else if (this.#missedNews(again)) this.#enter(again);
    else this.#sleep(again);
  }

  /** Out of a gate that no event opens; without a gate, only where `anyway`: what the pod waits for will not come. */
  release(uid: string, anyway = false): void {
    const asleep = this.#unschedulable.get(uid);
    if (asleep && (anyway || asleep.queued.gate !== '')) this.#wakeUp(asleep.queued);
  }

  /** Something happened: whoever it may help is tried again once its back-off is over. */
  wake(event: ClusterEvent): void {
    this.#lastOf.set(event.reason, ++this.#happened);
    const woken = [...this.#listeners.get(event.reason) ?? []].map((uid) => this.#unschedulable.get(uid)!.queued);
    for (const queued of woken) if (this.#wakesOn(queued, event)) this.#wakeUp(queued);
  }

  [Symbol.dispose](): void {
    this.#alarm[Symbol.dispose]();
  }

  #wakesOn(queued: QueuedPod, event: ClusterEvent): boolean {
    return rejectersOf(queued).some((plugin) => plugin.wakeOn?.includes(event.reason) && (plugin.wakes?.(queued.info, event) ?? true));
  }

  /** Something its plugins wake on happened since it was popped: where binding took its time, after the cycle's end. */
  #missedNews(queued: QueuedPod): boolean {
    if (queued.poppedAt === this.#happened) return false;
    return rejectersOf(queued).some(({ wakeOn }) => wakeOn?.some((reason) => (this.#lastOf.get(reason) ?? 0) > queued.poppedAt));
  }

  #wakeUp(queued: QueuedPod): void {
    this.#getUp(queued.info.uid);
    this.#enter(queued);
  }

  #getUp(uid: string): void {
    const asleep = this.#unschedulable.get(uid);
    if (!asleep) return;
    this.#unschedulable.delete(uid);
    for (const { wakeOn = [] } of rejectersOf(asleep.queued)) for (const reason of wakeOn) this.#listeners.get(reason)?.delete(uid);
  }

  /** To the active or the back-off queue, unless a PreEnqueue plugin holds the pod. */
  #enter(entering: QueuedPod): void {
    const queued = { ...entering, gate: '' };
    const holder = queued.profile.preEnqueue.find((plugin) => plugin.preEnqueue(queued.info) !== undefined);
    if (holder) return this.#sleep({ ...queued, gate: holder.name, plugins: new Set([holder.name]) });
    if (queued.backoffUntil > this.#options.clock.now()) {
      this.#backingOff.set(queued);
      this.#arm(queued.backoffUntil);
    } else this.#active.set(queued);
    this.#options.onReady();
  }

  #sleep(queued: QueuedPod): void {
    const asleepSince = this.#options.clock.now();
    const { uid } = queued.info;
    this.#getUp(uid);
    this.#unschedulable.set(uid, { queued, asleepSince });
    for (const { wakeOn = [] } of rejectersOf(queued)) {
      for (const reason of wakeOn) this.#listeners.set(reason, (this.#listeners.get(reason) ?? new Set()).add(uid));
    }
    this.#arm(asleepSince + MAX_SLEEP);
  }

  #arm(at: Millis): void {
    this.#alarm.within(at - this.#options.clock.now());
  }

  #ring(): void {
    const now = this.#options.clock.now();
    for (const heap of [this.#backingOff, this.#failed]) {
      for (let first = heap.peek(); first && first.backoffUntil <= now; first = heap.peek()) {
        heap.pop();
        this.#enter(first);
      }
      const next = heap.peek();
      if (next) this.#arm(next.backoffUntil);
    }
    const tooLong = [...this.#unschedulable.values()].filter(({ asleepSince }) => asleepSince + MAX_SLEEP <= now);
    for (const { queued } of tooLong) this.#wakeUp(queued);
    const oldest = this.#unschedulable.values().next().value;
    if (oldest) this.#arm(oldest.asleepSince + MAX_SLEEP);
  }
}

/** The plugins that can say what wakes the pod: its gate alone, where one holds it. */
const rejectersOf = ({ profile, plugins, gate }: QueuedPod): readonly Plugin[] =>
  (gate === '' ? [...plugins] : [gate]).flatMap((name) => profile.byName(name) ?? []);
