/**
 * Graceful node shutdown (KEP-2000, KEP-2712): the node is no longer ready and takes no pods, and those it has end by their
 * priority, each as long as configured at most. Who runs the kubelet says when: there is no inhibitor lock with logind here.
 */
import type { Clock, Millis } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import type { ShutdownOptions } from '../../options.ts';
import type { Rejection } from '../../sync/admission.ts';
import type { PodWorkers } from '../../sync/pod-workers.ts';
import { shutdownPhases } from './plan.ts';

export interface NodeShutdownOptions {
  /** Without it pods are left as they are. */
  readonly config?: ShutdownOptions | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly workers: () => Pick<PodWorkers, 'running' | 'evict' | 'hasEnded'>;
  /** An event about the node. */
  readonly tellNode: (reason: string, message: string) => void;
  /** The node's conditions are others now. */
  readonly onConditions: () => void;
  /** Until what was last said of pods has reached the API. */
  readonly told: () => Promise<void>;
}

const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const FAILURE = {
  reason: 'Terminated', message: MESSAGE, condition: { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: MESSAGE },
} as const;

/** Between two looks whether all of a phase have ended, and how much longer than its period a phase is waited for. */
const LOOK: Millis = 100;
const SLACK: Millis = 2000;

export class NodeShutdown {
  readonly #options: NodeShutdownOptions;
  #running: Promise<void> | undefined;

  constructor(options: NodeShutdownOptions) {
    this.#options = options;
  }

  /** Why the node is not ready. */
  trouble(): readonly string[] {
    return this.#running ? ['node is shutting down'] : [];
  }

  refuse(): Rejection | undefined {
    return this.#running && { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
  }

  /** Resolves when no pod runs any more, or its time is up. There is no way back. */
  run(signal?: AbortSignal): Promise<void> {
    const { config } = this.#options;
    if (!config) return Promise.resolve();
    this.#running ??= this.#end(config, signal);
    return this.#running;
  }

  async #end(config: ShutdownOptions, signal?: AbortSignal): Promise<void> {
    const { clock, log, workers, tellNode, onConditions, told } = this.#options;
    // After `#running` is set: from here on the node says so.
    await Promise.resolve();
    tellNode('Shutdown', 'Shutdown manager detected shutdown event');
    onConditions();
    for (const { pods, seconds } of shutdownPhases(config, workers().running())) {
      log.info('the node shuts down: pods end', { pods: pods.length, seconds });
      for (const { metadata: { uid } } of pods) workers().evict(uid, FAILURE, seconds);
      const until = clock.monotonic() + seconds * 1000 + SLACK;
      const left = () => pods.filter(({ metadata: { uid } }) => !workers().hasEnded(uid));
      while (left().length > 0 && clock.monotonic() < until) await clock.sleep(LOOK, signal);
      if (left().length > 0) log.warn('pods have not ended in time', { pods: left().map(({ metadata: { namespace, name } }) => `${namespace}/${name}`) });
    }
    await told();
  }
}
