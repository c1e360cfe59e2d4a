import type { Pod } from '../../kinds/core/pod.ts';
import type { Namespace } from '../../kinds/core/namespace.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../kinds/networking/network-policy.ts';
import { isInCidr } from '../../meta/ip.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';

/** In: connections that others open to the pod. Out: those that it opens itself. */
export type Direction = 'in' | 'out';

/** The cluster's names are answered by every node, not by pods: rules for the pods that do so elsewhere mean the nodes. */
export interface NameServers {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The address that pods ask. */
  readonly service: string;
  /** Where the answers come from: the nodes. */
  readonly addresses: readonly string[];
  /** On which port of theirs; pods ask on 53. */
  readonly port: number;
}

export interface World {
  readonly policies: readonly NetworkPolicy[];
  /** With addresses and running; those of the host's network have no policies and are no peers. */
  readonly pods: readonly Pod[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly node: string;
  readonly names?: NameServers;
}

/** Which ports a rule is for. Numbers are those of the pod that is connected to. */
export interface PortMatch {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Absent: all of the protocol. */
  readonly from?: number;
  readonly to?: number;
}

/** Who may be at the other end; `undefined` where anybody may. */
export interface Peers {
  readonly addresses: readonly string[];
  readonly blocks: readonly IPBlock[];
}

/** One way through: these peers, at these ports. */
export interface Passage {
  /** Absent: every port of every protocol. */
  readonly ports?: readonly PortMatch[];
  readonly peers?: Peers;
}

/** A rule of a policy for one direction, as passages. `id` names it among all, `title` to readers. */
export interface PlannedRule {
  readonly id: string;
  readonly title: string;
  readonly passages: readonly Passage[];
}

/** What a pod of this node may do in a direction: nothing but what one of the rules lets pass. */
export interface Isolation {
  readonly direction: Direction;
  readonly rules: readonly PlannedRule[];
  /** Of the pods that it holds for. */
  readonly addresses: readonly string[];
}

/**
 * What the policies ask of a node: the isolation of each of its selected pods, those with the same rules together. Pure.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function planIsolation(world: World): readonly Isolation[] {
  const local = world.pods.filter(({ spec }) => spec.nodeName === world.node);
  const planned = new Map<string, readonly PlannedRule[]>();
  const together = new Map<string, { readonly direction: Direction; readonly rules: readonly PlannedRule[]; readonly addresses: string[] }>();
  for (const pod of local) {
    for (const direction of ['in', 'out'] as const) {
      const selected = world.policies.filter((policy) => speaksOf(policy, direction) && selects(policy, pod));
      if (selected.length === 0) continue;
      const rules = selected.flatMap((policy) => {
        const key = keyOf(policy, direction, pod);
        const known = planned.get(key) ?? rulesOf(policy, direction, pod, world);
        planned.set(key, known);
        return known;
      });
      const id = `${direction} ${rules.map((rule) => rule.id).join(' ')}`;
      const group = together.get(id) ?? { direction, rules, addresses: [] };
      together.set(id, group);
      group.addresses.push(...addressesOf(pod));
    }
  }
  return [...together.values()];
}

export const addressesOf = ({ status }: Pod): readonly string[] => {
  const all = (status.podIPs ?? []).map(({ ip }) => ip);
  return all.length > 0 ? all : status.podIP ? [status.podIP] : [];
};

const speaksOf = ({ spec }: NetworkPolicy, direction: Direction): boolean => (spec.policyTypes ?? ['Ingress']).includes(direction === 'in' ? 'Ingress' : 'Egress');

const selects = ({ metadata, spec }: NetworkPolicy, pod: Pod): boolean =>
  metadata.namespace === pod.metadata.namespace && matchesLabelSelector(spec.podSelector, pod.metadata.labels);

/** A policy's rules are the same for every pod, but for names of ports, which each pod gives numbers of its own. */
function keyOf(policy: NetworkPolicy, direction: Direction, pod: Pod): string {
  const named = direction === 'in' && (policy.spec.ingress ?? []).some(({ ports = [] }) => ports.some(({ port }) => typeof port === 'string'));
  return `${direction} ${policy.metadata.namespace}/${policy.metadata.name}${named ? ` ${numbersOf(pod)}` : ''}`;
}

const numbersOf = (pod: Pod): string => JSON.stringify(portsOf(pod).map(({ name, protocol, containerPort }) => [name, protocol, containerPort]));

interface RawRule {
  readonly ports: readonly NetworkPolicyPort[];
  readonly peers: readonly NetworkPolicyPeer[];
}

function rulesOf(policy: NetworkPolicy, direction: Direction, pod: Pod, world: World): readonly PlannedRule[] {
  const { namespace = '', name } = policy.metadata;
  const raw: readonly RawRule[] = direction === 'in'
    ? (policy.spec.ingress ?? []).map(({ ports = [], from = [] }) => ({ ports, peers: from }))
    : (policy.spec.egress ?? []).map(({ ports = [], to = [] }) => ({ ports, peers: to }));
  return raw.map((rule, at) => ({
    id: `${keyOf(policy, direction, pod)} ${at}`,
    title: `${namespace}/${name} ${direction === 'in' ? 'ingress' : 'egress'}[${at}]`,
    passages: direction === 'in' ? inward(rule, namespace, pod, world) : outward(rule, namespace, world),
  }));
}

function inward({ ports, peers }: RawRule, namespace: string, pod: Pod, world: World): readonly Passage[] {
  const matches = ports.flatMap((port) => (typeof port.port === 'string' ? named(port, pod) : [numbered(port)]));
  // Names that no container has: the rule is for no port at all, not for every one.
  if (ports.length > 0 && matches.length === 0) return [];
  return [{ ...portsPart(ports, matches), ...peersPart(peers, namespace, world) }];
}

/** Outward a name means something else at each pod that is connected to, and nothing at an address that is no pod's. */
function outward({ ports, peers }: RawRule, namespace: string, world: World): readonly Passage[] {
  const matches = ports.flatMap((port) => (typeof port.port === 'string' ? [] : [numbered(port)]));
  const plain = ports.length > 0 && matches.length === 0 ? [] : [{ ...portsPart(ports, matches), ...peersPart(peers, namespace, world) }];
  const byName = ports.filter(({ port }) => typeof port === 'string').flatMap((port) => passagesByName(port, peers, namespace, world));
  return [...plain, ...byName, ...toNames({ ports, peers }, namespace, world)];
}

function passagesByName(port: NetworkPolicyPort, peers: readonly NetworkPolicyPeer[], namespace: string, world: World): readonly Passage[] {
  const at = new Map<number, string[]>();
  for (const pod of peers.length === 0 ? world.pods : podsOf(peers, namespace, world)) {
    for (const { from } of named(port, pod)) at.set(from!, [...(at.get(from!) ?? []), ...addressesOf(pod)]);
  }
  const protocol = protocolOf(port);
  return [...at].map(([number, addresses]) => ({ ports: [{ protocol, from: number, to: number }], peers: { addresses, blocks: [] } }));
}

const NAME_PORT = 53;
const NAME_PORTS: Readonly<Record<string, string>> = { udp: 'dns', tcp: 'dns-tcp' };

/** What lets a pod ask the pods that answer names elsewhere lets it ask the nodes that answer them here. */
function toNames({ ports, peers }: RawRule, namespace: string, world: World): readonly Passage[] {
  const { names } = world;
  if (!names || (peers.length > 0 && !peers.some((peer) => isNames(peer, names, namespace, world)))) return [];
  const protocols = (['udp', 'tcp'] as const).filter((protocol) => ports.length === 0 || ports.some((port) => opensNames(port, protocol)));
  if (protocols.length === 0) return [];
  return [{ ports: protocols.map((protocol) => ({ protocol, from: names.port, to: names.port })), peers: { addresses: names.addresses, blocks: [] } }];
}

function isNames({ ipBlock, podSelector, namespaceSelector }: NetworkPolicyPeer, names: NameServers, namespace: string, world: World): boolean {
  if (ipBlock) return [names.service, ...names.addresses].some((address) => holds(ipBlock, address));
  const inNamespace = namespaceSelector ? matchesLabelSelector(namespaceSelector, world.namespaces.get(names.namespace)?.metadata.labels) : namespace === names.namespace;
  return inNamespace && (!podSelector || matchesLabelSelector(podSelector, names.labels));
}

function opensNames(port: NetworkPolicyPort, protocol: 'udp' | 'tcp'): boolean {
  if (protocolOf(port) !== protocol) return false;
  if (typeof port.port === 'string') return port.port === NAME_PORTS[protocol];
  const { from = 0, to = 65_535 } = numbered(port);
  return from <= NAME_PORT && NAME_PORT <= to;
}

const holds = ({ cidr, except = [] }: IPBlock, address: string): boolean => isInCidr(address, cidr) && !except.some((hole) => isInCidr(address, hole));

const portsPart = (ports: readonly NetworkPolicyPort[], matches: readonly PortMatch[]): Pick<Passage, 'ports'> => (ports.length === 0 ? {} : { ports: matches });

function peersPart(peers: readonly NetworkPolicyPeer[], namespace: string, world: World): Pick<Passage, 'peers'> {
  if (peers.length === 0) return {};
  const addresses = podsOf(peers, namespace, world).flatMap(addressesOf);
  return { peers: { addresses: [...new Set(addresses)].toSorted(), blocks: peers.flatMap(({ ipBlock }) => ipBlock ?? []) } };
}

/** In time that does not grow with the number of peers where each asks for one label of the policy's own namespace. */
function podsOf(peers: readonly NetworkPolicyPeer[], namespace: string, { pods, namespaces }: World): readonly Pod[] {
  const byLabel = new Set(peers.map(oneLabelOf));
  const selectors = peers.filter((peer) => !peer.ipBlock && oneLabelOf(peer) === undefined);
  return pods.filter(({ metadata: { namespace: home = '', labels = {} } }) =>
    (home === namespace && byLabel.size > 0 && Object.entries(labels).some(([name, value]) => byLabel.has(`${name}=${value}`)))
    || selectors.some(({ podSelector, namespaceSelector }) => {
      const inNamespace = namespaceSelector ? matchesLabelSelector(namespaceSelector, namespaces.get(home)?.metadata.labels) : home === namespace;
      return inNamespace && (!podSelector || matchesLabelSelector(podSelector, labels));
    }));
}

/** `app=web` where that is all that a peer asks for. */
function oneLabelOf({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): string | undefined {
  if (ipBlock || namespaceSelector || (podSelector?.matchExpressions ?? []).length > 0) return undefined;
  const labels = Object.entries(podSelector?.matchLabels ?? {});
  return labels.length === 1 ? labels[0]!.join('=') : undefined;
}

const protocolOf = ({ protocol }: NetworkPolicyPort): PortMatch['protocol'] => (protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp');

function numbered(port: NetworkPolicyPort): PortMatch {
  const protocol = protocolOf(port);
  return typeof port.port === 'number' ? { protocol, from: port.port, to: port.endPort ?? port.port } : { protocol };
}

/** The numbers that the pod's containers give the name. */
function named(port: NetworkPolicyPort, pod: Pod): readonly PortMatch[] {
  const protocol = protocolOf(port);
  const same = portsOf(pod).filter(({ name, protocol: of = 'TCP' }) => name === port.port && of.toLowerCase() === protocol);
  return same.map(({ containerPort }) => ({ protocol, from: containerPort, to: containerPort }));
}

const portsOf = ({ spec }: Pod) => [...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'), ...spec.containers].flatMap(({ ports = [] }) => ports);
