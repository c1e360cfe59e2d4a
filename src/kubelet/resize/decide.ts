/** Whether the node can give a pod what it now asks for. Pure; upstream's reasons and messages. */
import type { Node } from '../../kinds/core/node.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { amounts, podRequests } from '../../rules/pod-resources.ts';
import { outOfResource } from '../sync/admission.ts';

/** Deferred: not now; infeasible: never on this node. */
export type ResizeVerdict = { readonly reason: 'Deferred' | 'Infeasible'; readonly message: string };

export interface ResizeQuestion {
  readonly pod: Pod;
  readonly node: Node;
  /** The other pods of the node with what they were promised. */
  readonly others: readonly Pod[];
  /** Policies that tie containers to processors or memory once and for all. */
  readonly policies?: { readonly cpu: string; readonly memory: string };
}

const infeasible = (message: string): ResizeVerdict => ({ reason: 'Infeasible', message });

/** @returns undefined where it can */
export function decideResize({ pod, node, others, policies }: ResizeQuestion): ResizeVerdict | undefined {
  if (qosClassOf(pod.spec) === 'Guaranteed') {
    if (policies?.cpu === 'static') return infeasible('Resize is infeasible for Guaranteed Pods alongside CPU Manager static policy');
    if (policies?.memory === 'Static') return infeasible('Resize is infeasible for Guaranteed Pods alongside Memory Manager static policy');
  }
  const allocatable = amounts(node.status.allocatable);
  const requests = podRequests({ spec: pod.spec });
  for (const resource of ['cpu', 'memory']) {
    const requested = requests.get(resource) ?? 0;
    const capacity = allocatable.get(resource) ?? 0;
    if (requested > capacity) return infeasible(`Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`);
  }
  const full = outOfResource({ ...pod, status: {} }, node, others);
  return full && { reason: 'Deferred', message: full.message };
}

/** Those that give back first; then priority, QoS class, and who has waited longest. */
export function resizeOrder(a: PendingResize, b: PendingResize): number {
  return Number(a.grows) - Number(b.grows) || (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) ||
    Number(qosClassOf(b.pod.spec) === 'Guaranteed') - Number(qosClassOf(a.pod.spec) === 'Guaranteed') || a.since - b.since;
}

export interface PendingResize {
  readonly pod: Pod;
  readonly grows: boolean;
  /** When it was first put off. */
  readonly since: number;
}

/** Whether it asks for more CPU or memory than it was promised. */
export function grows(asked: Pod, promised: Pod): boolean {
  const [more, less] = [podRequests({ spec: asked.spec }), podRequests({ spec: promised.spec })];
  return ['cpu', 'memory'].some((resource) => (more.get(resource) ?? 0) > (less.get(resource) ?? 0));
}
