import type { Millis } from '../../base/clock.ts';
import type { Node } from '../../kinds/core/node.ts';
import { formatTime } from '../../meta/time.ts';
import { findCondition } from '../../rules/pod-conditions.ts';

type Condition = NonNullable<Node['status']['conditions']>[number];

/** How long a node may be silent (`--node-monitor-grace-period`). */
export const GRACE: Millis = 50_000;
/** How long a node that never reported may take to begin. */
export const STARTUP_GRACE: Millis = 60_000;

/** When a node was last heard of, by our own clock: nodes' clocks are never compared. */
export interface Heartbeat {
  /** What was heard: the Lease's renewal and the status' own time. */
  readonly sign: string;
  readonly at: Millis;
}

/** What follows from hearing `sign` now. */
export const heard = (before: Heartbeat | undefined, sign: string, now: Millis): Heartbeat => (before?.sign === sign ? before : { sign, at: now });

export const isReadyNode = ({ status }: Pick<Node, 'status'>): boolean => findCondition(status.conditions, 'Ready')?.status === 'True';

/** When the node's silence will have lasted too long. */
export const silentAt = (node: Node, { at }: Heartbeat): Millis =>
  at + (findCondition(node.status.conditions, 'Ready') ? GRACE : STARTUP_GRACE);

const KINDS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node that has fallen silent: nothing it said of itself is known to hold any more. */
export function unknownConditions(node: Node, now: Millis): readonly Condition[] {
  const at = formatTime(now);
  const conditions = node.status.conditions ?? [];
  const known = conditions.map((one): Condition => {
    if (!KINDS.includes(one.type) || one.status === 'Unknown') return one;
    return { ...one, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: at };
  });
  const missing = KINDS.filter((type) => !findCondition(conditions, type)).map((type): Condition => ({
    type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.',
    lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: at,
  }));
  return [...known, ...missing];
}
