/** Whether this node takes a pod that was bound to it, whoever bound it. Pure; upstream's reasons and messages. */
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { matchesNodeAffinity } from '../../rules/node-affinity.ts';
import { amounts, podRequests } from '../../rules/pod-resources.ts';
import { untolerated } from '../../rules/tolerations.ts';
import { initContainers } from '../pod.ts';

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** @param others the pods that run here already */
export function admitPod(pod: Pod, node: Node, others: readonly Pod[]): Rejection | undefined {
  const why = foreign(pod, node) ?? outOfPods(node, others) ?? outOfResource(pod, node, others) ?? misplaced(pod, node, others);
  return why && { reason: why.reason, message: `Pod was rejected: ${why.message}` };
}

/** What is meant for another system, or asks for what this node's runtime cannot do. */
function foreign({ metadata: { labels = {} }, spec }: Pod, { status }: Node): Rejection | undefined {
  if ((labels[OS_LABEL] ?? OS) !== OS) return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" };
  if (spec.os && spec.os.name !== OS) return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  const strict = spec.securityContext?.supplementalGroupsPolicy === 'Strict' && status.features?.supplementalGroupsPolicy !== true;
  return strict ? { reason: 'SupplementalGroupsPolicyNotSupported', message: 'SupplementalGroupsPolicy=Strict is not supported in this node' } : undefined;
}

const OS = 'linux';
const OS_LABEL = 'kubernetes.io/os';

const insufficient = (resource: string, { requested, used, capacity }: { readonly requested: number; readonly used: number; readonly capacity: number }): Rejection => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});

function outOfPods({ status }: Node, others: readonly Pod[]): Rejection | undefined {
  const capacity = Number(status.allocatable?.pods ?? 0);
  return others.length + 1 > capacity ? insufficient('pods', { requested: 1, used: others.length, capacity }) : undefined;
}

export function outOfResource(pod: Pick<Pod, 'spec' | 'status'>, { status }: Node, others: readonly Pod[]): Rejection | undefined {
  const allocatable = amounts(status.allocatable);
  const used = new Map<string, number>();
  for (const other of others) for (const [resource, amount] of podRequests(other)) used.set(resource, (used.get(resource) ?? 0) + amount);
  const byClaim = new Set(pod.status.extendedResourceClaimStatus?.requestMappings.map(({ resourceName }) => resourceName));
  for (const [resource, requested] of podRequests(pod)) {
    // The scheduler found devices for it instead.
    if (byClaim.has(resource)) continue;
    const capacity = allocatable.get(resource) ?? 0;
    if (requested > 0 && requested > capacity - (used.get(resource) ?? 0)) return insufficient(resource, { requested, used: used.get(resource) ?? 0, capacity });
  }
  return undefined;
}

const predicate = (reason: string, description: string): Rejection => ({ reason, message: `Predicate ${reason} failed: ${description}` });

function misplaced(pod: Pod, node: Node, others: readonly Pod[]): Rejection | undefined {
  if (pod.spec.nodeName && pod.spec.nodeName !== node.metadata.name) return predicate('NodeName', "node(s) didn't match the requested node name");
  if (!matchesNodeAffinity(pod.spec, node)) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (hostPorts(pod).some((port) => others.some((other) => hostPorts(other).some((taken) => clash(port, taken))))) {
    return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  }
  // A pod that was bound in spite of a NoSchedule taint stays; NoExecute would throw it out at once.
  return untolerated(pod.spec.tolerations, node.spec.taints, ['NoExecute']).length > 0
    ? predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate")
    : undefined;
}

interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly ip: string;
}

const hostPorts = (pod: Pod): readonly HostPort[] =>
  [...pod.spec.containers, ...initContainers(pod)].flatMap(({ ports = [] }) => ports.flatMap(({ hostPort, protocol = 'TCP', hostIP }) =>
    hostPort ? [{ port: hostPort, protocol, ip: hostIP || '0.0.0.0' }] : []));

const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
