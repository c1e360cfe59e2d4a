/** Requests and limits as the kernel takes them: CPU shares and quota, memory limit, out-of-memory score. */
import { parseQuantity, quantityMilliValue, quantityValue } from '../../meta/quantity.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { LinuxContainerResources, LinuxPodSandboxConfig } from '../cri/runtime-v1.ts';
import { initContainers, isCritical, isSidecar } from '../pod.ts';

const PERIOD_MICROS = 100_000;
const LEAST_QUOTA_MICROS = 1_000;
const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;

/** A whole CPU is 1,024 shares. */
export const sharesOf = (milliCpu: number): number =>
  Math.min(MOST_SHARES, Math.max(LEAST_SHARES, Math.floor((milliCpu * 1024) / 1000)));

/** Microseconds of CPU in each period of 100 ms; 0 is no limit. */
export const quotaOf = (milliCpu: number): number => (milliCpu === 0 ? 0 : Math.max(LEAST_QUOTA_MICROS, (milliCpu * PERIOD_MICROS) / 1000));

export const milliCpu = (list: Readonly<Record<string, string>> | undefined): number =>
  list?.cpu === undefined ? 0 : quantityMilliValue(parseQuantity(list.cpu));
export const memoryBytes = (list: Readonly<Record<string, string>> | undefined): number =>
  list?.memory === undefined ? 0 : quantityValue(parseQuantity(list.memory));

/**
 * Between -1000, never killed, and 1000: the larger its memory request, the safer a burstable container. What a pod requests beyond
 * its containers' requests counts for each of them alike.
 */
