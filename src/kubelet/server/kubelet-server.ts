/** The kubelet's own HTTPS server. Paths and queries are upstream's (pkg/kubelet/server); callers are the API server and monitoring. */
import type { Logger } from '../../base/log.ts';
import type { Client } from '../../client/index.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { serve } from '../../wire/node/http-server.ts';
import type { KubeletServerOptions } from '../options.ts';
import type { PodSyncContext } from '../sync/pod-sync.ts';
import type { PodWorkers } from '../sync/pod-workers.ts';
import { refuse } from './authorize.ts';
import { containerLogs } from './logs-handler.ts';
import { json, plain } from './plain.ts';
import type { StatsProvider } from '../stats/provider.ts';
import { cadvisorUsage, resourceUsage, statsSummary } from './stats.ts';
import { attach, exec, portForward, run } from './streams-handler.ts';

export interface ServerContext {
  readonly context: PodSyncContext;
  readonly workers: Pick<PodWorkers, 'get' | 'list'>;
  readonly nodeName: string;
  readonly stats: StatsProvider;
  /** Of the machine. */
  readonly cpus: number;
}

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

export interface ServerOptions extends KubeletServerOptions, ServerContext {
  readonly client: Client;
  readonly log: Logger;
}

type Handle = (at: ServerContext, request: ApiRequest, path: readonly string[]) => Promise<ApiResponse> | ApiResponse;

/** By the first segment of the path; the others are the handler's. */
const ROUTES: Readonly<Record<string, Handle>> = {
  healthz: () => plain(200, 'ok'),
  pods: ({ workers, context }) => json({
    kind: 'PodList', apiVersion: 'v1', metadata: {},
    items: workers.list().map((pod) => ({ ...pod, status: { ...pod.status, ...context.statuses.latest(pod.metadata.uid) } })),
  }),
  containerLogs, exec, attach, portForward, run,
  stats: (at, request, [what]) => (what === 'summary' ? statsSummary(at, request) : plain(404, '404 page not found\n')),
  metrics: (at, _, [what]) => (what === 'resource' ? resourceUsage(at) : what === 'cadvisor' ? cadvisorUsage(at) : plain(what === undefined ? 200 : 404, '')),
};

export async function startKubeletServer(options: ServerOptions): Promise<KubeletServer> {
  const { context, workers, nodeName, stats, cpus, client, log, host, port, tls, clientCa } = options;
  const at: ServerContext = { context, workers, nodeName, stats, cpus };
  const handler = async (request: ApiRequest): Promise<ApiResponse> => {
    const refusal = await refuse({ client, nodeName }, request);
    if (refusal) return refusal;
    const [, first = '', ...path] = new URL(request.url, 'http://kubelet').pathname.split('/').map(decodeURIComponent);
    const handle = ROUTES[first];
    if (!handle) return plain(404, '404 page not found\n');
    try {
      return await handle(at, request, path);
    } catch (error) {
      log.warn('kubelet request failed', { url: request.url, error: String(error) });
      return plain(500, error instanceof Error ? error.message : String(error));
    }
  };
  const server = await serve(handler, { host, port, tls, clientCa, log });
  return { port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
