import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/message-of.ts';
import { Turns } from '../base/turns.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { createEventRecorder, type Client, type EventRecorder, type Informers } from '../client/index.ts';
import { Pod } from '../kinds/core/pod.ts';
import { isApiError } from '../meta/api-error.ts';
import { bindPod, reserve, unreserve, type Bound } from './binding-cycle.ts';
import { ClusterView } from './cluster-view.ts';
import { explainPod, schedulePod, type CycleInput, type Decision, type Fits, type Unfit } from './cycle.ts';
import { Decisions, type LastDecision } from './decisions.ts';
import { fitMessage, NO_NODES, type NodeVerdict } from './framework/diagnosis.ts';
import type { PluginEntry } from './framework/plugin.ts';
import { PodInfo } from './framework/pod-info.ts';
import { defineProfile, type Profile } from './framework/profile.ts';
import { knowOwners } from './owners.ts';
import { ClusterDevices } from './dra/devices.ts';
import { defaultPlugins, type PluginServices } from './plugins/order.ts';
import { disruptionTarget, planStatusPatch, type Unscheduled } from './pod-status.ts';
import { Nominator } from './queue/nominator.ts';
import { SchedulingQueue, type Failure, type QueuedPod } from './queue/scheduling-queue.ts';
import { ClusterStorage } from './volumes/storage.ts';

export const DEFAULT_SCHEDULER = 'default-scheduler';

/** Pods with this schedulerName are placed by these plugins; the default ones where none are given. */
export interface ProfileOptions {
  readonly schedulerName: string;
  readonly plugins?: readonly PluginEntry[];
}

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly profiles?: readonly ProfileOptions[];
  /** How many nodes are looked at, in percent; 0 adapts to their number. */
  readonly percentageOfNodesToScore?: number;
}

/** Why a pod is where it is, or nowhere. */
export interface Explanation {
  readonly last?: LastDecision;
  /** What each plugin says of each node now; empty for a pod that has its node. */
  readonly verdicts: readonly NodeVerdict[];
  readonly gate?: string;
}

/** Upstream's bound on an event's note. */
const LONGEST_NOTE = 1024;
/** Bindings under way at once; more would only wait in the server. */
const MOST_BINDING = 1_000;

