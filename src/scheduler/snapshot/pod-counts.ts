import type { PodInfo } from '../framework/pod-info.ts';

/** A set of pods, as a selector and namespaces make it. */
export interface PodSet {
  /** Equal keys mean equal sets. */
  readonly key: string;
  /** Where its pods may be; undefined: in any namespace. */
  readonly namespaces: readonly string[] | undefined;
  /** A label, as `key=value`, that all its pods have: spares asking about those without it. */
  readonly anchor?: string;
  has(pod: PodInfo): boolean;
}

interface Running {
  readonly set: PodSet;
  counts: Int32Array;
}

/** Every pod that counts somewhere, and its slot. */
type Placed = () => Iterable<readonly [PodInfo, number]>;

const ANYWHERE = '*';

/**
 * How many pods of a set each node has, kept running: the replicas of one Deployment ask for the same set again and again,
 * and counting 150,000 pods each time would be the scheduler's slowest step. Sets not asked for lately are dropped.
 */
export class PodCounts {
  /** In the order they were last asked for. */
  readonly #sets = new Map<string, Running>();
  /** By namespace and anchor, so that a pod is held against few sets. */
  readonly #buckets = new Map<string, Set<Running>>();
  readonly #most: number;

  constructor(most = 512) {
    this.#most = most;
  }

  /** By slot. `pods` is read when the set is new. */
  get(set: PodSet, all: { readonly slots: number; readonly pods: Placed }): Int32Array {
    let running = this.#sets.get(set.key);
    if (running) this.#sets.delete(set.key);
    else running = this.#start(set, all);
    this.#sets.set(set.key, running);
    if (running.counts.length < all.slots) running.counts = grown(running.counts, all.slots);
    if (this.#sets.size > this.#most) this.#drop(this.#sets.values().next().value!);
    return running.counts;
  }

  /** A pod came to a slot or left it. */
  count(pod: PodInfo, slot: number, by: 1 | -1): void {
    if (this.#sets.size === 0) return;
    for (const namespace of [pod.namespace, ANYWHERE]) {
      this.#countIn(this.#buckets.get(`${namespace} `), pod, { slot, by });
      for (const label in pod.labels) this.#countIn(this.#buckets.get(`${namespace} ${label}=${pod.labels[label]}`), pod, { slot, by });
    }
  }

  /** Namespaces have other labels now: what went by those is counted anew. */
  namespacesChanged(): void {
    for (const running of this.#sets.values()) if (running.set.namespaces === undefined) this.#drop(running);
  }

  #countIn(sets: ReadonlySet<Running> | undefined, pod: PodInfo, { slot, by }: { readonly slot: number; readonly by: 1 | -1 }): void {
    for (const running of sets ?? []) {
      if (!running.set.has(pod)) continue;
      if (slot >= running.counts.length) running.counts = grown(running.counts, slot + 1);
      running.counts[slot]! += by;
    }
  }

  #start(set: PodSet, { slots, pods }: { readonly slots: number; readonly pods: Placed }): Running {
    const counts = new Int32Array(slots);
    for (const [pod, slot] of pods()) if (set.has(pod)) counts[slot]!++;
    const running: Running = { set, counts };
    for (const bucket of bucketsOf(set)) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? new Set()).add(running));
    return running;
  }

  #drop(running: Running): void {
    this.#sets.delete(running.set.key);
    for (const bucket of bucketsOf(running.set)) {
      const others = this.#buckets.get(bucket);
      others?.delete(running);
      if (others?.size === 0) this.#buckets.delete(bucket);
    }
  }
}

const bucketsOf = ({ namespaces, anchor = '' }: PodSet): readonly string[] =>
  (namespaces ?? [ANYWHERE]).map((namespace) => `${namespace} ${anchor}`);

/** A longer copy. */
export function grown(counts: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(Math.max(size, counts.length * 2));
  larger.set(counts);
  return larger;
}
