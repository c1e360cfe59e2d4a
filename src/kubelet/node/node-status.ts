/** The node as the API shows it. Pure. */
import type { Millis } from '../../base/clock.ts';
import type { NodeCondition, NodeStatus } from '../../kinds/core/node-status.ts';
import { parseQuantity, quantityValue } from '../../meta/quantity.ts';
import { formatTime } from '../../meta/time.ts';
import type { RuntimeFeatures } from '../cri/cri.ts';
import type { Image } from '../cri/runtime-v1.ts';
import type { Machine } from './machine.ts';

export interface NodeStatusInput {
  readonly machine: Machine;
  readonly nodeIp: string;
  readonly nodeIps?: readonly string[];
  readonly hostname: string;
  readonly maxPods: number;
  readonly reserved: { readonly cpuMillis?: number; readonly memoryBytes?: number; readonly storageBytes?: number };
  /** Kept free by hard eviction thresholds; upstream's unless said. */
  readonly withheld?: { readonly memoryBytes: number; readonly storageBytes: number };
  readonly port: number;
  readonly version: string;
  /** `containerd://1.6.20`. */
  readonly runtimeVersion: string;
  readonly images: readonly Image[];
  /** So many are listed, the largest first; -1: all. 50 unless said. */
  readonly mostImages?: number;
  /** False: pods' use of disk is nobody's affair, and disk nothing to ask for. */
  readonly countsStorage?: boolean;
  /** What the runtime says that it can do. */
  readonly features?: RuntimeFeatures;
  /** What device plugins offer, by resource. */
  readonly devices?: Readonly<Record<string, { readonly capacity: number; readonly allocatable: number }>>;
  /** undefined: what the API has holds. */
  readonly volumesInUse?: readonly string[] | undefined;
  /** Why the node is not ready; none: it is. */
  readonly trouble: readonly string[];
  /** MemoryPressure, DiskPressure, PIDPressure: those that hold. */
  readonly pressure?: readonly string[];
  /** What the API says now: resources that others advertise there are kept. */
  readonly before: NodeStatus | undefined;
  readonly now: Millis;
}

export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { devices = {}, machine, before, nodeIp, nodeIps = [nodeIp], hostname, port, version, runtimeVersion } = input;
  const capacity = capacityOf(input);
  const offered = (which: 'capacity' | 'allocatable') => Object.fromEntries(Object.entries(devices).map(([resource, count]) => [resource, String(count[which])]));
  const own = new Set([...Object.keys(capacity), ...Object.keys(devices)]);
  const others = Object.fromEntries(Object.entries(before?.capacity ?? {}).filter(([name]) => !own.has(name) && isExtended(name)));
  return {
    capacity: { ...capacity, ...offered('capacity'), ...others },
    // Beside what the node itself offers, what others advertise is free to be had.
    allocatable: { ...allocatableOf(input, capacity), ...offered('allocatable'), ...others },
    conditions: conditionsOf(input),
    addresses: [...nodeIps.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: hostname }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      machineID: machine.machineId, systemUUID: machine.systemUuid, bootID: machine.bootId, kernelVersion: machine.kernelVersion,
      osImage: machine.osImage, containerRuntimeVersion: runtimeVersion, kubeletVersion: version, kubeProxyVersion: '',
      operatingSystem: 'linux', architecture: machine.architecture, ...(machine.swapBytes > 0 ? { swap: { capacity: machine.swapBytes } } : {}),
    },
    images: imagesOf(input.images, input.mostImages ?? MOST_IMAGES),
    // An empty list takes away what was there, and is no news where nothing was.
    ...(input.volumesInUse && (input.volumesInUse.length > 0 || before?.volumesInUse?.length) ? { volumesInUse: input.volumesInUse } : {}),
    ...runtimeAbilities(input.features),
  };
}

/** A runtime that does not say what handlers it has leaves the node silent about them. */
function runtimeAbilities({ handlers, supplementalGroupsPolicy }: RuntimeFeatures = { handlers: [] }): Pick<NodeStatus, 'runtimeHandlers' | 'features'> {
  return {
    ...(handlers.length === 0 ? {} : { runtimeHandlers: handlers.map(({ name, ...features }) => ({ name, features })) }),
    ...(supplementalGroupsPolicy === undefined ? {} : { features: { supplementalGroupsPolicy } }),
  };
}

