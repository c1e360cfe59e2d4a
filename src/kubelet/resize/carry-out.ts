/** Carries a resize out on containers that run: cgroups and the runtime, in the order the plan gives. */
import type { Pod } from '../../kinds/core/pod.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { linuxResources, memoryBytes, podLimits } from '../containers/resources.ts';
import type { PodLimits } from '../containers/resources.ts';
import type { Cri } from '../cri/cri.ts';
import type { LinuxContainerResources } from '../cri/runtime-v1.ts';
import type { Allocations } from './allocations.ts';
import type { ContainerResize, ResizePlan, ResizeResource } from './plan-resize.ts';

export interface Resizing {
  readonly cri: Cri;
  readonly cgroups: Cgroups;
  readonly machineMemory: number;
  /** False: limits of CPU are not enforced. */
  readonly cfsQuota?: boolean | undefined;
  /** What containers have been given. */
  readonly given: Allocations;
}

export interface ResizeOrder {
  /** With what it was promised. */
  readonly pod: Pod;
  readonly plan: ResizePlan;
  /** The pod's own cgroup. */
  readonly cgroup: string;
}

/** @throws Error with upstream's text where it cannot be done now */
export async function carryOutResize(at: Resizing, { pod, plan, cgroup }: ResizeOrder, signal: AbortSignal): Promise<void> {
  await refuseBelowUsage(at, { pod, plan, cgroup });
  for (const resource of ['memory', 'cpu'] as const) {
    const limits = quotaless(at, podLimits(pod));
    const before = await at.cgroups.limitsOf(cgroup);
    const [old, next] = resource === 'cpu' ? [before?.cpuQuota, limits.cpuQuota] : [before?.memoryBytes, limits.memoryBytes];
    const shrinks = (next ?? Infinity) < (old ?? Infinity);
    if (!shrinks) await at.cgroups.update(cgroup, resource, limits);
    for (const each of plan.update[resource]) await updateContainer(at, { pod, resource, ...each }, signal);
    if (shrinks) await at.cgroups.update(cgroup, resource, limits);
  }
  await noteGiven(at, { pod, plan });
}

function quotaless({ cfsQuota }: Resizing, { cpuQuota, ...limits }: PodLimits): PodLimits {
  return cfsQuota === false || cpuQuota === undefined ? limits : { ...limits, cpuQuota };
}

async function updateContainer({ cri, machineMemory, cfsQuota }: Resizing, { pod, resource, container, running }: ContainerResize & { readonly pod: Pod; readonly resource: ResizeResource }, signal: AbortSignal): Promise<void> {
  const { cpuPeriod, cpuQuota, cpuShares, memoryLimitInBytes } = linuxResources(pod, container, machineMemory);
  // To the runtime 0 means unchanged and -1 no limit.
  const linux: LinuxContainerResources = resource === 'cpu' ? { cpuPeriod, cpuQuota: (cfsQuota !== false && cpuQuota) || -1, cpuShares } : { memoryLimitInBytes: memoryLimitInBytes ?? -1 };
  await cri.updateContainerResources(running.id, linux, signal);
}

/** Containers that are to be restarted get theirs as they start. */
async function noteGiven({ given }: Resizing, { pod, plan }: Pick<ResizeOrder, 'pod' | 'plan'>): Promise<void> {
  const { uid } = pod.metadata;
  const before = given.get(uid);
  const updated = [...plan.update.memory, ...plan.update.cpu].map(({ container }) => [container.name, container.resources ?? {}] as const);
  await given.set(uid, { containers: { ...before?.containers, ...Object.fromEntries(updated) }, ...(pod.spec.resources ? { pod: pod.spec.resources } : {}) });
}

/** A limit below what is in use would have the kernel kill: wait until there is less. */
async function refuseBelowUsage({ cgroups }: Resizing, { pod, plan, cgroup }: ResizeOrder): Promise<void> {
  const complaints: string[] = [];
  const check = async (what: string, path: string, limit: number | undefined) => {
    const usage = limit ? await cgroups.usageOf(path) : undefined;
    if (!limit || !usage || (usage.memory.limitBytes ?? Infinity) <= limit || usage.memory.usageBytes <= limit) return;
    complaints.push(`attempting to set ${what} memory limit (${limit}) below current usage (${usage.memory.usageBytes})`);
  };
  if (plan.update.memory.length > 0) await check('pod', cgroup, podLimits(pod).memoryBytes);
  for (const { container, running } of plan.update.memory) await check(`container "${container.name}"`, `${cgroup}/${running.id}`, memoryBytes(container.resources?.limits));
  if (complaints.length > 0) throw new Error(`cannot decrease memory limits: ${complaints.length === 1 ? complaints[0]! : `[${complaints.join(', ')}]`}`);
}
