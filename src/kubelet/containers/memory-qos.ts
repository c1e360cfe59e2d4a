/**
 * Memory quality of service (KEP-2570), on cgroup v2: what a container requested is not taken from it, and near its limit it is slowed
 * down before it is killed. Pure.
 */
import type { Container } from '../../kinds/core/container.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { podRequests } from '../../rules/pod-resources.ts';
import { memoryBytes } from './resources.ts';

export interface MemoryQos {
  /** Of what lies between request and limit, the part that is had at full speed: 0.9 upstream. */
  readonly throttlingFactor: number;
  /** What a container without a limit may have. */
  readonly allocatableBytes: number;
}

const PAGE = 4096;

/** For the container's own cgroup. Guaranteed ones are not slowed: their request is their limit. */
export function memoryQosResources(pod: Pod, { resources }: Container, { throttlingFactor, allocatableBytes }: MemoryQos): Readonly<Record<string, string>> {
  const [request, limit] = [memoryBytes(resources?.requests), memoryBytes(resources?.limits)];
  const most = limit > 0 ? limit : allocatableBytes;
  const high = Math.floor((request + throttlingFactor * (most - request)) / PAGE) * PAGE;
  const slowed = qosClassOf(pod.spec) !== 'Guaranteed' && request !== limit && high > request;
  return { ...(request > 0 ? { 'memory.min': String(request) } : {}), ...(slowed || (request === 0 && limit > 0) ? { 'memory.high': String(high) } : {}) };
}

/** What is kept for a pod as a whole: the sum of its requests. */
export const podMemoryMin = (pod: Pod): number => podRequests({ spec: pod.spec }).get('memory') ?? 0;
