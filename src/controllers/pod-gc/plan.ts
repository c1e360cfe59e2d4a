import type { Millis } from '../../base/clock.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';

/** Ended pods that are kept for people to look at. */
export const TERMINATED_KEPT = 12_500;
/** How long a node must be missing before its pods count as orphans. */
export const QUARANTINE: Millis = 40_000;

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** What one round removes, as data. */
export interface Plan {
  /** Ended pods beyond the limit, oldest first. */
  readonly ended: readonly Pod[];
  /** Pods of nodes that are gone. */
  readonly orphaned: readonly Pod[];
  /** Pods told to go before they had a node: no kubelet will see them off. */
  readonly unscheduled: readonly Pod[];
  /** Pods told to go on nodes declared out of service. */
  readonly stranded: readonly Pod[];
}

/** @param goneNodes names that stand in pods but, for longer than the quarantine, for no node */
export function plan(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>, goneNodes: ReadonlySet<string>): Plan {
  const ended = pods.filter((pod) => isTerminalPhase(pod.status.phase) && pod.metadata.deletionTimestamp === undefined).sort(byCreation);
  const leaving = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
  return {
    ended: ended.slice(0, Math.max(0, ended.length - TERMINATED_KEPT)),
    orphaned: pods.filter(({ spec }) => goneNodes.has(spec.nodeName ?? '')),
    unscheduled: leaving.filter(({ spec }) => (spec.nodeName ?? '') === ''),
    stranded: leaving.filter(({ spec }) => isOutOfService(nodes.get(spec.nodeName ?? ''))),
  };
}

const byCreation = (a: Pod, b: Pod): number =>
  a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : a.metadata.creationTimestamp > b.metadata.creationTimestamp ? 1 : 0;

function isOutOfService(node: Node | undefined): boolean {
  const ready = node?.status.conditions?.find((one) => one.type === 'Ready')?.status;
  return node !== undefined && ready !== 'True' && (node.spec.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE);
}
