/**
 * Frees the node before it starves: every ten seconds it looks at what is left, and where that is too little it frees images
 * and dead containers, and, where that does not do, ends one pod, then looks again.
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import { untolerated } from '../../rules/tolerations.ts';
import { isCritical } from '../pod.ts';
import type { PodSample } from '../stats/samples.ts';
import type { StatsProvider } from '../stats/provider.ts';
import type { Rejection } from '../sync/admission.ts';
import type { PodFailure } from '../sync/pod-sync.ts';
import { isLimited, storageViolation } from './local-storage.ts';
import { observationsOf } from './observe.ts';
import { rankPods } from './rank.ts';
import { look, NO_PRESSURE, parseThresholds, resourceOf, unsatisfied } from './thresholds.ts';
import type { EvictionConfig, Observations, PressureCondition, PressureState, Signal, Threshold } from './thresholds.ts';
import { conditionMessage, EVICTED, evictionMessage } from './words.ts';

export interface EvictionOptions {
  readonly config: EvictionConfig;
  /** False: pods may use more disk than their limits say. */
  readonly limitsStorage?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: StatsProvider;
  readonly activePods: () => readonly Pod[];
  /** Begins a pod's end. */
  readonly evict: (uid: string, failure: PodFailure, graceSeconds: number) => void;
  /** Whether nothing of the pod runs any more. */
  readonly hasEnded: (uid: string) => boolean;
  /** Frees what no pod needs: dead containers, images. */
  readonly reclaim: { readonly containers: () => Promise<void>; readonly images: () => Promise<void> };
  readonly tell: {
    readonly pod: (pod: Pod, message: string) => void;
    readonly node: (reason: string, message: string) => void;
  };
  /** For what a pod was evicted: a threshold's signal, or a limit of its own. */
  readonly onEvicted?: (signal: string) => void;
  readonly onConditions: (conditions: readonly PressureCondition[]) => void;
  readonly period?: Millis;
}

export interface EvictionManager extends AsyncDisposable {
  readonly conditions: readonly PressureCondition[];
  /** A node under pressure takes no pod that would go at once. */
  refuse(pod: Pod): Rejection | undefined;
  /** One look, as the loop takes. @returns the pods that were evicted */
  synchronize(): Promise<readonly Pod[]>;
}

const PERIOD: Millis = 10_000;
const TRANSITION_PERIOD: Millis = 300_000;
/** A pod that is evicted at once still gets this. */
const IMMEDIATE_GRACE_SECONDS = 1;
const CLEANUP_TIMEOUT: Millis = 30_000;
const CLEANUP_POLL: Millis = 1000;

/** @throws Error where the configuration is none */
export const startEviction = (options: EvictionOptions): EvictionManager => new Evictions(options);

class Evictions implements EvictionManager {
  readonly #options: EvictionOptions;
  readonly #thresholds: readonly Threshold[];
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #state: PressureState = NO_PRESSURE;
  #conditions: readonly PressureCondition[] = [];

  constructor(options: EvictionOptions) {
    this.#options = options;
    this.#thresholds = parseThresholds(options.config);
    this.#loop = this.#run();
  }

  get conditions(): readonly PressureCondition[] {
    return this.#conditions;
  }

