/** /stats/summary, /metrics/resource and /metrics/cadvisor: what the node and its pods use. */
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { cadvisorMetrics } from '../stats/cadvisor-metrics.ts';
import { resourceMetrics } from '../stats/resource-metrics.ts';
import { summaryOf } from '../stats/summary.ts';
import type { ServerContext } from './kubelet-server.ts';
import { json, plain } from './plain.ts';

/** GET /stats/summary?only_cpu_and_memory=true */
export async function statsSummary({ stats, nodeName }: ServerContext, request: ApiRequest): Promise<ApiResponse> {
  const onlyCpuAndMemory = new URL(request.url, 'http://kubelet').searchParams.get('only_cpu_and_memory') === 'true';
  const [node, pods] = await Promise.all([stats.node(), onlyCpuAndMemory ? stats.pods() : stats.podsWithDisks()]);
  const bare = { ...node, fs: undefined, imageFs: undefined, network: undefined, processes: undefined, swap: undefined };
  return json(summaryOf({ nodeName, node: onlyCpuAndMemory ? bare : node, pods }));
}

export async function resourceUsage({ stats }: ServerContext): Promise<ApiResponse> {
  const [node, pods] = await Promise.all([stats.node(), stats.pods()]);
  return metricsText(resourceMetrics({ node, pods }));
}

export async function cadvisorUsage({ stats, cpus }: ServerContext): Promise<ApiResponse> {
  const [node, pods] = await Promise.all([stats.node(), stats.podsWithDisks()]);
  return metricsText(cadvisorMetrics({ node, pods, cpus }));
}

const metricsText = (text: string): ApiResponse => {
  const response = plain(200, text);
  return { ...response, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' } };
};
