import type { Snapshot } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NamespaceLabels, PodTerm } from '../../framework/pod-terms.ts';
import { pass, reject, rejectForGood, type Verdict } from '../../framework/verdict.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
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
  const wanted = new TopologyCounts();
  const unwanted = new TopologyCounts();
  const unwelcome = new TopologyCounts();
  const countOwn = (other: PodInfo, node: NodeInfo, by: 1 | -1) => {
    if (meetsAll(requiredAffinity, other, namespaceLabels)) for (const { topologyKey } of requiredAffinity) wanted.add(topologyKey, node, by);
    for (const term of requiredAntiAffinity) if (term.matches(other, namespaceLabels)) unwanted.add(term.topologyKey, node, by);
  };
  const countTheirs = (other: PodInfo, node: NodeInfo, by: 1 | -1) => {
    for (const term of other.terms.requiredAntiAffinity) {
      if (term.matches(pod, namespaceLabels)) unwelcome.add(term.topologyKey, node, by);
    }
  };
  for (const node of table.nodesWithAffinity) for (const other of node.podsWithAffinity.values()) countTheirs(other, node, 1);
  const hasOwn = requiredAffinity.length > 0 || requiredAntiAffinity.length > 0;
  if (!hasOwn && unwelcome.empty) return undefined;
  if (hasOwn) for (const node of table.nodes) for (const other of node.pods.values()) countOwn(other, node, 1);
  return {
    wanted, unwanted, unwelcome,
    wantsItself: meetsAll(requiredAffinity, pod, namespaceLabels),
    count(other, node, by) {
      countTheirs(other, node, by);
      if (hasOwn) countOwn(other, node, by);
    },
  };
}

function meetsAll(terms: readonly PodTerm[], pod: PodInfo, namespaceLabels: NamespaceLabels): boolean {
  return terms.length > 0 && terms.every((term) => term.matches(pod, namespaceLabels));
}

export function checkTerms({ terms }: PodInfo, node: NodeInfo, { wanted, unwanted, unwelcome, wantsItself }: Constraints): Verdict {
  if (!isNear(terms.requiredAffinity, node, { wanted, wantsItself })) return NOT_NEAR;
  if (terms.requiredAntiAffinity.length > 0 && unwanted.hits(node)) return TOO_NEAR;
  return unwelcome.hits(node) ? UNWELCOME : pass;
}

function isNear(terms: readonly PodTerm[], node: NodeInfo, { wanted, wantsItself }: Pick<Constraints, 'wanted' | 'wantsItself'>): boolean {
  if (terms.some(({ topologyKey }) => node.labels[topologyKey] === undefined)) return false;
  return terms.every(({ topologyKey }) => wanted.get(topologyKey, node) > 0) || (wanted.empty && wantsItself);
}
