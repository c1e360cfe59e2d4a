/**
 * The kubelet's own servers: over HTTPS for callers that are known (the API server, monitoring), and where they are asked for, over
 * plain HTTP what anyone may read, and /healthz for this machine alone.
 */
import { messageOf } from '../../base/message-of.ts';
import type { Collector } from '../../base/metrics/family.ts';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Client } from '../../client/index.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../../wire/api.ts';
import { serve } from '../../wire/node/http-server.ts';
import { Disposer } from '../disposer.ts';
import type { KubeletMetrics } from '../metrics/metrics.ts';
import type { KubeletOptions, KubeletServerOptions } from '../options.ts';
import type { StatsProvider } from '../stats/provider.ts';
import type { PodSyncContext } from '../sync/pod-sync.ts';
import type { PodWorkers } from '../sync/pod-workers.ts';
import { createAuthorizer } from './authorize.ts';
import type { Refuse } from './authorize.ts';
import { Health } from './health.ts';
import { plain } from './plain.ts';
import { answer, namesOf } from './routes.ts';

export interface ServerContext {
  readonly context: PodSyncContext;
  readonly workers: Pick<PodWorkers, 'get' | 'list' | 'active'>;
  readonly nodeName: string;
  readonly stats: StatsProvider;
  /** Of the machine. */
  readonly cpus: number;
  readonly metrics: KubeletMetrics;
  /** What others count: the client of the API server, the process. */
  readonly collectors: readonly Collector[];
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Where the machine's logs are, if they may be read. */
  readonly systemLogs: string | undefined;
  /** Whether services' logs may be asked for by name. */
  readonly logQuery: boolean;
  readonly process: ProcessFacts;
  readonly health: Health;
}

/** What `/statusz` and `/flagz` tell of the program. */
export interface ProcessFacts {
  readonly startedAt: Millis;
  readonly version: string;
  readonly flags: Readonly<Record<string, string>>;
}

export interface KubeletServer extends AsyncDisposable {
  /** Of HTTPS. */
  readonly port: number | undefined;
}

export interface ServerOptions extends Omit<ServerContext, 'systemLogs' | 'logQuery' | 'health' | 'configuration' | 'collectors'>, Pick<KubeletOptions, 'server' | 'healthz' | 'configuration' | 'collectors'> {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

const SYSTEM_LOGS = '/var/log';

export async function startKubeletServer(options: ServerOptions): Promise<KubeletServer> {
  const { server, healthz, log, client, clock, nodeName, configuration = {}, collectors = [] } = options;
  await using started = new Disposer();
  // Whoever is answered at all is answered by the loop that everything else runs on.
  const health = new Health({ ping: () => undefined, log: () => undefined, syncloop: () => undefined });
  const at: ServerContext = { ...options, configuration, collectors, health, systemLogs: server?.systemLogs === false ? undefined : SYSTEM_LOGS, logQuery: server?.systemLogQuery === true };
  const secure = server && started.use(await serve(secured(at, server, createAuthorizer({ ...server, client, clock, nodeName }), log), { ...server, tls: tlsOf(server), log }));
  if (server?.renewed) started.use(server.renewed((tls) => secure?.setCertificate(tlsOf({ ...server, tls }))));
  const open = async (what: string, where: { readonly host: string; readonly port: number }, handler: ApiHandler) => {
    // Somebody else may have the port: pods run all the same.
    const opened = await serve(handler, { ...where, log }).catch((error: unknown) => log.warn(`${what} is not served`, { ...where, error: String(error) }));
    if (opened) started.use(opened);
  };
  if (server?.readOnlyPort) await open('the read-only port', { host: server.host, port: server.readOnlyPort }, counted(at, 'readonly', (request) => answer(at, request, { isSecure: false, debugging: false }), log));
  if (healthz) await open('healthz', healthz, async (request) => (/^\/healthz(?:$|[/?])/.test(request.url) ? answer(at, request, { isSecure: false, debugging: false }) : plain(404, '404 page not found\n')));
  const running = started.move();
  return { port: secure?.port, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

const tlsOf = ({ tls, ciphers, minVersion }: KubeletServerOptions) => ({ ...tls, ...(ciphers ? { ciphers } : {}), ...(minVersion ? { minVersion } : {}) });

function secured(at: ServerContext, { debugging = true }: KubeletServerOptions, refuse: Refuse, log: Logger): ApiHandler {
  return counted(at, 'readwrite', async (request) => (await refuse(request)) ?? answer(at, request, { isSecure: true, debugging }), log);
}

function counted(at: ServerContext, serverType: 'readwrite' | 'readonly', handle: (request: ApiRequest) => Promise<ApiResponse>, log: Logger): ApiHandler {
  const { clock } = at.context;
  return async (request) => {
    const done = at.metrics.request({ ...namesOf(request), serverType }, () => clock.monotonic());
    try {
      return await handle(request);
    } catch (error) {
      if (error instanceof URIError) return plain(400, 'Bad Request\n');
      log.warn('kubelet request failed', { url: request.url, error: String(error) });
      return plain(500, messageOf(error));
    } finally {
      done();
    }
  };
}
