import type { Millis } from '../../base/clock.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Taint } from '../../kinds/core/toleration.ts';
import { formatTime } from '../../meta/time.ts';
import { findCondition } from '../../rules/pod-conditions.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** The condition and status that each taint stands for. */
const BY_CONDITION: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];
const OURS = new Set([...BY_CONDITION.map(([, , key]) => key), UNSCHEDULABLE]);

/** The taint that moves pods off a node in this state, if it is in one. */
export function evictingKey({ status }: Node): string | undefined {
  const ready = findCondition(status.conditions, 'Ready')?.status;
  return ready === 'False' ? NOT_READY : ready === 'Unknown' ? UNREACHABLE : undefined;
}

/** Whether pods are being moved off for the reason that holds now. */
export const isEvicting = (node: Node): boolean =>
  (node.spec.taints ?? []).some(({ key, effect }) => effect === 'NoExecute' && key === evictingKey(node));

/**
 * The taints the node's conditions call for, in place of those they no longer do; others' are kept. The very same array
 * comes back when nothing changes.
 * @param mayEvict whether pods may be moved off now; taints that already do so stay either way while their reason does
 */
export function plannedTaints(node: Node, mayEvict: boolean, now: Millis): readonly Taint[] {
  const present = node.spec.taints ?? [];
  const wanted = wantedTaints(node, mayEvict);
  const isWanted = (taint: Taint) => wanted.some((one) => sameTaint(one, taint));
  const kept = present.filter((taint) => !isOurs(taint) || isWanted(taint));
  const added = wanted.filter((one) => !present.some((taint) => sameTaint(taint, one)));
  if (added.length === 0 && kept.length === present.length) return present;
  return [...kept, ...added.map((one) => ({ ...one, timeAdded: formatTime(now) }))];
}

function wantedTaints(node: Node, mayEvict: boolean): readonly Taint[] {
  const keys = BY_CONDITION.filter(([type, status]) => findCondition(node.status.conditions, type)?.status === status).map(([, , key]) => key);
  const all = node.spec.unschedulable ? [...keys, UNSCHEDULABLE] : keys;
  const evicting = evictingKey(node);
  const evicts = evicting !== undefined && (mayEvict || isEvicting(node));
  return [...all.map((key) => ({ key, effect: 'NoSchedule' })), ...(evicts ? [{ key: evicting, effect: 'NoExecute' }] : [])];
}

const sameTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
const isOurs = ({ key, effect }: Taint): boolean =>
  effect === 'NoSchedule' ? OURS.has(key) : effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE);