export function oomScoreAdjust(pod: Pod, container: Container, machineMemory: number): number {
  const qos = qosClassOf(pod.spec);
  const isNodeCritical = isCritical(pod) && pod.spec.priorityClassName === 'system-node-critical';
  if (isNodeCritical || qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const extra = extraMemoryEach(pod);
  const scoreOf = ({ resources }: Container) => 1000 - Math.floor((1000 * (memoryBytes(resources?.requests) + extra)) / machineMemory);
  const own = scoreOf(container);
  // A sidecar must not die before everything that it serves.
  const sidecar = initContainers(pod).some((init) => init.name === container.name && isSidecar(init));
  const score = sidecar ? Math.min(own, Math.max(...pod.spec.containers.map(scoreOf))) : own;
  return score < 3 ? 3 : score === 1000 ? 999 : score;
}

function extraMemoryEach(pod: Pod): number {
  const { resources, ...rest } = pod.spec;
  const spec = { ...rest, overhead: {} };
  const whole = memoryBytes(resources?.requests);
  if (whole === 0) return 0;
  const count = spec.containers.length + initContainers(pod).length;
  return Math.floor(Math.max(0, whole - combined({ ...pod, spec }, (one, of) => of(one.resources?.requests))(memoryBytes)) / count);
}

export function linuxResources(pod: Pod, container: Container, machineMemory: number): LinuxContainerResources {
  const { requests, limits } = container.resources ?? {};
  const limit = milliCpu(limits);
  const memory = memoryBytes(limits);
  const pages = hugepageNames([container]);
  return {
    cpuShares: sharesOf(requests?.cpu === undefined ? limit : milliCpu(requests)),
    cpuQuota: quotaOf(limit),
    cpuPeriod: PERIOD_MICROS,
    ...(memory > 0 ? { memoryLimitInBytes: memory } : {}),
    oomScoreAdj: oomScoreAdjust(pod, container, machineMemory),
    ...(pages.length > 0 ? { hugepageLimits: pages.map((name) => ({ pageSize: kernelPageSize(name), limit: bytesOf(name)(limits) })) } : {}),
  };
}

/**
 * What a runtime that makes a machine of its own for a pod has to know of it at once: what its containers may use together,
 * and, beside that, what running them costs.
 */
export function sandboxResources(pod: Pod): Pick<LinuxPodSandboxConfig, 'resources' | 'overhead'> {
  const { overhead, ...bare } = pod.spec;
  const amount = (list: Quantities): LinuxContainerResources => ({ cpuShares: sharesOf(milliCpu(list)), cpuQuota: quotaOf(milliCpu(list)), cpuPeriod: PERIOD_MICROS, memoryLimitInBytes: memoryBytes(list) });
  const { cpuShares, cpuQuota = 0, memoryBytes: memory = 0 } = podLimits({ ...pod, spec: bare });
  return {
    resources: { cpuShares, cpuQuota, cpuPeriod: PERIOD_MICROS, memoryLimitInBytes: memory },
    ...(overhead && Object.keys(overhead).length > 0 ? { overhead: amount(overhead) } : {}),
  };
}

/** Limits of a pod's own cgroup; absent where one of its containers has none. */
export interface PodLimits {
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod: number;
  readonly memoryBytes?: number;
  /** Bytes that are not taken from it, on cgroup v2. */
  readonly memoryMin?: number;
  /** Processes and threads together. */
  readonly pids?: number;
  /** Bytes of pages of each size, by the kernel's name for it: `2MB`. */
  readonly hugepages?: Readonly<Record<string, number>>;
}

export function podLimits(pod: Pod): PodLimits {
  const requests = combined(pod, (container, of) => of(container.resources?.requests) || of(container.resources?.limits));
  const limits = combined(pod, (container, of) => of(container.resources?.limits));
  const own = pod.spec.resources;
  const all = [...pod.spec.containers, ...initContainers(pod)];
  const cpuLimited = own?.limits?.cpu !== undefined || all.every(({ resources }) => milliCpu(resources?.limits) > 0);
  const memoryLimited = own?.limits?.memory !== undefined || all.every(({ resources }) => memoryBytes(resources?.limits) > 0);
  return {
    cpuShares: sharesOf(own?.requests?.cpu === undefined ? requests(milliCpu) : milliCpu(own.requests)),
    cpuPeriod: PERIOD_MICROS,
    ...(cpuLimited ? { cpuQuota: quotaOf(milliCpu(own?.limits) || limits(milliCpu)) } : {}),
    ...(memoryLimited ? { memoryBytes: memoryBytes(own?.limits) || limits(memoryBytes) } : {}),
    ...hugepagesOf(all, limits),
  };
}

const HUGEPAGES = 'hugepages-';

/** `hugepages-2Mi` as the kernel calls it: `2MB`. */
const kernelPageSize = (resource: string): string => `${resource.slice(HUGEPAGES.length, -1)}B`;

const hugepageNames = (containers: readonly Container[]): readonly string[] =>
  [...new Set(containers.flatMap(({ resources }) => Object.keys(resources?.limits ?? {}).filter((name) => name.startsWith(HUGEPAGES))))];

const bytesOf = (name: string): Measure => (list) => (list?.[name] === undefined ? 0 : quantityValue(parseQuantity(list[name])));

function hugepagesOf(containers: readonly Container[], limits: (of: Measure) => number): Pick<PodLimits, 'hugepages'> {
  const names = hugepageNames(containers);
  return names.length === 0 ? {} : { hugepages: Object.fromEntries(names.map((name) => [kernelPageSize(name), limits(bytesOf(name))])) };
}

type Quantities = Readonly<Record<string, string>>;
type Measure = (list: Quantities | undefined) => number;

/** What a pod takes at its peak: main containers and sidecars together, or one init container beside the sidecars before it. */
function combined(pod: Pod, amount: (container: Container, of: Measure) => number): (of: Measure) => number {
  return (of) => {
    const main = pod.spec.containers.reduce((sum, container) => sum + amount(container, of), 0);
    let sidecars = 0;
    let peak = 0;
    for (const container of initContainers(pod)) {
      if (isSidecar(container)) sidecars += amount(container, of);
      peak = Math.max(peak, isSidecar(container) ? sidecars : sidecars + amount(container, of));
    }
    return Math.max(peak, main + sidecars) + of(pod.spec.overhead);
  };
}
