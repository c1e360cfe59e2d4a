/** `/stats/summary`: samples in the form of k8s.io/kubelet/pkg/apis/stats/v1alpha1. Pure. */
import type { Millis } from '../../base/clock.ts';
import { formatTime } from '../../meta/time.ts';
import type { ContainerSample, DiskUsage, FileSystemSample, NetworkSample, NodeSample, PodSample, RatedUsage } from './samples.ts';
import { ephemeralUsage } from './samples.ts';

export interface SummaryInput {
  readonly nodeName: string;
  readonly node: NodeSample;
  readonly pods: readonly PodSample[];
}

export function summaryOf({ nodeName, node, pods }: SummaryInput): object {
  const { at, startedAt, usage, fs, imageFs, processes, swap } = node;
  const time = formatTime(at);
  return {
    node: {
      nodeName,
      systemContainers: [{ name: 'pods', startTime: formatTime(startedAt), ...cpuOf(node.pods), ...memoryOf(node.pods, node.podsMemoryBytes) }],
      startTime: formatTime(startedAt),
      ...cpuOf(usage), ...memoryOf(usage, node.memoryBytes), ...networkOf(node.network),
      ...(fs ? { fs: fsOf(fs) } : {}),
      ...(imageFs ? { runtime: { imageFs: { ...fsOf(imageFs), usedBytes: node.imagesUsedBytes ?? imageFs.usedBytes }, containerFs: fsOf(imageFs) } } : {}),
      ...(processes ? { rlimit: { time, maxpid: processes.most, curproc: processes.running } } : {}),
      ...(swap ? { swap: { time, swapAvailableBytes: swap.freeBytes, swapUsageBytes: swap.totalBytes - swap.freeBytes } } : {}),
    },
    pods: pods.map((pod) => podOf(pod, node)),
  };
}

function podOf(sample: PodSample, { fs, imageFs, at }: NodeSample): object {
  const { pod: { metadata: { name, namespace, uid } }, usage, containers, network, volumes, startedAt } = sample;
  const disk = volumes ? ephemeralUsage(sample) : undefined;
  return {
    podRef: { name, namespace, uid },
    startTime: formatTime(startedAt),
    containers: containers.map((container) => containerOf(container, { fs, imageFs })),
    ...cpuOf(usage), ...memoryOf(usage, usage?.memory.limitBytes), ...networkOf(network),
    ...(volumes ? { volume: volumes.map((volume) => ({ ...usedOf(volume.usage, volume.fs, volume.fs?.at ?? at), name: volume.name, ...(volume.claim === undefined ? {} : { pvcRef: { name: volume.claim, namespace } }) })) } : {}),
    ...(disk ? { 'ephemeral-storage': usedOf(disk, fs, at) } : {}),
    ...(usage?.processes === undefined ? {} : { process_stats: { process_count: usage.processes } }),
    ...swapOf(usage),
  };
}

function containerOf({ name, startedAt, usage, rootfs, logs }: ContainerSample, { fs, imageFs }: Pick<NodeSample, 'fs' | 'imageFs'>): object {
  const at = usage?.at ?? startedAt;
  return {
    name, startTime: formatTime(startedAt), ...cpuOf(usage), ...memoryOf(usage, usage?.memory.limitBytes),
    ...(rootfs ? { rootfs: usedOf(rootfs, imageFs, at) } : {}), ...(logs ? { logs: usedOf(logs, fs, at) } : {}), ...swapOf(usage),
  };
}

function cpuOf(usage: RatedUsage | undefined): object {
  if (!usage) return {};
  return { cpu: { time: formatTime(usage.at), ...(usage.nanoCores === undefined ? {} : { usageNanoCores: usage.nanoCores }), usageCoreNanoSeconds: usage.cpuNanos } };
}

/** @param most what there is; without a limit nothing is said of what is left */
function memoryOf(usage: RatedUsage | undefined, most: number | undefined): object {
  if (!usage) return {};
  const { usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } = usage.memory;
  const available = most === undefined ? {} : { availableBytes: Math.max(0, most - workingSetBytes) };
  return { memory: { time: formatTime(usage.at), ...available, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } };
}

function swapOf(usage: RatedUsage | undefined): object {
  const swapUsageBytes = usage?.memory.swapBytes;
  return swapUsageBytes === undefined ? {} : { swap: { time: formatTime(usage!.at), swapUsageBytes } };
}

const fsOf = ({ at, ...fs }: FileSystemSample): object => ({ time: formatTime(at), ...fs });

/** What one directory holds, of the file system it is on. */
function usedOf({ bytes, inodes }: DiskUsage, fs: FileSystemSample | undefined, at: Millis): object {
  const { availableBytes, capacityBytes, inodesFree, inodes: all } = fs ?? {};
  return { time: formatTime(at), ...(fs ? { availableBytes, capacityBytes, inodesFree, inodes: all } : {}), usedBytes: bytes, inodesUsed: inodes };
}

/** The first interface is the pod's own; a machine's may have other names. */
function networkOf(network: NetworkSample | undefined): object {
  if (!network || network.interfaces.length === 0) return {};
  const main = network.interfaces.find(({ name }) => name === 'eth0') ?? network.interfaces[0]!;
  return { network: { time: formatTime(network.at), ...main, interfaces: network.interfaces } };
}
