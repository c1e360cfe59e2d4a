/** Who goes first: those that use more than they asked for, then the less important, then those that exceed it by most. Pure. */
import type { Pod } from '../../kinds/core/pod.ts';
import { podRequests } from '../../rules/pod-resources.ts';
import type { PodSample } from '../stats/samples.ts';
import { resourceOf } from './thresholds.ts';
import type { Signal } from './thresholds.ts';

export interface Ranking {
  readonly samples: ReadonlyMap<string, PodSample>;
  /** Images and containers' layers have a file system of their own. */
  readonly dedicatedImageFs: boolean;
}

/** What of a pod's disk is on the file system that a signal is about. */
type Parts = { readonly layers: boolean; readonly rest: boolean };

export function rankPods(pods: readonly Pod[], signal: Signal, { samples, dedicatedImageFs }: Ranking): readonly Pod[] {
  const sample = (pod: Pod) => samples.get(pod.metadata.uid);
  const priority = ({ spec }: Pod) => spec.priority ?? 0;
  const resource = resourceOf(signal);
  if (resource === 'pids') return pods.toSorted((a, b) => priority(a) - priority(b) || (sample(b)?.usage?.processes ?? 0) - (sample(a)?.usage?.processes ?? 0));
  const parts: Parts = !dedicatedImageFs ? { layers: true, rest: true } : signal.startsWith('nodefs') ? { layers: false, rest: true } : { layers: true, rest: false };
  const used = (one: PodSample): number => (resource === 'memory' ? one.usage?.memory.workingSetBytes ?? 0 : diskOf(one, resource === 'inodes' ? 'inodes' : 'bytes', parts));
  const over = (pod: Pod): number => {
    const one = sample(pod);
    // Nothing is known of it: it goes first.
    if (!one) return Infinity;
    const requests = podRequests({ spec: pod.spec });
    return used(one) - (requests.get(resource) ?? 0);
  };
  return pods.toSorted((a, b) => Number(over(b) > 0) - Number(over(a) > 0) || priority(a) - priority(b) || compare(over(b), over(a)));
}

/** Infinity less itself is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

function diskOf({ containers, volumes = [] }: PodSample, what: 'bytes' | 'inodes', { layers, rest }: Parts): number {
  const ofContainers = containers.reduce((sum, { rootfs, logs }) => sum + (layers ? rootfs?.[what] ?? 0 : 0) + (rest ? logs?.[what] ?? 0 : 0), 0);
  return ofContainers + (rest ? volumes.filter(({ ephemeral }) => ephemeral).reduce((sum, { usage }) => sum + usage[what], 0) : 0);
}
