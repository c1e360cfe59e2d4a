import type { LabelMatcher } from '../framework/label-matcher.ts';
import type { PodInfo } from '../framework/pod-info.ts';

/** A set of pods, by the selector that makes it. */
export interface PodSet {
  readonly selectorKey: string;
  readonly selects: LabelMatcher;
}

interface Running {
  readonly namespace: string;
  readonly selects: LabelMatcher;
  counts: Int32Array;
}

/**
 * How many pods of a set each node has, kept running: the replicas of one Deployment ask for the same set again and again,
 * and counting 150,000 pods each time would be the scheduler's slowest step. Sets not asked for lately are dropped.
 */
export class PodCounts {
  readonly #sets = new Map<string, Running>();
  readonly #byNamespace = new Map<string, Set<Running>>();
  readonly #most: number;

  constructor(most = 256) {
    this.#most = most;
  }

  /** By slot. `pods`: every pod of the namespace and its slot, read when the set is new. */
  get(namespace: string, set: PodSet, all: { readonly slots: number; readonly pods: () => Iterable<readonly [PodInfo, number]> }): Int32Array {
    const key = `${namespace} ${set.selectorKey}`;
    let running = this.#sets.get(key);
    if (running) this.#sets.delete(key);
    else running = this.#start(namespace, set, all);
    this.#sets.set(key, running);
    if (running.counts.length < all.slots) running.counts = grown(running.counts, all.slots);
    this.#dropOldest();
    return running.counts;
  }

  /** A pod came to a slot or left it. */
  count(pod: PodInfo, slot: number, by: 1 | -1): void {
    if (pod.terminating) return;
    for (const running of this.#byNamespace.get(pod.namespace) ?? []) {
      if (!running.selects(pod.labels)) continue;
      if (slot >= running.counts.length) running.counts = grown(running.counts, slot + 1);
      running.counts[slot]! += by;
    }
  }

  #start(namespace: string, { selects }: PodSet, { slots, pods }: { slots: number; pods: () => Iterable<readonly [PodInfo, number]> }): Running {
    const counts = new Int32Array(slots);
    for (const [pod, slot] of pods()) if (pod.namespace === namespace && !pod.terminating && selects(pod.labels)) counts[slot]!++;
    const running: Running = { namespace, selects, counts };
    const others = this.#byNamespace.get(namespace) ?? new Set<Running>();
    this.#byNamespace.set(namespace, others.add(running));
    return running;
  }

  #dropOldest(): void {
    if (this.#sets.size <= this.#most) return;
    const [key, running] = this.#sets.entries().next().value!;
    this.#sets.delete(key);
    const others = this.#byNamespace.get(running.namespace);
    others?.delete(running);
    if (others?.size === 0) this.#byNamespace.delete(running.namespace);
  }
}

function grown(counts: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(Math.max(size, counts.length * 2));
  larger.set(counts);
  return larger;
}
