/** `/metrics/resource`: what the metrics server scrapes (KEP-727). Pure. */
import type { ContainerSample, NodeSample, PodSample, RatedUsage } from './samples.ts';
import { formatFamilies } from './prometheus.ts';
import type { Family, Sample } from './prometheus.ts';

export interface ResourceMetricsInput {
  readonly node: NodeSample;
  readonly pods: readonly PodSample[];
}

const SECOND_NANOS = 1e9;

/** What is told alike of containers, pods and the node. */
const MEASURES = [
  { suffix: 'cpu_usage_seconds_total', help: (what: string) => `[STABLE] Cumulative cpu time consumed by the ${what} in core-seconds`, type: 'counter', of: (usage: RatedUsage) => usage.cpuNanos / SECOND_NANOS },
  { suffix: 'memory_working_set_bytes', help: (what: string) => `[STABLE] Current working set of the ${what} in bytes`, type: 'gauge', of: (usage: RatedUsage) => usage.memory.workingSetBytes },
  { suffix: 'swap_usage_bytes', help: (what: string) => `[ALPHA] Current amount of the ${what} swap usage in bytes. Reported only on non-windows systems`, type: 'gauge', of: (usage: RatedUsage) => usage.memory.swapBytes },
] as const;

interface Subject {
  readonly labels?: Readonly<Record<string, string>>;
  readonly usage: RatedUsage | undefined;
}

export function resourceMetrics({ node, pods }: ResourceMetricsInput): string {
  const containers = pods.flatMap(({ pod, containers: inside }) => inside.map((container) => ({ ...container, labels: labelsOf(container, pod) })));
  const ofPods = pods.map(({ pod: { metadata }, usage }) => ({ usage, labels: { namespace: metadata.namespace ?? '', pod: metadata.name } }));
  const swap = node.swap && { totalBytes: node.swap.totalBytes - node.swap.freeBytes };
  return formatFamilies([
    ...familiesOf('container', containers), startTimes(containers), ...familiesOf('node', [{ usage: node.usage }]).filter(({ name }) => name !== 'node_swap_usage_bytes'),
    { name: 'node_swap_usage_bytes', help: '[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems', type: 'gauge', samples: swap ? [{ value: swap.totalBytes, at: node.at }] : [] },
    ...familiesOf('pod', ofPods),
    { name: 'resource_scrape_error', help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise', type: 'gauge', samples: [{ value: 0 }] },
  ]);
}

const labelsOf = ({ name }: ContainerSample, { metadata }: PodSample['pod']) => ({ container: name, namespace: metadata.namespace ?? '', pod: metadata.name });

function familiesOf(what: string, subjects: readonly Subject[]): readonly Family[] {
  return MEASURES.map(({ suffix, help, type, of }) => ({
    name: `${what}_${suffix}`, help: help(what), type,
    samples: subjects.flatMap(({ labels, usage }): Sample[] => {
      const value = usage && of(usage);
      return usage && value !== undefined ? [{ ...(labels ? { labels } : {}), value, at: usage.at }] : [];
    }),
  }));
}

const startTimes = (containers: readonly (ContainerSample & { readonly labels: Readonly<Record<string, string>> })[]): Family => ({
  name: 'container_start_time_seconds', help: '[STABLE] Start time of the container since unix epoch in seconds', type: 'gauge',
  samples: containers.map(({ labels, startedAt }) => ({ labels, value: startedAt / 1000 })),
});
