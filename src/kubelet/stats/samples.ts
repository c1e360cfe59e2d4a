/** What the node, its pods and their containers use at one moment: plain data, from which every endpoint and every eviction is made. */
import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { CgroupLimits, CgroupUsage } from '../cgroups/cgroups.ts';

export interface FileSystemSample {
  readonly at: Millis;
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly usedBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
  readonly inodesUsed: number;
}

/** What one directory holds, in whole blocks as the disk counts. */
export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

export interface InterfaceSample {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

export interface NetworkSample {
  readonly at: Millis;
  readonly interfaces: readonly InterfaceSample[];
}

/** Usage with the rate since the sample before, once there was one. */
export interface RatedUsage extends CgroupUsage {
  /** Billionths of a core. */
  readonly nanoCores?: number;
}

export interface ContainerSample {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  readonly startedAt: Millis;
  readonly cgroup: string;
  readonly usage: RatedUsage | undefined;
  readonly limits?: CgroupLimits | undefined;
  /** What it wrote above its image. */
  readonly rootfs?: DiskUsage | undefined;
  readonly logs?: DiskUsage | undefined;
}

export interface VolumeSample {
  readonly name: string;
  /** The claim it is, if it is one. */
  readonly claim?: string;
  readonly usage: DiskUsage;
  /** The file system it is on. */
  readonly fs: FileSystemSample | undefined;
  /** Counts as the pod's ephemeral storage: in memory, or another's, it does not. */
  readonly ephemeral: boolean;
}

export interface PodSample {
  readonly pod: Pod;
  readonly cgroup: string;
  readonly startedAt: Millis;
  readonly usage: RatedUsage | undefined;
  readonly containers: readonly ContainerSample[];
  readonly network?: NetworkSample | undefined;
  readonly volumes?: readonly VolumeSample[];
}

export interface NodeSample {
  readonly at: Millis;
  readonly startedAt: Millis;
  readonly memoryBytes: number;
  readonly usage: RatedUsage | undefined;
  /** All pods together. */
  readonly pods: RatedUsage | undefined;
  /** What pods may use together: memory without what is reserved. */
  readonly podsMemoryBytes: number;
  readonly fs: FileSystemSample | undefined;
  /** Where the runtime keeps images, and where containers' own layers. */
  readonly imageFs: FileSystemSample | undefined;
  readonly imagesUsedBytes?: number | undefined;
  /** Whether images have another file system than the kubelet. */
  readonly dedicatedImageFs: boolean;
  readonly network?: NetworkSample | undefined;
  readonly processes: { readonly running: number; readonly most: number } | undefined;
  readonly swap?: { readonly totalBytes: number; readonly freeBytes: number } | undefined;
}

/** A pod's ephemeral storage: containers' layers, logs, local volumes that are on disk. */
export function ephemeralUsage({ containers, volumes = [] }: PodSample): DiskUsage {
  const parts = [...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]), ...volumes.filter(({ ephemeral }) => ephemeral).map(({ usage }) => usage)];
  return parts.reduce<DiskUsage>((sum, part) => ({ bytes: sum.bytes + (part?.bytes ?? 0), inodes: sum.inodes + (part?.inodes ?? 0) }), { bytes: 0, inodes: 0 });
}
