import { Alarm } from '../base/alarm.ts';
import type { Clock, Millis } from '../base/clock.ts';
import { Heap } from '../base/heap.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client, Informer } from '../client/index.ts';
import { Pod } from '../kinds/core/pod.ts';
import { isApiError } from '../meta/api-error.ts';
import { AddressPool } from './addresses.ts';
import { podStages, type Stage } from './stages.ts';

interface Due {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly at: Millis;
}

export interface PodLifeOptions {
  readonly client: Client;
  readonly pods: Informer<Pod>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The address of a simulated node, undefined for any other node. */
  readonly hostIP: (node: string) => string | undefined;
  readonly podRange: string;
  readonly stages?: readonly Stage[];
}

/** Writes under way at once: enough to share the store's commits, few enough to leave room for others. */
const MOST_WRITING = 128;
const RETRY: Millis = 1_000;
const BUSY: Millis = 20;

/** Takes the pods of all simulated nodes through their stages. */
export class PodLife implements AsyncDisposable {
  readonly #options: PodLifeOptions;
  readonly #stages: readonly Stage[];
  readonly #due = new Heap<Due>({ key: ({ uid }) => uid, before: (a, b) => a.at < b.at });
  readonly #addresses: AddressPool;
  readonly #handler: Disposable;
  readonly #stop = new AbortController();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #alarm: Alarm;

  constructor(options: PodLifeOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#ring());
    this.#stages = options.stages ?? podStages;
    this.#addresses = new AddressPool(options.podRange);
    this.#handler = options.pods.addHandler({
      onAdd: (pod) => this.#seen(pod),
      onUpdate: (pod) => this.#seen(pod),
      onDelete: (pod) => this.#gone(pod),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#handler[Symbol.dispose]();
    this.#alarm[Symbol.dispose]();
    await Promise.all(this.#writing.values());
  }

  #seen(pod: Pod): void {
    if (!pod.spec.nodeName || this.#options.hostIP(pod.spec.nodeName) === undefined) return;
    const { uid, name, namespace = '' } = pod.metadata;
    if (pod.status.podIP && !pod.spec.hostNetwork) this.#addresses.reserve(pod.status.podIP);
    const stage = this.#stages.find(({ matches }) => matches(pod));
    if (!stage) return void this.#due.delete(uid);
    const { clock, random } = this.#options;
    const now = clock.now();
    this.#due.set({ uid, name, namespace, at: now + stage.delay(pod, now) + random.next() * stage.jitter });
    this.#arm();
  }

  #gone(pod: Pod): void {
    this.#due.delete(pod.metadata.uid);
    const { podIP } = pod.status;
    if (podIP && pod.spec.nodeName && !pod.spec.hostNetwork && this.#options.hostIP(pod.spec.nodeName)) this.#addresses.release(podIP);
  }

  /** One alarm for whichever pod is due first. */
  #arm(): void {
    const next = this.#due.peek();
    if (!next || this.#stop.signal.aborted || this.#writing.size >= MOST_WRITING) return;
    this.#alarm.within(next.at - this.#options.clock.now());
  }

  #ring(): void {
    const now = this.#options.clock.now();
    for (let next = this.#due.peek(); next && next.at <= now && this.#writing.size < MOST_WRITING; next = this.#due.peek()) {
      const due = this.#due.pop()!;
      // One write for each pod at a time: what came meanwhile waits for the answer.
      if (this.#writing.has(due.uid)) {
        this.#due.set({ ...due, at: now + BUSY });
        continue;
      }
      const done = this.#advance(due).finally(() => {
        this.#writing.delete(due.uid);
        this.#arm();
      });
      this.#writing.set(due.uid, done);
    }
    this.#arm();
  }

  async #advance(due: Due): Promise<void> {
    const { client, pods, clock, log } = this.#options;
    const { name, namespace, uid } = due;
    const pod = pods.lister.get(name, namespace);
    const stage = pod?.metadata.uid === uid ? this.#stages.find(({ matches }) => matches(pod)) : undefined;
    if (!pod || !stage) return;
    const signal = this.#stop.signal;
    try {
      if (stage.next === 'delete') await client.delete(Pod, name, { namespace, gracePeriodSeconds: 0, preconditions: { uid }, signal });
      else await client.updateStatus(Pod, { ...pod, status: this.#statusAfter(stage.next, pod) }, { signal });
    } catch (error) {
      if (signal.aborted || isApiError(error, 'NotFound')) return;
      if (!isApiError(error, 'Conflict')) log.warn('simulated pod stuck', { pod: `${namespace}/${name}`, stage: stage.name, error: String(error) });
      this.#due.set({ ...due, at: clock.now() + RETRY });
    }
  }

  #statusAfter(next: Exclude<Stage['next'], 'delete'>, pod: Pod): Pod['status'] {
    const hostIP = this.#options.hostIP(pod.spec.nodeName!) ?? '';
    return next(pod, { now: this.#options.clock.now(), hostIP, podIP: () => pod.status.podIP || this.#addresses.take() });
  }
}
