/**
 * The pod lifecycle event generator: once a second it lists what the runtime has and says which pods look otherwise than
 * before. Events of the runtime would be cheaper; containerd before 1.7 has none.
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Cri } from '../cri/cri.ts';
import { ownerOf } from './pod-runtime.ts';

export interface PodIdentity {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
}

export interface Pleg extends AsyncDisposable {
  /** The pods the last listing found. */
  readonly pods: ReadonlyMap<string, PodIdentity>;
  /** Whether listings succeed; a node whose runtime does not answer is not ready. */
  readonly healthy: boolean;
  relist(): Promise<void>;
}

export interface PlegOptions {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly log: Logger;
  readonly period?: Millis;
  readonly onChange: (pod: PodIdentity) => void;
  /** After each listing. */
  readonly onRelist: () => void;
}

/** Upstream calls the runtime unhealthy when no listing has succeeded for so long. */
const UNHEALTHY_AFTER: Millis = 180_000;

export function startPleg(options: PlegOptions): Pleg {
  const { cri, clock, log, period = 1000, onChange, onRelist } = options;
  const stop = new AbortController();
  let pods: ReadonlyMap<string, PodIdentity> = new Map();
  let looks = new Map<string, string>();
  let succeededAt = clock.monotonic();
  let failing = false;

  const relist = async (): Promise<void> => {
    const [sandboxes, containers] = await Promise.all([cri.listPodSandboxes({}, stop.signal), cri.listContainers({}, stop.signal)]);
    const found = new Map<string, PodIdentity>();
    const parts = new Map<string, string[]>();
    for (const { id, labels, state } of [...sandboxes, ...containers]) {
      const owner = ownerOf(labels);
      if (!owner) continue;
      found.set(owner.uid, owner);
      parts.set(owner.uid, [...(parts.get(owner.uid) ?? []), `${id}:${state}`]);
    }
    const next = new Map([...parts].map(([uid, each]) => [uid, each.toSorted().join()]));
    const before = looks;
    const earlier = pods;
    [looks, pods] = [next, found];
    succeededAt = clock.monotonic();
    for (const [uid, pod] of found) if (before.get(uid) !== next.get(uid)) onChange(pod);
    for (const [uid, pod] of earlier) if (!found.has(uid)) onChange(pod);
    onRelist();
  };

  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await relist();
        if (failing) log.info('the container runtime answers again');
        failing = false;
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!failing) log.warn('the container runtime does not answer', { error: String(error) });
        failing = true;
      }
      await clock.sleep(period, stop.signal).catch(() => {});
    }
  };
  const running = loop();

  return {
    get pods() {
      return pods;
    },
    get healthy() {
      return clock.monotonic() - succeededAt < UNHEALTHY_AFTER;
    },
    relist,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
