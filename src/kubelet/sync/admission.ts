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
  const why = forbiddenSysctl(pod) ?? outOfPods(node, others) ?? outOfResource(pod, node, others) ?? misplaced(pod, node, others);
  return why && { reason: why.reason, message: `Pod was rejected: ${why.message}` };
}

/** Those that concern the pod's own namespaces alone (https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/). */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem',
]);

function forbiddenSysctl({ spec }: Pod): Rejection | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll('/', '.');
    const shared = (dotted.startsWith('net.') && spec.hostNetwork) || (dotted.startsWith('kernel.') && spec.hostIPC);
    const which = dotted.startsWith('net.') ? 'host net' : 'host ipc';
    if (!SAFE_SYSCTLS.has(dotted)) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${dotted}" not allowlisted` };
    if (shared) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${dotted}" not allowed with ${which} enabled` };
  }
  return undefined;
}

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
  for (const [resource, requested] of podRequests(pod)) {
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
