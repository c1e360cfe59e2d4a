/** What an evicted pod is told, in upstream's words. Each sentence ends with a blank, as upstream's do. */
import type { Pod } from '../../kinds/core/pod.ts';
import { formatQuantity, parseQuantity, quantityOf, quantityValue } from '../../meta/quantity.ts';
import { initContainers } from '../pod.ts';
import type { ContainerSample, PodSample } from '../stats/samples.ts';
import { thresholdWords } from './thresholds.ts';
import type { Observations, StarvedResource, Threshold } from './thresholds.ts';

export const EVICTED = 'Evicted';

export interface Cause {
  readonly resource: StarvedResource;
  readonly thresholds: readonly Threshold[];
  readonly observations: Observations;
}

const binary = (bytes: number): string => formatQuantity(quantityOf(bytes, 'BinarySI'));

export function evictionMessage(pod: Pod, sample: PodSample | undefined, { resource, thresholds, observations }: Cause): string {
  const start = `The node was low on resource: ${resource}. ${thresholdWords(resource, thresholds, observations)}`;
  if (!sample) return start;
  const parts = sample.containers.flatMap((container) => {
    const spec = [...pod.spec.containers, ...initContainers(pod)].find(({ name }) => name === container.name);
    const used = spec && usageOf(container, resource);
    if (!spec || used === undefined) return [];
    const request = spec.resources?.requests?.[resource];
    return used > (request === undefined ? 0 : quantityValue(parseQuantity(request)))
      ? [`Container ${container.name} was using ${binary(used)}, request is ${request ?? '0'}, has larger consumption of ${resource}. `] : [];
  });
  return `${start}${ofPod(pod, sample, resource)}${parts.join('')}`;
}

function ofPod({ metadata, spec }: Pod, { usage }: PodSample, resource: StarvedResource): string {
  const request = spec.resources?.requests?.[resource];
  if (resource !== 'memory' || request === undefined || !usage) return '';
  return `Pod ${metadata.name} was using ${binary(usage.memory.workingSetBytes)}, request is ${request}, has larger consumption of ${resource}. `;
}

function usageOf({ usage, rootfs, logs }: ContainerSample, resource: StarvedResource): number | undefined {
  if (resource === 'memory') return usage?.memory.workingSetBytes;
  return resource === 'ephemeral-storage' && rootfs && logs ? rootfs.bytes + logs.bytes : undefined;
}

export const emptyDirMessage = (volume: string, limit: string): string => `Usage of EmptyDir volume "${volume}" exceeds the limit "${limit}". `;
export const podStorageMessage = (limit: string): string => `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `;
export const containerStorageMessage = (container: string, limit: string): string => `Container ${container} exceeded its local ephemeral storage limit "${limit}". `;
export const conditionMessage = (conditions: readonly string[]): string => `The node had condition: [${conditions.join(' ')}]. `;
