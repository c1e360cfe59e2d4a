import type { Snapshot } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import type { Constraint } from './constraints.ts';

interface Counted {
  readonly constraint: Constraint;
  /** By how much the domain would exceed the emptiest one with the pod in it. */
  readonly skewAt: (domain: string) => number;
}

export interface HardState {
  readonly constraints: readonly Counted[];
  count(other: PodInfo, node: NodeInfo, by: 1 | -1): void;
}

/** Matching pods in each domain, for constraints that must hold. Only nodes with every topology key take part. */
export function countHard(pod: PodInfo, constraints: readonly Constraint[], { table }: Snapshot): HardState {
  const takesPart = (node: NodeInfo) => constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);
  const nodes = table.nodes.filter(takesPart);
  const counts = constraints.map((constraint) => {
    const perNode = table.podCounts(pod.namespace, constraint);
    const domains = new Map<string, number>();
    for (const node of nodes) {
      if (constraint.includes?.(node) === false) continue;
      const value = node.labels[constraint.topologyKey]!;
      domains.set(value, (domains.get(value) ?? 0) + perNode[node.slot]!);
    }
    return { constraint, domains, self: constraint.selects(pod.labels) ? 1 : 0 };
  });
  return {
    constraints: counts.map(({ constraint, domains, self }) => ({
      constraint,
      skewAt: (domain) => (domains.get(domain) ?? 0) + self - emptiest(domains, constraint.minDomains),
    })),
    count(other, node, by) {
      if (other.namespace !== pod.namespace || other.terminating || !takesPart(node)) return;
      for (const { constraint, domains } of counts) {
        if (constraint.includes?.(node) === false || !constraint.selects(other.labels)) continue;
        const value = node.labels[constraint.topologyKey]!;
        domains.set(value, (domains.get(value) ?? 0) + by);
      }
    },
  };
}

/** Fewer domains than asked for count as if an empty one were there. */
function emptiest(domains: ReadonlyMap<string, number>, minDomains: number): number {
  if (domains.size < minDomains) return 0;
  let min = Infinity;
  for (const count of domains.values()) if (count < min) min = count;
  return min;
}
