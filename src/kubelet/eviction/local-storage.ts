/** Whether a pod holds more of the node's disk than it or one of its parts may. Pure. */
import type { Pod } from '../../kinds/core/pod.ts';
import { formatQuantity, parseQuantity, quantityOf, quantityValue } from '../../meta/quantity.ts';
import { podLimits } from '../../rules/pod-resources.ts';
import { ephemeralUsage } from '../stats/samples.ts';
import type { PodSample } from '../stats/samples.ts';
import { containerStorageMessage, emptyDirMessage, podStorageMessage } from './words.ts';

const RESOURCE = 'ephemeral-storage';

/** Pods of which nothing has to be measured are most. */
export const isLimited = ({ spec }: Pod): boolean =>
  (spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) || spec.containers.some(({ resources }) => resources?.limits?.[RESOURCE] !== undefined);

/** @returns what the pod is told, or undefined where it keeps its limits */
export function storageViolation(pod: Pod, sample: PodSample, { dedicatedImageFs }: { readonly dedicatedImageFs: boolean }): string | undefined {
  return fullEmptyDir(pod, sample) ?? fullPod(pod, sample) ?? fullContainer(pod, sample, dedicatedImageFs);
}

function fullEmptyDir({ spec }: Pod, { volumes = [] }: PodSample): string | undefined {
  for (const { name, emptyDir } of spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    const used = volumes.find((volume) => volume.name === name)?.usage.bytes;
    if (limit === undefined || used === undefined) continue;
    const most = quantityValue(parseQuantity(limit));
    if (most > 0 && used > most) return emptyDirMessage(name, limit);
  }
  return undefined;
}

function fullPod(pod: Pod, sample: PodSample): string | undefined {
  const limit = podLimits(pod).get(RESOURCE);
  return limit !== undefined && ephemeralUsage(sample).bytes > limit ? podStorageMessage(formatQuantity(quantityOf(limit, 'BinarySI'))) : undefined;
}

function fullContainer({ spec }: Pod, { containers }: PodSample, dedicatedImageFs: boolean): string | undefined {
  for (const { name, resources } of spec.containers) {
    const limit = resources?.limits?.[RESOURCE];
    const sample = containers.find((container) => container.name === name);
    if (limit === undefined || !sample) continue;
    const most = quantityValue(parseQuantity(limit));
    const used = (sample.logs?.bytes ?? 0) + (dedicatedImageFs ? 0 : sample.rootfs?.bytes ?? 0);
    if (most > 0 && used > most) return containerStorageMessage(name, limit);
  }
  return undefined;
}
