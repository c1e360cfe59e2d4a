import { createHash } from 'node:crypto';
import { readText, writeWhole } from './files.ts';
import type { Layout } from './layout.ts';
import type { PodNetwork, UpRequest } from '../cli/index.ts';
import { addressIn, nodePart, rangeOf, type RangeWishes } from './cidrs.ts';

/** One real node and where it lives. */
export interface NodePlace {
  readonly name: string;
  /** From 1. */
  readonly index: number;
  /** `host`: in this machine's own namespaces. `namespace`: a network and mount namespace of its own. */
  readonly place: 'host' | 'namespace';
  readonly address: string;
  readonly podCidr: string;
}

/** What works beside the API server, in its process or in one of its own. */
export const LOOP_NAMES = ['controllers', 'scheduler'] as const;
export type Loop = (typeof LOOP_NAMES)[number];
export const isLoop = (name: string): name is Loop => (LOOP_NAMES as readonly string[]).includes(name);

/** What a cluster is, as `up` decided it; every process of the cluster reads this file and nothing else. */
export interface Settings {
  readonly version: 1;
  /** Names what the machine shares (links, namespaces, cgroups) and tells clusters apart: the slot. */
  readonly slot: number;
  readonly port: number;
  readonly advertiseAddress: string;
  readonly nodes: readonly NodePlace[];
  readonly simulated: number;
  /** How packets get from node to node; undefined, in settings of before: host-gw. */
  readonly network?: PodNetwork;
  /** What writes Services into the kernel; undefined: what works best on each node. */
  readonly proxy?: NonNullable<UpRequest['proxy']>;
  /** Who answers for the cluster's names; undefined: ourselves. */
  readonly dns?: NonNullable<UpRequest['dns']>;
  /** Undefined, in settings of before: IPv4. */
  readonly ipFamilies?: UpRequest['ipFamilies'];
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Of IPv6, where the cluster has it and others than the slot's were asked for. */
  readonly podCidr6?: string;
  readonly serviceCidr6?: string;
  readonly kubernetesServiceIp: string;
  readonly dnsIp: string;
  readonly clusterDomain: string;
  /** Of this machine, for the API server's certificate. */
  readonly apiAddresses: readonly string[];
  readonly apiHosts: readonly string[];
  readonly legacyServiceAccountTokens: boolean;
  /** Beta versions of former releases are served too. */
  readonly legacyApis?: boolean;
  /** Each request leaves its audit lines in `logs/audit.log`. */
  readonly auditLog?: boolean;
  /** Admission plugins that are on or off other than by default. */
  readonly admission?: UpRequest['admission'];
  /** How many processes of their own each loop has, of which one leads; none: they run within the API server's. */
  readonly components?: number;
  /** Loops that are somebody else's work: an upstream scheduler's. */
  readonly without?: readonly Loop[];
  /** What `--kubelet-config` said: fields of a KubeletConfiguration, of every real node. */
  readonly kubelet?: Readonly<Record<string, unknown>>;
  /** Nodes without power, by name: nothing of them runs. */
  readonly stopped?: readonly string[];
  /** Nodes whose cable is unplugged, by name. */
  readonly partitioned?: readonly string[];
  /** A CredentialProviderConfig that came with it, and where its programs are. */
  readonly credentialProviders?: { readonly config: string; readonly binDir: string };
  /** Nodes the cluster had in an earlier shape: they will not come back, and their networks may be another's by now. */
  readonly retired: readonly string[];
}

export interface Wishes extends RangeWishes {
  readonly port: number;
  readonly nodes: number;
  readonly simulated: number;
  readonly legacyServiceAccountTokens: boolean;
  readonly legacyApis?: boolean;
  /** Each request leaves its audit lines in `logs/audit.log`. */
  readonly auditLog?: boolean;
  readonly admission?: UpRequest['admission'];
  readonly network?: PodNetwork;
  readonly ipFamilies?: UpRequest['ipFamilies'];
  readonly proxy?: UpRequest['proxy'];
  readonly dns?: UpRequest['dns'];
  /** Processes of each loop; 0 for none of their own. */
  readonly components?: number;
  readonly without?: readonly Loop[];
  readonly kubelet?: Readonly<Record<string, unknown>>;
  readonly credentialProviders?: { readonly config: string; readonly binDir: string };
}

/** What of the machine matters for the plan. */
export interface MachineFacts {
  readonly hostname: string;
  /** Global addresses, the default route's first; empty on a machine without any. */
  readonly addresses: readonly string[];
}

/** The bridge that joins the nodes of slot `slot`, and its end on this machine. */
export const bridgeOf = (slot: number): { readonly link: string; readonly address: string; readonly cidr: string } => ({
  link: `knarr${slot}`, address: `10.89.${slot}.1`, cidr: `10.89.${slot}.0/24`,
});

export const namespaceOf = (slot: number, node: NodePlace): string => `knarr-${slot}-${node.name}`;

/** Slots a machine has: each takes a pod network, a service network and a node network. */
export const SLOTS = 16;

