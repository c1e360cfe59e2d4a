/** Control groups as the kubelet sees them: a pod's own, those of its containers, those of the QoS classes. */
import type { Millis } from '../../base/clock.ts';
import type { QosClass } from '../../kinds/core/pod-qos.ts';
import type { PodLimits } from '../containers/resources.ts';

/** What the kernel holds a cgroup to. Absent: no limit, or no such controller here. */
export interface CgroupLimits {
  readonly cpuShares?: number;
  /** Microseconds in each period. */
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryBytes?: number;
}

/** What the processes of a cgroup and of all below it use. */
export interface CgroupUsage {
  /** When it was read. */
  readonly at: Millis;
  /** Since the cgroup was made. */
  readonly cpuNanos: number;
  readonly memory: {
    readonly usageBytes: number;
    /** Without what of the page cache has not been used of late: what cannot be taken away at once. */
    readonly workingSetBytes: number;
    readonly rssBytes: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
    readonly limitBytes?: number;
    readonly swapBytes?: number;
  };
  /** Processes and threads. */
  readonly processes?: number;
}

/** What of the node some of its processes may have together. */
export interface NodeShare {
  readonly milliCpu: number;
  /** 0: not held to any. */
  readonly memoryBytes: number;
  readonly pids?: number;
}

export interface Cgroups {
  /** The cgroup parent of a pod's containers, as the runtime is told. */
  pathOf(uid: string, qos: QosClass): string;
  /** Version 2. */
  readonly unified: boolean;
  /** That of all pods together. */
  readonly podsPath: string;
  /** Makes it, with the pod's limits. Nothing happens where it is there already. */
  ensure(path: string, limits: PodLimits): Promise<void>;
  /** Writes the limits of one resource anew; what is absent is limited no more. @throws Error where the kernel refuses */
  update(path: string, resource: 'cpu' | 'memory', limits: PodLimits): Promise<void>;
  /** Of every class the pod may be in. */
  remove(uid: string): Promise<void>;
  /** The pods that have one. */
  pods(): Promise<readonly string[]>;
  /** Weighs the burstable class by what its pods request together, against guaranteed pods and, barely, best-effort ones. */
  weigh(burstableMilliCpu: number): Promise<void>;
  /** Makes the cgroup of all pods and holds them to what the node can give. */
  enforce(allocatable: NodeShare): Promise<void>;
  /** Holds what runs in a cgroup that somebody else made. @throws Error with upstream's text where there is none */
  hold(path: string, limits: NodeShare): Promise<void>;
  /** undefined where there is none. */
  limitsOf(path: string): Promise<CgroupLimits | undefined>;
  /** undefined where there is none. `/` is the whole machine. */
  usageOf(path: string): Promise<CgroupUsage | undefined>;
  /** The processes directly in it. */
  processesOf(path: string): Promise<readonly number[]>;
}

/** Where nothing real runs. */
export const noCgroups: Cgroups = {
  unified: false, pathOf: (uid) => `/pod${uid}`, podsPath: '/', async ensure() {}, async update() {}, async remove() {}, pods: async () => [], async weigh() {}, async enforce() {}, async hold() {},
  limitsOf: async () => undefined, usageOf: async () => undefined, processesOf: async () => [],
};

/** One version of the kernel's interface: the same questions, other files. Paths are below the root of the hierarchy. */
export interface CgroupKernel {
  /** Every directory that together is this cgroup. */
  directories(path: string): Promise<readonly string[]>;
  /** @returns whether it was missing */
  make(path: string): Promise<boolean>;
  setShares(path: string, shares: number): Promise<void>;
  /** 0: none. */
  setQuota(path: string, quota: number, period: number): Promise<void>;
  setMemory(path: string, bytes: number | undefined): Promise<void>;
  /** What is not taken from it, where the version can keep it. */
  setMemoryMin(path: string, bytes: number): Promise<void>;
  setPids(path: string, count: number): Promise<void>;
  /** @param size as the kernel writes it: `2MB`, `1GB` */
  setHugepages(path: string, size: string, bytes: number): Promise<void>;
  limits(path: string): Promise<CgroupLimits | undefined>;
  usage(path: string): Promise<Omit<CgroupUsage, 'at'> | undefined>;
  processes(path: string): Promise<readonly number[]>;
}
