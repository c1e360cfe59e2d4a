/**
 * The pod lifecycle event generator: again and again it lists what the runtime has and says which pods look otherwise than
 * before. Where the runtime tells of ends it lists right after each, and otherwise less often.
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
  /** How long a listing took, and how long after the one before it began. */
  readonly onListed?: (span: Millis, interval: Millis | undefined) => void;
  /** After each listing. */
  readonly onRelist: () => void;
}

/** Upstream calls the runtime unhealthy when no listing has succeeded for so long. */
const UNHEALTHY_AFTER: Millis = 180_000;

const PERIOD: Millis = 1000;
/** While the runtime tells of ends by itself. */
const RARELY = 3;

export function startPleg(options: PlegOptions): Pleg {
  const { cri, clock, log, period = PERIOD, onChange, onRelist, onListed } = options;
  const ends = followEnds(options);
  const stop = new AbortController();
  let pods: ReadonlyMap<string, PodIdentity> = new Map();
  let looks = new Map<string, string>();
  let succeededAt = clock.monotonic();
  let failing = false;

  let beganAt: Millis | undefined;
  const relist = async (): Promise<void> => {
    const began = clock.monotonic();
    const interval = beganAt === undefined ? undefined : began - beganAt;
    beganAt = began;
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
    onListed?.(succeededAt - began, interval);
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
      await ends.untilNext(ends.following ? period * RARELY : period);
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
      await ends[Symbol.asyncDispose]();
      await running;
    },
  };
}

interface Ends extends AsyncDisposable {
  /** Whether the runtime tells. */
  readonly following: boolean;
  /** Until `wait` has passed or something has ended, whichever comes first. */
  untilNext(wait: Millis): Promise<void>;
}

/** A runtime knows that a process has ended a little before it lists it so. */
const SETTLES: readonly Millis[] = [20, 100, 400];
const RETRY: Millis = 10_000;

function followEnds({ cri, clock, log }: Pick<PlegOptions, 'cri' | 'clock' | 'log'>): Ends {
  const stop = new AbortController();
  /** How many more looks the last end deserves. */
  let looks = 0;
  let following = false;
  let wake = new AbortController();
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        following = true;
        for await (const _id of cri.exits(stop.signal)) {
          looks = SETTLES.length;
          wake.abort();
        }
      } catch (error) {
        if (!stop.signal.aborted) log.debug('the runtime tells of no ends', { error: String(error) });
      }
      following = false;
      await clock.sleep(RETRY, stop.signal).catch(() => {});
    }
  };
  const running = follow();
  return {
    get following() {
      return following;
    },
    async untilNext(wait) {
      if (looks === 0) await clock.sleep(wait, AbortSignal.any([stop.signal, wake.signal])).catch(() => {});
      if (wake.signal.aborted) wake = new AbortController();
      if (looks > 0 && !stop.signal.aborted) await clock.sleep(SETTLES[SETTLES.length - looks--]!, stop.signal).catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
