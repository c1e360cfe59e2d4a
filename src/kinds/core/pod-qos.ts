/** Which pods the kubelet evicts last (https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/). */
import { parseQuantity } from '../../meta/quantity.ts';
import type { PodSpec } from './pod-spec.ts';
import type { ResourceRequirements } from './resources.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COMPUTE = ['cpu', 'memory'] as const;

/** From the pod-level resources where there are any, else from all containers, init containers included. */
export function qosClassOf(spec: Pick<PodSpec, 'containers' | 'initContainers' | 'resources'>): QosClass {
  const asked = spec.resources && (spec.resources.requests || spec.resources.limits)
    ? [spec.resources]
    : [...(spec.initContainers ?? []), ...spec.containers].map(({ resources }) => resources ?? {});
  if (!asked.some((resources) => COMPUTE.some((name) => amount(resources.requests, name) > 0n || amount(resources.limits, name) > 0n))) return 'BestEffort';
  return asked.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

/** A limit for both, and requests, where they are said, equal to it. */
const isGuaranteed = ({ requests, limits }: ResourceRequirements): boolean =>
  COMPUTE.every((name) => {
    const limit = amount(limits, name);
    return limit > 0n && (requests?.[name] === undefined || amount(requests, name) === limit);
  });

const amount = (list: Readonly<Record<string, string>> | undefined, name: string): bigint =>
  list?.[name] === undefined ? 0n : parseQuantity(list[name]).nanos;
