import type { NodeInfo } from '../snapshot/node-info.ts';
import type { Rejection } from './verdict.ts';

/** Why one node will not do, and who says so. */
export interface NodeVerdict {
  readonly node: NodeInfo;
  readonly plugin: string;
  readonly rejection: Rejection;
}

/** Why a pod fits nowhere. */
export interface Diagnosis {
  readonly allNodes: number;
  readonly verdicts: readonly NodeVerdict[];
  /** For the nodes that `verdicts` leaves out. */
  readonly absent?: Rejection;
  /** The pod was rejected before any node was looked at. */
  readonly preFilterMessage?: string;
  /** The plugins that rejected it: what they wake on wakes it. */
  readonly plugins: ReadonlySet<string>;
  readonly postFilterMessage: string;
}

export const NO_NODES = 'no nodes available to schedule pods';

/** `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: …`, as upstream words it. */
export function fitMessage({ allNodes, verdicts, absent, preFilterMessage, postFilterMessage }: Diagnosis): string {
  let message = `0/${allNodes} nodes are available:`;
  if (preFilterMessage) message += ` ${preFilterMessage}.`;
  else {
    const counts = countReasons(verdicts, absent, allNodes - verdicts.length);
    if (counts.length > 0) message += ` ${counts.join(', ')}.`;
  }
  return postFilterMessage ? `${message} ${postFilterMessage}` : message;
}

/** `2 Insufficient cpu`, sorted as text. */
function countReasons(verdicts: readonly NodeVerdict[], absent: Rejection | undefined, others: number): string[] {
  const counts = new Map<string, number>();
  const count = (reason: string, by: number) => void counts.set(reason, (counts.get(reason) ?? 0) + by);
  for (const { rejection } of verdicts) for (const reason of rejection.reasons) count(reason, 1);
  if (others > 0) for (const reason of absent?.reasons ?? []) count(reason, others);
  return [...counts].map(([reason, times]) => `${times} ${reason}`).toSorted((a, b) => (a < b ? -1 : 1));
}
