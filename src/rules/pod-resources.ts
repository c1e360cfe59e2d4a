/**
 * What a pod asks of its node, as plain numbers: CPU in thousandths of a core, everything else in whole units (bytes,
 * devices), rounded up. Exact up to 2^53, far above any machine.
 */
import { AmountCache } from './resource-amounts.ts';

type Quantities = Readonly<Record<string, string>>;

interface ContainerLike {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
}

interface ContainerStatusLike {
  readonly name: string;
  readonly resources?: { readonly requests?: Quantities };
  readonly allocatedResources?: Quantities;
}

/** What of a pod decides its requests. */
export interface PodResourcesLike {
  readonly spec: {
    readonly containers: readonly ContainerLike[];
    readonly initContainers?: readonly ContainerLike[];
    readonly overhead?: Quantities;
    readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
  };
  readonly status?: {
    readonly containerStatuses?: readonly ContainerStatusLike[];
    readonly initContainerStatuses?: readonly ContainerStatusLike[];
    readonly conditions?: readonly { readonly type: string; readonly reason?: string }[];
  };
}

/** Resource name to amount. */
export type Amounts = ReadonlyMap<string, number>;

const cache = new AmountCache();

/** The amount a quantity of this resource stands for. */
export const amountOf = (resource: string, quantity: string): number => cache.amountOf(resource, quantity);

/** All quantities of a list, as amounts. */
export function amounts(list: Quantities | undefined): Map<string, number> {
  const found = new Map<string, number>();
  for (const resource in list) found.set(resource, amountOf(resource, list[resource]!));
  return found;
}

const isPodLevel = (resource: string): boolean => resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');
const isSidecar = (container: ContainerLike): boolean => container.restartPolicy === 'Always';

function add(to: Map<string, number>, more: Amounts): void {
  for (const [resource, amount] of more) to.set(resource, (to.get(resource) ?? 0) + amount);
}

function raise(to: Map<string, number>, other: Amounts): void {
  for (const [resource, amount] of other) if (amount > (to.get(resource) ?? -1)) to.set(resource, amount);
}

/**
 * The most the pod needs at any one time: its containers and sidecars together, or an init container beside the
 * sidecars started before it; pod-level requests stand instead of the sum; overhead comes on top. A container being
 * resized counts with the larger of what it has and what it is to have, unless the node can never give it that.
 * @param floor what a container is taken to request where it says nothing (the scheduler's scores use this)
 */
export function podRequests(pod: PodResourcesLike, floor?: Amounts): Map<string, number> {
  const { containers, initContainers = [], overhead, resources } = pod.spec;
  const total = new Map<string, number>();
  const hopeless = pod.status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible') === true;
  for (const container of containers) add(total, containerRequests(container, pod.status?.containerStatuses, { floor, hopeless }));

  const sidecars = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const container of initContainers) {
    const own = containerRequests(container, pod.status?.initContainerStatuses, { floor, hopeless });
    if (isSidecar(container)) {
      add(sidecars, own);
      raise(starting, sidecars);
    } else {
      add(own, sidecars);
      raise(starting, own);
    }
  }
  add(total, sidecars);
  raise(total, starting);

  for (const [resource, amount] of amounts(resources?.requests)) if (isPodLevel(resource)) total.set(resource, amount);
  add(total, amounts(overhead));
  return total;
}

/** The same sum over limits. Overhead comes on top of what is limited at all; a resize under way does not count. */
export function podLimits({ spec }: PodResourcesLike): Map<string, number> {
  const byLimits = <C extends { readonly resources?: { readonly limits?: Quantities } }>(one: C) => {
    const { limits } = one.resources ?? {};
    return { ...one, resources: limits ? { requests: limits } : {} };
  };
  const { overhead, ...rest } = spec;
  const total = podRequests({
    spec: byLimits({ ...rest, containers: spec.containers.map(byLimits), ...(spec.initContainers ? { initContainers: spec.initContainers.map(byLimits) } : {}) }),
  });
  for (const [resource, amount] of amounts(overhead)) if (total.has(resource)) total.set(resource, total.get(resource)! + amount);
  return total;
}

function containerRequests(
  container: ContainerLike, statuses: readonly ContainerStatusLike[] | undefined, { floor, hopeless }: { readonly floor: Amounts | undefined; readonly hopeless: boolean },
): Map<string, number> {
  const status = statuses?.find(({ name }) => name === container.name);
  const requests = hopeless && status?.resources?.requests ? new Map<string, number>() : amounts(container.resources?.requests);
  if (status?.resources?.requests) raise(requests, amounts(status.resources.requests));
  if (status?.allocatedResources) raise(requests, amounts(status.allocatedResources));
  for (const [resource, amount] of floor ?? []) if (!requests.has(resource)) requests.set(resource, amount);
  return requests;
}
