/** What the server answers, as a table (pkg/kubelet/server); and how requests are named where they are counted. */
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { checkpoint } from './checkpoint.ts';
import type { ServerContext } from './kubelet-server.ts';
import { containerLogs } from './logs-handler.ts';
import { cadvisorUsage, kubeletMetrics, probeMetrics, resourceUsage, serviceLevels, statsSummary } from './stats.ts';
import { json, plain } from './plain.ts';
import { desiredPods, runningPods } from './pods-handler.ts';
import { attach, exec, portForward, run } from './streams-handler.ts';
import { queriedLogs } from './log-query.ts';
import { systemLogs } from './system-logs.ts';
import { flagz, statusz } from './z-pages.ts';

type Handle = (at: ServerContext, request: ApiRequest, path: readonly string[]) => Promise<ApiResponse> | ApiResponse;

interface Route {
  readonly methods: readonly string[];
  /** Only for callers that are known, and not where debugging endpoints are off. */
  readonly debugging?: boolean;
  /** Who asks keeps the connection for as long as it likes. */
  readonly longRunning?: boolean;
  readonly handle: Handle;
}

const READ = ['GET', 'HEAD'];
const notFound = (): ApiResponse => plain(404, '404 page not found\n');
const query = (request: ApiRequest): URLSearchParams => new URL(request.url, 'http://kubelet').searchParams;

const METRICS: Readonly<Record<string, Handle>> = { '': kubeletMetrics, resource: resourceUsage, cadvisor: cadvisorUsage, probes: probeMetrics, slis: serviceLevels };

function logs(at: ServerContext, request: ApiRequest, segments: readonly string[]): Promise<ApiResponse> | ApiResponse {
  const path = segments.filter((segment) => segment !== '');
  if (!at.systemLogs) return plain(405, 'logs endpoint is disabled.\n');
  return at.logQuery ? queriedLogs({ root: at.systemLogs, run: at.context.mounter.run }, request, path) : systemLogs(at.systemLogs, request, path);
}

/** There is no Go runtime to profile, nor flags of its logging. */
function debug([what]: readonly string[]): ApiResponse {
  if (what === 'pprof') return plain(405, 'profiling endpoint is disabled.\n');
  return what === 'flags' ? plain(405, 'flags endpoint is disabled.\n') : notFound();
}

/** By the first segment of the path; the others are the handler's. */
const ROUTES: Readonly<Record<string, Route>> = {
  healthz: { methods: READ, handle: ({ health }, request, path) => health.answer(path, query(request)) },
  pods: { methods: ['GET'], handle: desiredPods },
  stats: { methods: READ, handle: (at, request, [what]) => (what === 'summary' ? statsSummary(at, request) : notFound()) },
  metrics: { methods: READ, handle: (at, request, [what = '', ...more]) => (more.length > 0 ? notFound() : METRICS[what]?.(at, request, []) ?? notFound()) },
  runningpods: { methods: ['GET'], debugging: true, handle: runningPods },
  containerLogs: { methods: ['GET'], debugging: true, handle: containerLogs },
  exec: { methods: ['GET', 'POST'], debugging: true, longRunning: true, handle: exec },
  attach: { methods: ['GET', 'POST'], debugging: true, longRunning: true, handle: attach },
  portForward: { methods: ['GET', 'POST'], debugging: true, longRunning: true, handle: portForward },
  run: { methods: ['POST'], debugging: true, handle: run },
  checkpoint: { methods: ['POST'], debugging: true, handle: checkpoint },
  configz: { methods: READ, debugging: true, handle: ({ configuration }) => json({ kubeletconfig: configuration }) },
  logs: { methods: READ, debugging: true, handle: logs },
  debug: { methods: [...READ, 'PUT'], debugging: true, handle: (_at, _request, path) => debug(path) },
  statusz: { methods: READ, debugging: true, handle: statusz },
  flagz: { methods: READ, debugging: true, handle: flagz },
};

/** Also told apart where requests are counted. */
const UNLISTED = ['pprof'];

/** What upstream answers for while debugging endpoints are off; the others are not there then. */
const DISABLED = new Set(['run', 'exec', 'attach', 'portForward', 'containerLogs', 'runningpods', 'logs', 'debug']);

export interface Routing {
  /** Whether this is the server that knows its callers. */
  readonly isSecure: boolean;
  readonly debugging: boolean;
}

export async function answer(at: ServerContext, request: ApiRequest, { isSecure, debugging }: Routing): Promise<ApiResponse> {
  const [first = '', ...path] = segmentsOf(request);
  const route = ROUTES[first];
  if (!route || (route.debugging && !isSecure)) return notFound();
  if (route.debugging && !debugging) return DISABLED.has(first) ? plain(405, 'Debug endpoints are disabled.\n') : notFound();
  if (!route.methods.includes(request.method)) return { ...plain(405, 'Method Not Allowed'), headers: { allow: route.methods.join(', '), 'content-type': 'text/plain; charset=utf-8' } };
  return route.handle(at, request, path);
}

/** @throws URIError where the path is not percent-encoded */
const segmentsOf = (request: ApiRequest): readonly string[] => new URL(request.url, 'http://kubelet').pathname.split('/').slice(1).map(decodeURIComponent);

/** As it is counted: what strangers think up does not become a series of its own. */
export function namesOf(request: ApiRequest): { readonly path: string; readonly method: string; readonly longRunning: boolean } {
  const [, first = '', second] = new URL(request.url, 'http://kubelet').pathname.split('/');
  const known = first in ROUTES || UNLISTED.includes(first);
  const path = first === 'metrics' && second && second in METRICS ? `metrics/${second}` : known ? first : 'other';
  const method = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT'].includes(request.method) ? request.method : 'other';
  return { path, method, longRunning: ROUTES[first]?.longRunning === true };
}