  refuse(pod: Pod): Rejection | undefined {
    if (this.#conditions.length === 0 || isCritical(pod)) return undefined;
    // Memory is taken from best-effort pods first: others may come.
    if (this.#conditions.length === 1 && this.#conditions[0] === 'MemoryPressure') {
      if (qosClassOf(pod.spec) !== 'BestEffort') return undefined;
      if (untolerated(pod.spec.tolerations, [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }], ['NoSchedule']).length === 0) return undefined;
    }
    return { reason: EVICTED, message: conditionMessage(this.#conditions) };
  }

  async synchronize(): Promise<readonly Pod[]> {
    const { config, clock, stats, onConditions } = this.#options;
    const node = await stats.nodeNow();
    const observations = observationsOf(node);
    const { state, conditions, acting } = look(this.#state, {
      thresholds: this.#thresholds, observations, now: clock.monotonic(), transitionPeriod: config.pressureTransitionPeriod ?? TRANSITION_PERIOD,
    });
    const changed = conditions.join() !== this.#conditions.join();
    this.#state = state;
    this.#conditions = conditions;
    if (changed) onConditions(conditions);
    const { dedicatedImageFs } = node;
    const full = await this.#evictFull(dedicatedImageFs);
    if (full.length > 0) return full;
    const [urgent] = acting;
    return urgent ? this.#relieve({ urgent, acting, observations, dedicatedImageFs }) : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log, period = PERIOD } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(period, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        for (let evicted = await this.synchronize(); evicted.length > 0 && !signal.aborted; evicted = await this.synchronize()) await this.#untilEnded(evicted);
      } catch (error) {
        if (!signal.aborted) log.warn('eviction failed', { error: messageOf(error) });
      }
    }
  }

  /** Its memory and disk are free only then. */
  async #untilEnded(pods: readonly Pod[]): Promise<void> {
    const { clock, hasEnded } = this.#options;
    const until = clock.monotonic() + CLEANUP_TIMEOUT;
    while (!pods.every(({ metadata: { uid } }) => hasEnded(uid)) && clock.monotonic() < until && !this.#stop.signal.aborted) await clock.sleep(CLEANUP_POLL, this.#stop.signal).catch(() => {});
  }

  async #evictFull(dedicatedImageFs: boolean): Promise<readonly Pod[]> {
    const limited = this.#options.limitsStorage === false ? [] : this.#options.activePods().filter(isLimited);
    if (limited.length === 0) return [];
    const samples = byUid(await this.#options.stats.podsWithDisks());
    return limited.filter((pod) => {
      const sample = samples.get(pod.metadata.uid);
      const message = sample && storageViolation(pod, sample, { dedicatedImageFs });
      return message !== undefined && this.#evict(pod, { message, graceSeconds: IMMEDIATE_GRACE_SECONDS, signal: limitOf(message) });
    });
  }

  async #relieve({ urgent, acting, observations, dedicatedImageFs }: Relieving): Promise<readonly Pod[]> {
    const { config, stats, activePods, tell, log } = this.#options;
    const resource = resourceOf(urgent.signal);
    tell.node('EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    log.info('the node is short of a resource', { resource, signal: urgent.signal });
    if (await this.#reclaim(urgent.signal, dedicatedImageFs)) return [];
    const samples = byUid(await (resource === 'memory' || resource === 'pids' ? stats.pods() : stats.podsWithDisks()));
    const graceSeconds = urgent.grace === 0 ? IMMEDIATE_GRACE_SECONDS : config.maxPodGracePeriodSeconds ?? 0;
    for (const pod of rankPods(activePods(), urgent.signal, { samples, dedicatedImageFs })) {
      const message = evictionMessage(pod, samples.get(pod.metadata.uid), { resource, thresholds: acting, observations });
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message } as const;
      if (this.#evict(pod, { message, graceSeconds, condition, signal: urgent.signal })) return [pod];
    }
    return [];
  }

  /** @returns whether that was enough */
  async #reclaim(signal: Signal, dedicatedImageFs: boolean): Promise<boolean> {
    const { reclaim, stats } = this.#options;
    const onImageFs = signal.startsWith('imagefs') || signal.startsWith('containerfs');
    if (!onImageFs && !(signal.startsWith('nodefs') && !dedicatedImageFs)) return false;
    await reclaim.containers();
    await reclaim.images();
    return unsatisfied(this.#thresholds, observationsOf(await stats.nodeNow())).length === 0;
  }

  #evict(pod: Pod, { message, graceSeconds, condition, signal }: { readonly message: string; readonly graceSeconds: number; readonly condition?: PodFailure['condition']; readonly signal: string }): boolean {
    if (isCritical(pod)) return false;
    const { evict, tell, log, onEvicted } = this.#options;
    onEvicted?.(signal);
    log.info('evicting a pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, message });
    tell.pod(pod, message);
    evict(pod.metadata.uid, { reason: EVICTED, message, ...(condition ? { condition } : {}) }, graceSeconds);
    return true;
  }
}

interface Relieving {
  readonly urgent: Threshold;
  readonly acting: readonly Threshold[];
  readonly observations: Observations;
  readonly dedicatedImageFs: boolean;
}

/** As upstream counts evictions for a pod's own limits. */
const limitOf = (message: string): string =>
  message.startsWith('Usage of EmptyDir') ? 'emptydirfs.limit' : message.startsWith('Pod ephemeral') ? 'ephemeralpodfs.limit' : 'ephemeralcontainerfs.limit';

const byUid = (samples: readonly PodSample[]): ReadonlyMap<string, PodSample> => new Map(samples.map((sample) => [sample.pod.metadata.uid, sample]));
