/** How much a container may swap (https://kubernetes.io/docs/concepts/cluster-administration/swap-memory-management/). Pure; cgroup v2 alone can hold it to that. */
import type { Container } from '../../kinds/core/container.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { LinuxContainerResources } from '../cri/runtime-v1.ts';
import { isCritical } from '../pod.ts';
import { memoryBytes } from './resources.ts';

export type SwapBehavior = 'NoSwap' | 'LimitedSwap';

export interface SwapFacts {
  readonly behavior: SwapBehavior;
  /** The machine's. */
  readonly swapBytes: number;
  readonly memoryBytes: number;
}

/** Of the machine's swap, a burstable container's share is that of its request of the memory. */
export function swapAllowance(pod: Pod, { resources }: Container, { behavior, swapBytes, memoryBytes: machine }: SwapFacts): number {
  const [request, limit] = [memoryBytes(resources?.requests), memoryBytes(resources?.limits)];
  if (behavior !== 'LimitedSwap' || qosClassOf(pod.spec) !== 'Burstable' || isCritical(pod) || request === 0 || request === limit) return 0;
  return Math.floor((request / machine) * swapBytes);
}

/** Nothing where the machine has no swap. */
export function swapResources(pod: Pod, container: Container, facts: SwapFacts): Pick<LinuxContainerResources, 'memorySwapLimitInBytes' | 'unified'> {
  if (facts.swapBytes === 0) return {};
  const allowed = swapAllowance(pod, container, facts);
  const limit = memoryBytes(container.resources?.limits);
  // The runtime's number is memory and swap together.
  return { unified: { 'memory.swap.max': String(allowed) }, ...(limit > 0 ? { memorySwapLimitInBytes: limit + allowed } : {}) };
}
