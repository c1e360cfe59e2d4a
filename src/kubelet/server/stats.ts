/** /stats/summary and /metrics/resource: what pods use, as the metrics server and `kubectl top` want it. */
import type { ContainerStats } from '../cri/runtime-v1.ts';
import { CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID } from '../cri/labels.ts';
import { formatTime } from '../../meta/time.ts';
import type { ApiResponse } from '../../wire/api.ts';
import type { ServerContext } from './kubelet-server.ts';
import { json, plain } from './plain.ts';

const timeOf = (nanos: number): string => formatTime(nanos / 1_000_000);

function usage({ cpu, memory }: ContainerStats) {
  return {
    ...(cpu ? { cpu: { time: timeOf(cpu.timestamp), usageNanoCores: cpu.usageNanoCores?.value ?? 0, usageCoreNanoSeconds: cpu.usageCoreNanoSeconds?.value ?? 0 } } : {}),
    ...(memory ? {
      memory: {
        time: timeOf(memory.timestamp), workingSetBytes: memory.workingSetBytes?.value ?? 0, usageBytes: memory.usageBytes?.value ?? memory.workingSetBytes?.value ?? 0,
        rssBytes: memory.rssBytes?.value ?? 0, pageFaults: memory.pageFaults?.value ?? 0, majorPageFaults: memory.majorPageFaults?.value ?? 0,
      },
    } : {}),
  };
}

const sum = (stats: readonly ContainerStats[], of: (one: ContainerStats) => number | undefined): number => stats.reduce((total, one) => total + (of(one) ?? 0), 0);

/** By pod. */
function grouped(stats: readonly ContainerStats[]): ReadonlyMap<string, readonly ContainerStats[]> {
  const groups = new Map<string, ContainerStats[]>();
  for (const one of stats) {
    const uid = one.attributes?.labels[POD_UID];
    if (uid !== undefined) groups.set(uid, [...(groups.get(uid) ?? []), one]);
  }
  return groups;
}

export async function statsSummary({ context, nodeName, startedAt }: ServerContext): Promise<ApiResponse> {
  const stats = await context.cri.containerStats();
  const now = formatTime(context.clock.now());
  const totals = (some: readonly ContainerStats[]) => ({
    cpu: { time: now, usageNanoCores: sum(some, ({ cpu }) => cpu?.usageNanoCores?.value), usageCoreNanoSeconds: sum(some, ({ cpu }) => cpu?.usageCoreNanoSeconds?.value) },
    memory: { time: now, workingSetBytes: sum(some, ({ memory }) => memory?.workingSetBytes?.value), usageBytes: sum(some, ({ memory }) => memory?.usageBytes?.value ?? memory?.workingSetBytes?.value) },
  });
  const pods = [...grouped(stats).values()].map((some) => {
    const { labels } = some[0]!.attributes!;
    return {
      podRef: { name: labels[POD_NAME], namespace: labels[POD_NAMESPACE], uid: labels[POD_UID] },
      startTime: startedAt, ...totals(some),
      containers: some.map((one) => ({ name: one.attributes?.labels[CONTAINER_NAME], startTime: startedAt, ...usage(one) })),
    };
  });
  return json({ node: { nodeName, startTime: startedAt, ...totals(stats) }, pods });
}

/** Prometheus text. */
export async function resourceMetrics({ context }: ServerContext): Promise<ApiResponse> {
  const stats = await context.cri.containerStats();
  const lines: string[] = [];
  const family = (name: string, { help, type, labels, of }: { readonly help: string; readonly type: string; readonly labels: (one: ContainerStats) => string; readonly of: (one: ContainerStats) => number | undefined }) => {
    lines.push(`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`);
    for (const one of stats) {
      const value = of(one);
      if (value !== undefined) lines.push(`${name}{${labels(one)}} ${value}`);
    }
  };
  const labels = ({ attributes }: ContainerStats) => {
    const all = attributes?.labels ?? {};
    return `container="${all[CONTAINER_NAME]}",namespace="${all[POD_NAMESPACE]}",pod="${all[POD_NAME]}"`;
  };
  family('container_cpu_usage_seconds_total', { help: 'Cumulative cpu time consumed by the container in core-seconds', type: 'counter', labels, of: ({ cpu }) => (cpu?.usageCoreNanoSeconds ? cpu.usageCoreNanoSeconds.value / 1e9 : undefined) });
  family('container_memory_working_set_bytes', { help: 'Current working set of the container in bytes', type: 'gauge', labels, of: ({ memory }) => memory?.workingSetBytes?.value });
  lines.push('# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds', '# TYPE node_cpu_usage_seconds_total counter');
  lines.push(`node_cpu_usage_seconds_total ${sum(stats, ({ cpu }) => cpu?.usageCoreNanoSeconds?.value) / 1e9}`);
  lines.push('# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes', '# TYPE node_memory_working_set_bytes gauge');
  lines.push(`node_memory_working_set_bytes ${sum(stats, ({ memory }) => memory?.workingSetBytes?.value)}`);
  return plain(200, `${lines.join('\n')}\n`);
}
