import { MAX_SCORE } from '../../framework/normalize.ts';
import type { Snapshot } from '../../framework/plugin.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import type { Constraint } from './constraints.ts';

const HOSTNAME = 'kubernetes.io/hostname';
/** A score no node can have: the node lacks a topology key and gets 0 in the end. */
const IGNORED = -1;

interface Weighed {
  readonly constraint: Constraint;
  /** Grows with the number of domains, so that zones are not drowned by the many hosts. */
  readonly weight: number;
  readonly countAt: (node: NodeInfo) => number;
}

export interface SoftState {
  readonly weighed: readonly Weighed[];
  readonly ignores: (node: NodeInfo) => boolean;
}

interface SoftInput {
  readonly nodes: readonly NodeInfo[];
  readonly snapshot: Snapshot;
  /** A node must have every topology key, as where the pod named them; the defaults do without. */
  readonly requireAll: boolean;
}

/** Matching pods in each domain that a feasible node lies in. */
export function countSoft(constraints: readonly Constraint[], { nodes, snapshot: { table }, requireAll }: SoftInput): SoftState {
  const ignores = (node: NodeInfo) => requireAll && constraints.some(({ topologyKey }) => node.labels[topologyKey] === undefined);
  const candidates = nodes.filter((node) => !ignores(node));
  const weighed = constraints.map((constraint): Weighed => {
    const { topologyKey } = constraint;
    const perNode = table.podCounts(constraint.counted);
    if (topologyKey === HOSTNAME) {
      return { constraint, weight: Math.log(candidates.length + 2), countAt: ({ slot }) => perNode[slot]! };
    }
    const { domainOf, size } = table.domains(topologyKey);
    const sums = new Float64Array(size);
    if (constraint.includes === undefined && !requireAll) for (let slot = 0; slot < domainOf.length; slot++) sums[domainOf[slot]!]! += perNode[slot]!;
    else for (const node of table.nodes) if (constraint.includes?.(node) !== false && !ignores(node)) sums[domainOf[node.slot]!]! += perNode[node.slot]!;
    const seen = new Set(candidates.map(({ slot }) => domainOf[slot]!).filter((domain) => domain > 0));
    return { constraint, weight: Math.log(seen.size + 2), countAt: ({ slot }) => (domainOf[slot] === 0 ? 0 : sums[domainOf[slot]!]!) };
  });
  return { weighed, ignores };
}

export function scoreSoft(node: NodeInfo, { weighed, ignores }: SoftState): number {
  if (ignores(node)) return IGNORED;
  let score = 0;
  for (const { constraint, weight, countAt } of weighed) {
    if (node.labels[constraint.topologyKey] === undefined) continue;
    score += countAt(node) * weight + constraint.maxSkew - 1;
  }
  return Math.round(score);
}

/** Fewer matching pods are better; ignored nodes get 0. */
export function normalizeSoft(scores: Float64Array): void {
  let min = Infinity;
  let max = 0;
  for (const score of scores) {
    if (score === IGNORED) continue;
    if (score < min) min = score;
    if (score > max) max = score;
  }
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === IGNORED) scores[i] = 0;
    else scores[i] = max === 0 ? MAX_SCORE : Math.trunc((MAX_SCORE * (max + min - scores[i]!)) / max);
  }
}
