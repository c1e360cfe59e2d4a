/** `/metrics/cadvisor`: cgroups under the names cAdvisor gives them, which dashboards know. Pure. */
import type { ContainerSample, NodeSample, PodSample } from './samples.ts';
import { formatFamilies } from './prometheus.ts';
import type { Family } from './prometheus.ts';

type Labels = Readonly<Record<string, string>>;

interface Subject extends Partial<ContainerSample> {
  readonly labels: Labels;
  readonly usage: ContainerSample['usage'];
}

const NONE = { container: '', id: '', image: '', name: '', namespace: '', pod: '' };

type Measure = readonly [name: string, type: Family['type'], help: string, of: (subject: Subject) => number | undefined, labels?: Labels];

const MEASURES: readonly Measure[] = [
  ['container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed in seconds.', ({ usage }) => usage && usage.cpuNanos / 1e9, { cpu: 'total' }],
  ['container_memory_usage_bytes', 'gauge', 'Current memory usage in bytes, including all memory regardless of when it was accessed', ({ usage }) => usage?.memory.usageBytes],
  ['container_memory_working_set_bytes', 'gauge', 'Current working set in bytes.', ({ usage }) => usage?.memory.workingSetBytes],
  ['container_memory_rss', 'gauge', 'Size of RSS in bytes.', ({ usage }) => usage?.memory.rssBytes],
  ['container_memory_swap', 'gauge', 'Container swap usage in bytes.', ({ usage }) => usage?.memory.swapBytes],
  ['container_memory_failures_total', 'counter', 'Cumulative count of memory allocation failures.', ({ usage }) => usage?.memory.pageFaults, { failure_type: 'pgfault', scope: 'hierarchy' }],
  ['container_threads', 'gauge', 'Number of threads running inside the container', ({ usage }) => usage?.processes],
  ['container_fs_usage_bytes', 'gauge', 'Number of bytes that are consumed by the container on this filesystem.', ({ rootfs }) => rootfs?.bytes, { device: '' }],
  ['container_fs_inodes_total', 'gauge', 'Number of Inodes', ({ rootfs }) => rootfs?.inodes, { device: '' }],
  ['container_spec_cpu_shares', 'gauge', 'CPU share of the container.', ({ limits }) => limits?.cpuShares],
  ['container_spec_cpu_quota', 'gauge', 'CPU quota of the container.', ({ limits }) => limits?.cpuQuota],
  ['container_spec_cpu_period', 'gauge', 'CPU period of the container.', ({ limits }) => limits?.cpuPeriod],
  ['container_spec_memory_limit_bytes', 'gauge', 'Memory limit for the container.', ({ limits, usage }) => usage && (limits?.memoryBytes ?? usage.memory.limitBytes ?? 0)],
  ['container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds.', ({ startedAt }) => startedAt && Math.floor(startedAt / 1000)],
  ['container_last_seen', 'gauge', 'Last time a container was seen by the exporter', ({ usage }) => usage && Math.floor(usage.at / 1000)],
];

const NETWORK = [
  ['container_network_receive_bytes_total', 'Cumulative count of bytes received', 'rxBytes'],
  ['container_network_receive_errors_total', 'Cumulative count of errors encountered while receiving', 'rxErrors'],
  ['container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', 'txBytes'],
  ['container_network_transmit_errors_total', 'Cumulative count of errors encountered while transmitting', 'txErrors'],
] as const;

export interface CadvisorInput {
  readonly node: NodeSample;
  readonly pods: readonly PodSample[];
  readonly cpus: number;
}

export function cadvisorMetrics({ node, pods, cpus }: CadvisorInput): string {
  const ofPod = ({ pod: { metadata } }: PodSample) => ({ namespace: metadata.namespace ?? '', pod: metadata.name });
  const subjects: readonly Subject[] = [
    { labels: { ...NONE, id: '/' }, usage: node.usage },
    ...pods.flatMap((pod) => [
      { labels: { ...NONE, ...ofPod(pod), id: pod.cgroup }, usage: pod.usage },
      ...pod.containers.map((container) => ({ ...container, labels: { container: container.name, id: container.cgroup, image: container.image, name: container.id, ...ofPod(pod) } })),
    ]),
  ];
  const measured = MEASURES.map(([name, type, help, of, more = {}]): Family => ({
    name, type, help,
    samples: subjects.flatMap((subject) => {
      const value = of(subject);
      return value === undefined ? [] : [{ labels: { ...subject.labels, ...more }, value, ...(subject.usage ? { at: subject.usage.at } : {}) }];
    }),
  }));
  const network = NETWORK.map(([name, help, field]): Family => ({
    name, help, type: 'counter',
    samples: pods.flatMap((pod) => (pod.network?.interfaces ?? []).map((one) => ({ labels: { ...NONE, ...ofPod(pod), id: pod.cgroup, interface: one.name }, value: one[field], at: pod.network!.at }))),
  }));
  const machine: readonly Family[] = [
    { name: 'machine_cpu_cores', type: 'gauge', help: 'Number of logical CPU cores.', samples: [{ value: cpus }] },
    { name: 'machine_memory_bytes', type: 'gauge', help: 'Amount of memory installed on the machine.', samples: [{ value: node.memoryBytes }] },
    { name: 'machine_swap_bytes', type: 'gauge', help: 'Amount of swap memory available on the machine.', samples: node.swap ? [{ value: node.swap.totalBytes }] : [] },
  ];
  return formatFamilies([...measured, ...network, ...machine]);
}
