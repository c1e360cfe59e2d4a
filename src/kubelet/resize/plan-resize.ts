/**
 * The way from what a pod's containers have been given to what they were promised. Pure. Memory first, then CPU; the pod's own
 * cgroup grows before its containers do and shrinks after them; containers that shrink make room for those that grow.
 */
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceRequirements } from '../../kinds/core/resources.ts';
import { memoryBytes, milliCpu } from '../containers/resources.ts';
import { initContainers } from '../pod.ts';
import { newestOf } from '../sync/pod-runtime.ts';
import type { PodRuntime, RuntimeContainer } from '../sync/pod-runtime.ts';
import { sameResources } from './allocations.ts';
import type { PodAllocation } from './allocations.ts';

export type ResizeResource = 'memory' | 'cpu';

export interface ContainerResize {
  readonly container: Container;
  readonly running: RuntimeContainer;
}

export interface ResizePlan {
  /** Those that must be started anew to have it. */
  readonly restart: readonly ContainerResize[];
  /** Those that get it as they run, in order. */
  readonly update: Readonly<Record<ResizeResource, readonly ContainerResize[]>>;
  /** Whether anything is left to do; the pod's own resources alone may have changed. */
  readonly pending: boolean;
}

/** @param pod with what it was promised */
export function planResize(pod: Pod, runtime: PodRuntime, given: PodAllocation | undefined): ResizePlan {
  const restart: ContainerResize[] = [];
  const update: Record<ResizeResource, (ContainerResize & { readonly growth: number })[]> = { memory: [], cpu: [] };
  for (const container of [...initContainers(pod), ...pod.spec.containers]) {
    const running = newestOf(runtime, container.name);
    const had = given?.containers[container.name];
    if (running?.state !== 'running' || had === undefined) continue;
    const changed = (['memory', 'cpu'] as const).filter((resource) => !sameAmount(resource, container.resources, had));
    if (changed.some((resource) => restartsFor(container, resource))) restart.push({ container, running });
    else for (const resource of changed) update[resource].push({ container, running, growth: growthOf(resource, container.resources, had) });
  }
  const ordered = (resource: ResizeResource) => update[resource].toSorted((a, b) => a.growth - b.growth);
  const podChanged = given !== undefined && !sameResources(given.pod, pod.spec.resources);
  return {
    restart, update: { memory: ordered('memory'), cpu: ordered('cpu') },
    pending: restart.length + update.memory.length + update.cpu.length > 0 || podChanged,
  };
}

function sameAmount(resource: ResizeResource, a: ResourceRequirements = {}, b: ResourceRequirements): boolean {
  return a.requests?.[resource] === b.requests?.[resource] && a.limits?.[resource] === b.limits?.[resource];
}

const restartsFor = ({ resizePolicy = [] }: Container, resource: ResizeResource): boolean =>
  resizePolicy.some(({ resourceName, restartPolicy }) => resourceName === resource && restartPolicy === 'RestartContainer');

/** Of what the kernel enforces: the limit; no limit at all is the largest. */
function growthOf(resource: ResizeResource, next: ResourceRequirements = {}, had: ResourceRequirements): number {
  const of = resource === 'cpu' ? milliCpu : memoryBytes;
  const limit = ({ limits }: ResourceRequirements) => of(limits) || Number.MAX_SAFE_INTEGER;
  return limit(next) - limit(had) || of(next.requests) - of(had.requests);
}