/** The whole shape of a cluster, from what was asked for, what the machine has and what the cluster was. Pure. */
export function planCluster(wishes: Wishes, machine: MachineFacts, { slot, before }: { slot: number; before?: Settings | undefined }): Settings {
  const bridge = bridgeOf(slot);
  const kept = before?.slot === slot ? before.nodes.filter(({ place }) => place === 'namespace').slice(0, wishes.nodes) : [];
  // A second cluster's only node must not share the first one's ports, links and rules; and a node that has a place keeps it.
  const onHost = wishes.nodes === 1 && slot === 0 && kept.length === 0;
  const hostAddress = machine.addresses[0] ?? (wishes.nodes > 0 ? bridge.address : '127.0.0.1');
  const networks = networksOf(wishes, slot, before);
  const { podCidr, serviceCidr } = networks;
  const nodes = onHost
    ? [{ name: nodeNameOf(machine.hostname), index: 1, place: 'host' as const, address: hostAddress, podCidr: nodePart(podCidr, 1) }]
    : withMore(kept, wishes.nodes - kept.length, { slot, podCidr });
  const [proxy, dns] = [wishes.proxy ?? before?.proxy, wishes.dns ?? before?.dns];
  return {
    version: 1,
    slot,
    port: wishes.port,
    advertiseAddress: wishes.nodes > 0 && !onHost ? bridge.address : hostAddress,
    nodes,
    simulated: wishes.simulated,
    network: networkOf(wishes),
    ipFamilies: wishes.ipFamilies ?? before?.ipFamilies ?? ['IPv4'],
    ...(proxy === undefined ? {} : { proxy }),
    ...(dns === undefined ? {} : { dns }),
    ...networks,
    kubernetesServiceIp: addressIn(serviceCidr, 1),
    dnsIp: addressIn(serviceCidr, 10),
    clusterDomain: 'cluster.local',
    apiAddresses: [...new Set([hostAddress, bridge.address, ...machine.addresses])],
    apiHosts: [machine.hostname.toLowerCase()],
    legacyServiceAccountTokens: wishes.legacyServiceAccountTokens,
    legacyApis: wishes.legacyApis ?? false,
    auditLog: wishes.auditLog ?? false,
    ...(wishes.admission ? { admission: wishes.admission } : {}),
    components: wishes.components ?? 0,
    without: wishes.without ?? [],
    ...(wishes.kubelet ? { kubelet: wishes.kubelet } : {}),
    ...(wishes.credentialProviders ? { credentialProviders: wishes.credentialProviders } : {}),
    retired: before ? retiredNodes(before, [...nodes.map(({ name }) => name), ...simulatedNames(wishes.simulated)]) : [],
  };
}

/** Nodes of the lowest free numbers beside those there are: a number stands for a name, an address and a pod network. */
export function withMore(nodes: readonly NodePlace[], count: number, { slot, podCidr }: Pick<Settings, 'slot' | 'podCidr'>): readonly NodePlace[] {
  const taken = new Set(nodes.map(({ index }) => index));
  const free = Array.from({ length: nodes.length + count }, (_, at) => at + 1).filter((index) => !taken.has(index)).slice(0, count);
  const added = free.map((index): NodePlace => ({ name: `node-${index}`, index, place: 'namespace', address: `10.89.${slot}.${index + 10}`, podCidr: nodePart(podCidr, index) }));
  return [...nodes, ...added].toSorted((a, b) => a.index - b.index);
}

/** What was asked for, else what the cluster has, else the slot's own. */
function networksOf({ podCidrs, serviceCidrs }: RangeWishes, slot: number, before: Settings | undefined): Pick<Settings, 'podCidr' | 'serviceCidr' | 'podCidr6' | 'serviceCidr6'> {
  const had = before?.slot === slot ? before : undefined;
  const [podCidr6, serviceCidr6] = [rangeOf(podCidrs, 6) ?? had?.podCidr6, rangeOf(serviceCidrs, 6) ?? had?.serviceCidr6];
  return {
    podCidr: rangeOf(podCidrs, 4) ?? had?.podCidr ?? `10.${244 - slot}.0.0/16`,
    serviceCidr: rangeOf(serviceCidrs, 4) ?? had?.serviceCidr ?? `10.${96 + slot}.0.0/16`,
    ...(podCidr6 === undefined ? {} : { podCidr6 }), ...(serviceCidr6 === undefined ? {} : { serviceCidr6 }),
  };
}

/** Nodes that are to run. */
export const poweredNodes = ({ nodes, stopped = [] }: Pick<Settings, 'nodes' | 'stopped'>): readonly NodePlace[] => nodes.filter(({ name }) => !stopped.includes(name));

/** Whether the node's cable is plugged in. */
export const isJoined = ({ stopped = [], partitioned = [] }: Pick<Settings, 'stopped' | 'partitioned'>, { name }: NodePlace): boolean =>
  !stopped.includes(name) && !partitioned.includes(name);

/** `simulated-1` and so on. */
export const simulatedNames = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `simulated-${at + 1}`);

function retiredNodes(before: Settings, names: readonly string[]): readonly string[] {
  const past = new Set([...before.retired, ...before.nodes.map(({ name }) => name), ...simulatedNames(before.simulated)]);
  for (const name of names) past.delete(name);
  return [...past];
}

/** A host name as a node's name: a DNS subdomain. */
function nodeNameOf(hostname: string): string {
  const name = hostname.toLowerCase().replace(/[^a-z0-9.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return name === '' || name === 'localhost' ? 'knarr' : name;
}

/** The next hop is the other node: the fastest way, and all nodes of one machine are on one link. */
export const networkOf = ({ network = 'host-gw' }: Pick<Settings, 'network'>): PodNetwork => network;

/** The loops this cluster runs itself. */
export const loopsOf = ({ without = [] }: Pick<Settings, 'without'>): readonly Loop[] => LOOP_NAMES.filter((loop) => !without.includes(loop));

export async function readSettings(layout: Layout): Promise<Settings | undefined> {
  const text = await readText(layout.settings);
  return text === undefined ? undefined : (JSON.parse(text) as Settings);
}

export const writeSettings = (layout: Layout, settings: Settings): Promise<void> =>
  writeWhole(layout.settings, `${JSON.stringify(settings, null, 2)}\n`);

/** Short and the same for the same directory: names sockets that must not depend on how long a path is. */
export const idOf = (dataDir: string): string => createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