/** Finds a node for every pod that names one of its profiles. */
export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #queue: SchedulingQueue;
  readonly #nominator = new Nominator();
  readonly #view: ClusterView;
  readonly #storage: ClusterStorage;
  readonly #devices: ClusterDevices;
  readonly #recorders: ReadonlyMap<string, EventRecorder>;
  readonly #decisions = new Decisions();
  readonly #stop = new AbortController();
  readonly #pending = new Set<Promise<void>>();
  /** Pods whose victims are being told to go. */
  readonly #preempting = new Set<string>();
  #binding = 0;
  /** Ends the loop's sleep. */
  #wakeLoop: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();

  constructor(options: SchedulerOptions) {
    const { client, clock, random, log, profiles = [{ schedulerName: DEFAULT_SCHEDULER }] } = options;
    this.#options = options;
    this.#storage = new ClusterStorage(options.informers, (event) => this.#queue.wake(event));
    this.#devices = new ClusterDevices(options.informers, (event) => this.#queue.wake(event));
    const services: PluginServices = {
      client, clock, random, storage: this.#storage, devices: this.#devices, ...knowOwners(options.informers),
      isPreempting: (uid) => this.#preempting.has(uid),
      event: ({ pod }, { type, reason, message }) => this.#recorders.get(pod.spec.schedulerName ?? DEFAULT_SCHEDULER)?.event(pod, type, reason, message),
    };
    this.#profiles = new Map(profiles.map(({ schedulerName, plugins }) => [schedulerName, defineProfile(schedulerName, plugins ?? defaultPlugins(services))]));
    this.#queue = new SchedulingQueue({
      clock,
      profileOf: (pod) => this.#profiles.get(pod.pod.spec.schedulerName ?? DEFAULT_SCHEDULER)!,
      less: this.#profiles.values().next().value!.less,
      onReady: () => this.#wakeLoop(),
    });
    this.#view = new ClusterView({
      informers: options.informers, queue: this.#queue, nominator: this.#nominator, owns: (name) => this.#profiles.has(name),
    });
    this.#recorders = new Map([...this.#profiles.keys()].map((component) =>
      [component, createEventRecorder(client, { component, clock, random, log })]));
  }

  /** Begins once every node and pod is known: earlier, full nodes would look empty. */
  async start(): Promise<void> {
    await this.#options.informers.untilSynced(this.#stop.signal);
    this.#loop = this.#run();
  }

  why(namespace: string, name: string): Explanation | undefined {
    const pod = this.#options.informers.for(Pod).lister.get(name, namespace);
    if (!pod) return undefined;
    const info = new PodInfo(pod);
    const last = this.#decisions.get(info.key);
    const queued = this.#queue.get(info.uid);
    const profile = this.#profiles.get(pod.spec.schedulerName ?? DEFAULT_SCHEDULER);
    return {
      verdicts: pod.spec.nodeName || !profile ? [] : this.#verdicts(info, profile),
      ...(last && { last }),
      ...(queued?.gate && { gate: queued.gate }),
    };
  }

  /** Where a plugin cannot tell, the pod's condition says why. */
  #verdicts(info: PodInfo, profile: Profile): readonly NodeVerdict[] {
    try {
      return explainPod(info, this.#input(profile));
    } catch (error) {
      this.#options.log.info('pod cannot be explained', { pod: info.key, error: String(error) });
      return [];
    }
  }

  /** Pods in each part of the queue, as `scheduler_pending_pods` counts them. */
  get pending(): SchedulingQueue['sizes'] {
    return this.#queue.sizes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#wakeLoop();
    await this.#loop;
    this.#view[Symbol.dispose]();
    this.#storage[Symbol.dispose]();
    this.#devices[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    await Promise.allSettled(this.#pending);
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder[Symbol.asyncDispose]()));
  }

  async #run(): Promise<void> {
    const turns = Turns.of(this.#options.clock);
    while (!this.#stop.signal.aborted) {
      const queued = this.#binding < MOST_BINDING ? this.#queue.pop() : undefined;
      if (queued) this.#scheduleOne(queued);
      const wait = queued ? turns.take() : new Promise<void>((resolve) => (this.#wakeLoop = resolve));
      if (wait) await wait;
    }
  }

  #input(profile: Profile): CycleInput {
    const { random, percentageOfNodesToScore = 0 } = this.#options;
    const nominated = (node: string) => this.#nominator.on(node);
    return { profile, random, snapshot: this.#view.snapshot, percentageOfNodesToScore, nominated };
  }

  #scheduleOne(queued: QueuedPod): void {
    const { info, profile } = queued;
    try {
      const decision = schedulePod(info, this.#input(profile));
      if (decision.type === 'unfit') return this.#unfit(queued, decision);
      this.#keep(queued, decision);
      this.#place(queued, decision);
    } catch (error) {
      const message = messageOf(error);
      this.#options.log.error('scheduling cycle failed', { pod: info.key, error: message });
      this.#failed(queued, { reason: 'SchedulerError', message, nominate: '' }, { type: 'error' });
    }
  }

  #place(queued: QueuedPod, { node }: Fits): void {
    const { info, profile } = queued;
    this.#view.assume(info, node.name);
    const reserved = reserve(profile, info, node.name);
    if (reserved.type !== 'bound') {
      this.#inBackground(() => unreserve(profile, info, node.name));
      return this.#unplaced(queued, reserved);
    }
    const waits = profile.preBind.some((plugin) => plugin.waits?.(info));
    const weight = waits ? 0 : 1;
    this.#binding += weight;
    this.#inBackground(async () => {
      if (waits) await this.#nominate(info, node.name).catch(() => undefined);
      const bound = await bindPod({ profile, pod: info, node: node.name }, this.#options.clock, this.#stop.signal);
      this.#binding -= weight;
      if (this.#binding === MOST_BINDING - 1) this.#wakeLoop();
      if (bound.type === 'bound') {
        const { name, namespace } = info.pod.metadata;
        this.#event(queued, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node.name}`);
        return;
      }
      await unreserve(profile, info, node.name);
      this.#unplaced(queued, bound);
    });
  }

  /** A pod that had found its node does not get there. */
  #unplaced(queued: QueuedPod, why: Exclude<Bound, { type: 'bound' }>): void {
    if (this.#stop.signal.aborted || !this.#view.forget(queued.info)) return;
    if (why.type === 'error') {
      this.#failed(queued, { reason: 'SchedulerError', message: why.message, nominate: '' }, { type: 'error' });
    } else {
      const message = `0/1 nodes are available: 1 ${why.rejection.reasons.join(', ')}.`;
      this.#failed(queued, { reason: 'Unschedulable', message, nominate: '' }, { type: 'rejected', plugins: new Set([why.plugin]) });
    }
  }

  #unfit(queued: QueuedPod, decision: Unfit): void {
    const { diagnosis, nominate, victims, effects } = decision;
    const message = diagnosis.allNodes === 0 ? NO_NODES : fitMessage(diagnosis);
    this.#keep(queued, decision, message);
    for (const effect of effects) this.#inBackground(() => effect(this.#stop.signal));
    if (nominate !== undefined) this.#nominator.set(queued.info, nominate);
    if (nominate) this.#preempt(queued, nominate, victims.filter(({ terminating }) => !terminating));
    // Without any node nobody was asked: a new node is news to all.
    const plugins = diagnosis.allNodes === 0 ? new Set(queued.profile.plugins.map(({ name }) => name)) : diagnosis.plugins;
    this.#failed(queued, { reason: 'Unschedulable', message, nominate }, { type: 'rejected', plugins });
  }

  #failed(queued: QueuedPod, why: Unscheduled, failure: Failure): void {
    const current = this.#view.stillWaiting(queued.info);
    if (!current) return;
    this.#queue.returned({ ...queued, info: current }, failure);
    const note = why.message.length > LONGEST_NOTE ? `${why.message.slice(0, LONGEST_NOTE - 4)} ...` : why.message;
    this.#event(queued, 'Warning', 'FailedScheduling', note);
    const { client, clock } = this.#options;
    const patch = planStatusPatch(current.pod, why, clock.now());
    const { name, namespace = '' } = current.pod.metadata;
    if (patch) this.#inBackground(() => client.patch(Pod, name, patch, { namespace, subresource: 'status', signal: this.#stop.signal }));
  }

  /** Makes room on the node. The pod is not tried again before all its victims have been told to go. */
  #preempt(by: QueuedPod, node: string, victims: readonly PodInfo[]): void {
    const { uid, priority } = by.info;
    this.#preempting.add(uid);
    this.#inBackground(async () => {
      const lesser = this.#nominator.on(node).filter((other) => other.priority < priority);
      const done = await Promise.allSettled([...lesser.map((other) => this.#denominate(other)), ...victims.map((victim) => this.#evict(by, victim, node))]);
      this.#preempting.delete(uid);
      const failed = done.find((one) => one.status === 'rejected' && !isApiError(one.reason, 'NotFound', 'Conflict'));
      this.#queue.release(uid, failed !== undefined);
      if (failed?.status === 'rejected') throw failed.reason;
    });
  }

  /** Tells where a pod is expected that will be some time on its way (NominatedNodeNameForExpectation, on since v1.35). */
  #nominate({ pod: { metadata } }: PodInfo, node: string): Promise<unknown> {
    const { name, namespace = '', uid } = metadata;
    const body = { metadata: { uid }, status: { nominatedNodeName: node } };
    return this.#options.client.patch(Pod, name, { type: 'strategic', body }, { namespace, subresource: 'status', signal: this.#stop.signal });
  }

  /** A pod of lower priority was promised the same node: it may find another place sooner than it would wait here. */
  async #denominate({ pod, uid }: PodInfo): Promise<void> {
    const { name, namespace = '' } = pod.metadata;
    this.#nominator.delete(uid);
    const body = { metadata: { uid }, status: { nominatedNodeName: null } };
    await this.#options.client.patch(Pod, name, { type: 'strategic', body }, { namespace, subresource: 'status', signal: this.#stop.signal });
    this.#queue.release(uid, true);
  }

  /** The pod leaves with its own grace period, told why. */
  async #evict(by: QueuedPod, victim: PodInfo, node: string): Promise<void> {
    const { client, clock } = this.#options;
    const { name, namespace = '', uid } = victim.pod.metadata;
    const { signal } = this.#stop;
    const condition = disruptionTarget(by.profile.schedulerName, victim.pod, clock.now());
    await client.patch(Pod, name, { type: 'strategic', body: { metadata: { uid }, status: { conditions: [condition] } } }, { namespace, subresource: 'status', signal });
    await client.delete(Pod, name, { namespace, preconditions: { uid }, signal });
    this.#recorders.get(by.profile.schedulerName)?.event(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${by.info.uid} on node ${node}`);
  }

  #keep({ info, attempts }: QueuedPod, decision: Decision, message?: string): void {
    this.#decisions.keep(info.key, decision, { at: this.#options.clock.now(), attempts, ...(message !== undefined && { message }) });
  }

  #event({ info, profile }: QueuedPod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#recorders.get(profile.schedulerName)?.event(info.pod, type, reason, message);
  }

  #inBackground(work: () => Promise<unknown>): void {
    const done = work().then(
      () => undefined,
      (error: unknown) => {
        if (this.#stop.signal.aborted || isApiError(error, 'NotFound', 'Conflict')) return;
        this.#options.log.warn('write failed', { error: String(error) });
      },
    );
    this.#pending.add(done);
    void done.finally(() => this.#pending.delete(done));
  }
}

/** Resolves once it schedules. */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const scheduler = new Scheduler(options);
  await scheduler.start();
  return scheduler;
}
