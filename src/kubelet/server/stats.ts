/** /stats/summary and what is below /metrics: what the node and its pods use, and what the kubelet does. */
import { expose, OPEN_METRICS, PROMETHEUS } from '../../base/metrics/exposition.ts';
import type { Family } from '../../base/metrics/family.ts';
import { stateFamilies } from '../metrics/state.ts';
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

/** GET /metrics */
export async function kubeletMetrics({ nodeName, workers, context: { cri, log }, stats, metrics, collectors }: ServerContext, request: ApiRequest): Promise<ApiResponse> {
  const [sandboxes, containers, samples] = await Promise.all([cri.listPodSandboxes(), cri.listContainers(), stats.podsWithDisks()]).catch((error: unknown) => {
    log.debug('metrics without the runtime\'s', { error: String(error) });
    return [[], [], []] as const;
  });
  const state = stateFamilies({ nodeName, desired: workers.list(), active: workers.active(), sandboxes, containers, samples });
  return exposed(request, [...metrics.families(), ...state, ...collectors.flatMap((collect) => [...collect()])]);
}

export const probeMetrics = ({ metrics }: ServerContext, request: ApiRequest): ApiResponse => exposed(request, metrics.probeFamilies());
export const serviceLevels = ({ health }: ServerContext, request: ApiRequest): ApiResponse => exposed(request, health.families());

/** As OpenMetrics to those who prefer it. */
function exposed({ headers }: ApiRequest, families: Iterable<Family>): ApiResponse {
  const open = /application\/openmetrics-text/.test(headers.accept ?? '');
  const response = plain(200, expose(families, open ? 'openmetrics' : 'prometheus'));
  return { ...response, headers: { 'content-type': open ? OPEN_METRICS : PROMETHEUS } };
}

const metricsText = (text: string): ApiResponse => {
  const response = plain(200, text);
  return { ...response, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' } };
};
