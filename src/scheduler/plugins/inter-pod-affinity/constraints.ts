import type { Snapshot } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NamespaceLabels, PodTerm } from '../../framework/pod-terms.ts';
import { pass, reject, rejectForGood, type Verdict } from '../../framework/verdict.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import type { PodSet } from '../../snapshot/pod-counts.ts';
import { TopologyCounts } from '../../snapshot/topology.ts';

const NOT_NEAR = rejectForGood("node(s) didn't match pod affinity rules");
const TOO_NEAR = reject("node(s) didn't match pod anti-affinity rules");
const UNWELCOME = reject("node(s) didn't satisfy existing pods anti-affinity rules");

/** What is required, counted by topology over the pods that are there. */
export interface Constraints {
  /** Pods that meet every affinity term of the incoming pod. */
  readonly wanted: TopologyCounts;
  /** Pods that meet one of its anti-affinity terms. */
  readonly unwanted: TopologyCounts;
  /** Pods whose own anti-affinity speaks of the incoming pod. */
  readonly unwelcome: TopologyCounts;
  /** Whether the incoming pod meets its own affinity terms: the first of a group has nobody to be near. */
  readonly wantsItself: boolean;
  count(other: PodInfo, node: NodeInfo, by: 1 | -1): void;
}

/** undefined when neither the pod nor any pod there has something to say. */
export function countTerms(pod: PodInfo, { table, namespaceLabels }: Snapshot): Constraints | undefined {
  const { requiredAffinity, requiredAntiAffinity } = pod.terms;
  const domainsOf = (key: string) => table.domains(key);
  const wanted = new TopologyCounts(domainsOf);
  const unwanted = new TopologyCounts(domainsOf);
  const unwelcome = new TopologyCounts(domainsOf);
  for (const { term, counts } of table.terms('requiredAntiAffinity')) {
    if (term.matches(pod, namespaceLabels)) unwelcome.addAll(term.topologyKey, counts);
  }
  if (requiredAffinity.length === 0 && requiredAntiAffinity.length === 0 && unwelcome.empty) return undefined;
  if (requiredAffinity.length > 0) {
    const perNode = table.podCounts(meeting(requiredAffinity, namespaceLabels));
    for (const { topologyKey } of requiredAffinity) wanted.addAll(topologyKey, perNode);
  }
  for (const term of requiredAntiAffinity) unwanted.addAll(term.topologyKey, table.podCounts(meeting([term], namespaceLabels)));
  return {
    wanted, unwanted, unwelcome,
    wantsItself: meetsAll(requiredAffinity, pod, namespaceLabels),
    count(other, { slot }, by) {
      for (const term of other.terms.requiredAntiAffinity) if (term.matches(pod, namespaceLabels)) unwelcome.add(term.topologyKey, slot, by);
      if (meetsAll(requiredAffinity, other, namespaceLabels)) for (const { topologyKey } of requiredAffinity) wanted.add(topologyKey, slot, by);
      for (const term of requiredAntiAffinity) if (term.matches(other, namespaceLabels)) unwanted.add(term.topologyKey, slot, by);
    },
  };
}

/** The pods that each of the terms speaks of. */
export function meeting(terms: readonly PodTerm[], namespaceLabels: NamespaceLabels): PodSet {
  const { namespaces, anchor } = terms[0]!;
  return {
    key: terms.map(({ key }) => key).join(),
    namespaces,
    ...(anchor !== undefined && { anchor }),
    has: (pod) => meetsAll(terms, pod, namespaceLabels),
  };
}

export function meetsAll(terms: readonly PodTerm[], pod: PodInfo, namespaceLabels: NamespaceLabels): boolean {
  return terms.length > 0 && terms.every((term) => term.matches(pod, namespaceLabels));
}

export function checkTerms({ terms }: PodInfo, node: NodeInfo, { wanted, unwanted, unwelcome, wantsItself }: Constraints): Verdict {
  if (!isNear(terms.requiredAffinity, node, { wanted, wantsItself })) return NOT_NEAR;
  if (unwanted.hits(node.slot)) return TOO_NEAR;
  return unwelcome.hits(node.slot) ? UNWELCOME : pass;
}

function isNear(terms: readonly PodTerm[], { labels, slot }: NodeInfo, { wanted, wantsItself }: Pick<Constraints, 'wanted' | 'wantsItself'>): boolean {
  if (terms.some(({ topologyKey }) => labels[topologyKey] === undefined)) return false;
  return terms.every(({ topologyKey }) => wanted.get(topologyKey, slot) > 0) || (wanted.empty && wantsItself);
}
