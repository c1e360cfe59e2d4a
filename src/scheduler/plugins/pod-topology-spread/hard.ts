import type { Snapshot } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import type { Domains } from '../../snapshot/node-table.ts';
import type { Constraint } from './constraints.ts';

export interface HardState {
  readonly counts: readonly DomainCounts[];
  count(other: PodInfo, node: NodeInfo, by: 1 | -1): void;
}

/** Matching pods in each domain, for constraints that must hold. Only nodes with every topology key take part. */
export function countHard(pod: PodInfo, constraints: readonly Constraint[], { table }: Snapshot): HardState {
  const counts = constraints.map((constraint) => new DomainCounts(constraint, table.domains(constraint.topologyKey), constraint.selects(pod.labels)));
  const takesPart = (slot: number) => counts.every((one) => one.has(slot));
  const nodes = table.nodes.filter(({ slot }) => takesPart(slot));
  for (const one of counts) {
    const perNode = table.podCounts(one.constraint.counted);
    for (const node of nodes) if (one.constraint.includes?.(node) !== false) one.open(node.slot, perNode[node.slot]!);
  }
  return {
    counts,
    count(other, node, by) {
      if (!takesPart(node.slot)) return;
      for (const one of counts) if (one.constraint.includes?.(node) !== false && one.constraint.counted.has(other)) one.open(node.slot, by);
    },
  };
}

/** How many pods each domain of one constraint has. */
class DomainCounts {
  readonly constraint: Constraint;
  readonly #domains: Domains;
  readonly #self: number;
  /** By domain; -1 where no node takes part. */
  readonly #counts: Int32Array;
  /** The fewest in a domain; undefined when not known. */
  #least: number | undefined;

  constructor(constraint: Constraint, domains: Domains, countsItself: boolean) {
    this.constraint = constraint;
    this.#domains = domains;
    this.#self = countsItself ? 1 : 0;
    this.#counts = new Int32Array(domains.size).fill(-1);
  }

  /** Whether the node has the topology key at all. */
  has(slot: number): boolean {
    return (this.#domains.domainOf[slot] ?? 0) > 0;
  }

  /** The node's domain takes part, with so many pods more. */
  open(slot: number, pods: number): void {
    const domain = this.#domains.domainOf[slot]!;
    this.#counts[domain] = Math.max(0, this.#counts[domain]!) + pods;
    this.#least = undefined;
  }

  /** By how much the node's domain would exceed the emptiest one with the pod in it. */
  skewAt(slot: number): number {
    return Math.max(0, this.#counts[this.#domains.domainOf[slot]!]!) + this.#self - (this.#least ??= this.#emptiest());
  }

  /** Fewer domains than asked for count as if an empty one were there. */
  #emptiest(): number {
    let least = Infinity;
    let domains = 0;
    for (const count of this.#counts) {
      if (count < 0) continue;
      domains++;
      if (count < least) least = count;
    }
    return domains < this.constraint.minDomains ? 0 : least;
  }
}
