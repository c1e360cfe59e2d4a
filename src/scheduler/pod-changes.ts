import type { Node } from '../kinds/core/node.ts';
import type { WakeReason } from './framework/events.ts';
import type { PodInfo } from './framework/pod-info.ts';

const differ = (one: unknown, other: unknown): boolean => one !== other && JSON.stringify(one) !== JSON.stringify(other);

/** What changed of a pod that waits, in words plugins wake on. */
export function changesOfWaiting(old: PodInfo, pod: PodInfo): readonly WakeReason[] {
  const changes: WakeReason[] = [];
  if (differ(old.pod.spec.schedulingGates, pod.pod.spec.schedulingGates)) changes.push('own-gates');
  if (differ(old.tolerations, pod.tolerations)) changes.push('own-tolerations');
  if (differ(old.labels, pod.labels)) changes.push('own-labels');
  if (differ([...old.requests], [...pod.requests])) changes.push('own-requests');
  if (differ(old.pod.status.resourceClaimStatuses, pod.pod.status.resourceClaimStatuses)) changes.push('own-claims');
  if (differ(old.pod.spec, pod.pod.spec)) changes.push('own-spec');
  return changes;
}

/** What changed of a pod that has a node. */
export function changesOfAssigned(old: PodInfo, pod: PodInfo): readonly WakeReason[] {
  const changes: WakeReason[] = [];
  if (differ(old.labels, pod.labels)) changes.push('pod-labels');
  if ([...old.requests].some(([resource, amount]) => (pod.requests.get(resource) ?? 0) < amount)) changes.push('pod-scaled-down');
  return changes;
}

export function changesOfNode(old: Node, node: Node): readonly WakeReason[] {
  const changes: WakeReason[] = [];
  if (differ(old.status.allocatable, node.status.allocatable)) changes.push('node-allocatable');
  if (differ(old.metadata.labels, node.metadata.labels)) changes.push('node-labels');
  if (differ(old.spec.taints, node.spec.taints) || old.spec.unschedulable !== node.spec.unschedulable) changes.push('node-taints');
  if (differ(old.status.images, node.status.images)) changes.push('node-images');
  return changes;
}
