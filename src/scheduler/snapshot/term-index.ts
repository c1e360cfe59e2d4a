import type { PodInfo } from '../framework/pod-info.ts';
import type { PodTerm, PodTerms } from '../framework/pod-terms.ts';
import { grown } from './pod-counts.ts';

/** A term that pods there have, and how many with it each node has: all replicas of a workload share theirs. */
export interface TermGroup {
  readonly term: PodTerm;
  /** By slot; may end before the last one. */
  counts: Int32Array;
  total: number;
}

export type TermKind = keyof PodTerms;
const KINDS: readonly TermKind[] = ['requiredAffinity', 'requiredAntiAffinity', 'preferredAffinity', 'preferredAntiAffinity'];

/** What the pods that are placed say about other pods, so that an incoming one is held against terms and not against pods. */
export class TermIndex {
  readonly #groups: Readonly<Record<TermKind, Map<string, TermGroup>>> = {
    requiredAffinity: new Map(), requiredAntiAffinity: new Map(), preferredAffinity: new Map(), preferredAntiAffinity: new Map(),
  };

  of(kind: TermKind): Iterable<TermGroup> {
    return this.#groups[kind].values();
  }

  /** A pod came to a slot or left it. */
  count(pod: PodInfo, slot: number, by: 1 | -1): void {
    if (!pod.hasPodAffinity) return;
    for (const kind of KINDS) for (const term of pod.terms[kind]) this.#countTerm(kind, term, { slot, by });
  }

  #countTerm(kind: TermKind, term: PodTerm, { slot, by }: { readonly slot: number; readonly by: 1 | -1 }): void {
    const groups = this.#groups[kind];
    let group = groups.get(term.key);
    if (!group) groups.set(term.key, (group = { term, counts: new Int32Array(slot + 1), total: 0 }));
    if (slot >= group.counts.length) group.counts = grown(group.counts, slot + 1);
    group.counts[slot]! += by;
    group.total += by;
    if (group.total === 0) groups.delete(term.key);
  }
}
