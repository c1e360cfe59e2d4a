import type { BackendOptions, ProxyMode } from './backends/backend.ts';
import { piecesOf } from './backends/ipvs/pieces.ts';
import { SharedHolding } from './backends/ipvs/holding.ts';
import { scriptOf } from './backends/ipvs/steps.ts';
import { renderPort } from './backends/iptables/render.ts';
import { Picture } from './backends/nftables/picture.ts';
import type { Backend, PortRules } from './ruleset.ts';
import { portKey } from './ruleset.ts';

export type Facts = Pick<BackendOptions, 'family' | 'clusterCidr' | 'masqueradeAll' | 'nodePortAddresses'>;

/** The way of a packet to one port of a Service, in words, a line each. Pure. */
export function explainPath(port: PortRules, { clusterCidr, masqueradeAll }: Pick<Facts, 'clusterCidr' | 'masqueradeAll'>): readonly string[] {
  const { protocol, clusterIp, externalIps, loadBalancerIps, nodePort, internalPolicy, externalPolicy, cluster, local, sourceRanges } = port;
  const hidden = masqueradeAll ? ['the sender becomes this node (masqueradeAll)']
    : clusterCidr === undefined ? [] : [`from other than pods (${clusterCidr}) the sender becomes this node, or answers would not come back this way`];
  const internal = internalPolicy === 'Local' ? local : cluster;
  const external = externalPolicy === 'Local' ? local : cluster;
  const reachedBy = [
    ...externalIps.map((ip) => ({ at: `${ip}:${port.port}`, as: 'external IP', ranges: [] as readonly string[] })),
    ...loadBalancerIps.map((ip) => ({ at: `${ip}:${port.port}`, as: 'load balancer', ranges: sourceRanges })),
    ...(nodePort === undefined ? [] : [{ at: `any address of the node, port ${nodePort}`, as: 'node port', ranges: [] as readonly string[] }]),
  ];
  return [
    `${port.id}, ${protocol.toUpperCase()} ${port.port} (${port.family})`,
    `  to ${clusterIp}:${port.port}, the ClusterIP:`,
    ...outcome(port, internal, internalPolicy).map(indent),
    ...(internal.length > 0 ? hidden.map(indent) : []),
    ...reachedBy.flatMap(({ at, as, ranges }) => [
      `  to ${at}, the ${as}:`,
      ...(ranges.length > 0 ? [indent(`from other than ${ranges.join(', ')}: dropped`)] : []),
      ...outcome(port, external, externalPolicy).map(indent),
      ...(externalPolicy === 'Cluster' && external.length > 0 ? [indent('the sender becomes this node')] : []),
      ...(externalPolicy === 'Local' ? [indent(`from pods and from the node itself: ${listOf(cluster) || 'refused, there are no endpoints'}`)] : []),
    ]),
    ...([...cluster, ...local].some(({ mayAsk }) => mayAsk) ? ['  an endpoint that reaches itself this way sees the node as the sender'] : []),
  ];
}

const indent = (line: string): string => `    ${line}`;

function outcome({ cluster, local, affinitySeconds }: PortRules, backends: readonly Backend[], policy: PortRules['internalPolicy']): readonly string[] {
  if (backends.length === 0) return [cluster.length + local.length === 0 ? 'refused: there are no endpoints' : 'dropped: the policy is Local, and this node has no endpoint'];
  const which = policy === 'Local' ? 'one of this node\'s endpoints' : 'one of';
  return [
    `goes to ${backends.length === 1 ? listOf(backends) : `${which} ${listOf(backends)}, each as likely`}`,
    ...(affinitySeconds === undefined ? [] : [`a client stays with its endpoint until it is silent for ${affinitySeconds} s`]),
  ];
}

const listOf = (backends: readonly Backend[]): string =>
  backends.map(({ address, port, local }) => `${address.includes(':') ? `[${address}]` : address}:${port}${local ? ' (here)' : ''}`).join(', ');

/** Stands for each address of the node: IPVS has a server at every one. */
const EVERY = { ipv4: 'NODE-ADDRESS', ipv6: 'NODE:ADDRESS' } as const;

/** The rules that a port adds in the kernel, as the backend's own program takes them. Pure. */
export function explainRules(port: PortRules, facts: Facts, mode: ProxyMode): readonly string[] {
  if (mode === 'nftables') {
    const options: BackendOptions = { ...facts, run: async () => ({ code: 127, stdout: '', stderr: '' }) };
    return new Picture(options).replace([[portKey(port), port]]);
  }
  if (mode === 'ipvs') {
    const { ipset, ipvsadm, ip } = scriptOf(new SharedHolding().replace([], piecesOf(port, { family: facts.family, nodeAddresses: [EVERY[facts.family]], scheduler: 'rr' })), new Set());
    return [...ipset.map((line) => `ipset ${line}`), ...ipvsadm.map((line) => `ipvsadm ${line}`), ...ip.map((line) => `ip ${line}`)];
  }
  const { chains, shared } = renderPort(port, facts);
  return [...[...shared].flatMap(([chain, rules]) => rules.map((rule) => `-t ${chain.split(' ')[0]} ${rule}`)), ...[...chains.values()].flat().map((rule) => `-t nat ${rule}`)];
}