/** Vendors' own: `example.com/dongle`. */
export const isExtended = (resource: string): boolean => resource.includes('/') && !resource.startsWith('kubernetes.io/') && !resource.includes('.kubernetes.io/');

function capacityOf({ machine, maxPods, countsStorage = true }: NodeStatusInput): Readonly<Record<string, string>> {
  return {
    cpu: String(machine.cpus),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    ...(countsStorage ? { 'ephemeral-storage': `${Math.floor(machine.storageBytes / 1024)}Ki` } : {}),
    pods: String(maxPods),
    ...Object.fromEntries(Object.entries(machine.hugepages).map(([size, amount]) => [`hugepages-${size}`, amount])),
  };
}

function allocatableOf({ machine, reserved, countsStorage = true, withheld = upstreamWithholds(machine) }: NodeStatusInput, capacity: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { cpuMillis = 0, memoryBytes = 0, storageBytes = 0 } = reserved;
  return {
    ...capacity,
    ...(cpuMillis > 0 ? { cpu: `${machine.cpus * 1000 - cpuMillis}m` } : {}),
    // Pages set aside in advance are nobody's memory any more.
    memory: `${Math.floor(Math.max(0, machine.memoryBytes - withheld.memoryBytes - memoryBytes - hugeBytes(machine)) / 1024)}Ki`,
    ...(countsStorage ? storageOf(machine.storageBytes - withheld.storageBytes - storageBytes) : {}),
  };
}

const hugeBytes = ({ hugepages }: Machine): number => Object.values(hugepages).reduce((sum, amount) => sum + quantityValue(parseQuantity(amount)), 0);
const storageOf = (bytes: number) => ({ 'ephemeral-storage': String(Math.floor(Math.max(0, bytes))) });

/** So that the node itself does not starve: 100 MiB, and a tenth of the disk. */
const upstreamWithholds = ({ storageBytes }: Machine) => ({ memoryBytes: 100 * 1024 * 1024, storageBytes: storageBytes * 0.1 });

const PRESSURES = [
  ['MemoryPressure', { reason: 'KubeletHasInsufficientMemory', message: 'kubelet has insufficient memory available' }, { reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' }],
  ['DiskPressure', { reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }, { reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' }],
  ['PIDPressure', { reason: 'KubeletHasInsufficientPID', message: 'kubelet has insufficient PID available' }, { reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' }],
] as const;

/** What the node's events call a change of a condition, to true and to false. */
export const TRANSITIONS: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'], DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'], Ready: ['NodeReady', 'NodeNotReady'],
};

function conditionsOf({ trouble, pressure = [], before, now }: NodeStatusInput): readonly NodeCondition[] {
  const ready = trouble.length === 0;
  const all = [
    ...PRESSURES.map(([type, under, calm]) => (pressure.includes(type) ? { type, status: 'True', ...under } : { type, status: 'False', ...calm })),
    ready
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: trouble.length === 1 ? trouble[0]! : `[${trouble.join(', ')}]` },
  ];
  return all.map((condition) => {
    const last = before?.conditions?.find(({ type }) => type === condition.type);
    const same = last?.status === condition.status && last.lastTransitionTime !== undefined;
    return { ...condition, lastHeartbeatTime: formatTime(now), lastTransitionTime: same ? last.lastTransitionTime! : formatTime(now) };
  });
}

const MOST_IMAGES = 50;
const MOST_NAMES = 5;

/** The largest: the scheduler prefers nodes that have an image already. */
const imagesOf = (images: readonly Image[], most: number): NodeStatus['images'] =>
  [...images].toSorted((a, b) => b.size - a.size).slice(0, most < 0 ? undefined : most)
    .map(({ repoDigests, repoTags, size }) => ({ names: [...repoDigests, ...repoTags].slice(0, MOST_NAMES), sizeBytes: size }))
    .filter(({ names }) => names.length > 0);
