/** /exec, /attach, /portForward and /run: into the runtime. */
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { translateCommand, wantsV5 } from '../../wire/remote-command.ts';
import { tunnelSpdy, wantsTunnel } from '../../wire/spdy-tunnel.ts';
import { isWebSocketRequest } from '../../wire/websocket-handshake.ts';
import { inspectPod, newestOf } from '../sync/pod-runtime.ts';
import type { StreamOptions } from '../cri/cri.ts';
import type { ServerContext } from './kubelet-server.ts';
import { plain } from './plain.ts';
import { tunnel } from './tunnel.ts';

interface Target {
  readonly containerId: string;
  readonly sandboxId: string;
}

/** `{namespace}/{pod}[/{uid}]/{container}` */
async function target({ context, workers }: ServerContext, path: readonly string[], signal: AbortSignal): Promise<Target | string> {
  const [namespace = '', name = ''] = path;
  const container = path.at(-1)!;
  const pod = workers.get(namespace, name);
  if (!pod) return 'pod does not exist';
  const runtime = await inspectPod(context.cri, { uid: pod.metadata.uid, name, namespace }, signal);
  const found = newestOf(runtime, container);
  return found?.state === 'running' ? { containerId: found.id, sandboxId: found.sandboxId } : `container not found ("${container}")`;
}

const flag = (query: URLSearchParams, ...names: readonly string[]): boolean => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));

function streams(query: URLSearchParams): StreamOptions {
  const tty = flag(query, 'tty');
  return { tty, stdin: flag(query, 'input', 'stdin'), stdout: flag(query, 'output', 'stdout'), stderr: !tty && flag(query, 'error', 'stderr') };
}

const queryOf = (request: ApiRequest): URLSearchParams => new URL(request.url, 'http://kubelet').searchParams;

export async function exec(at: ServerContext, request: ApiRequest, path: readonly string[]): Promise<ApiResponse> {
  const found = await target(at, path, request.signal);
  if (typeof found === 'string') return plain(404, found);
  const query = queryOf(request);
  const which = streams(query);
  if (!which.stdin && !which.stdout && !which.stderr) return plain(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return command(at, request, { streams: which, url: await at.context.cri.exec(found.containerId, { cmd: query.getAll('command'), ...which }, request.signal) });
}

export async function attach(at: ServerContext, request: ApiRequest, path: readonly string[]): Promise<ApiResponse> {
  const found = await target(at, path, request.signal);
  if (typeof found === 'string') return plain(404, found);
  const which = streams(queryOf(request));
  if (!which.stdin && !which.stdout && !which.stderr) return plain(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return command(at, request, { streams: which, url: await at.context.cri.attach(found.containerId, which, request.signal) });
}

/** What runtimes do not speak themselves is translated here, as the API server does for callers of its own. */
function command({ context: { clock } }: ServerContext, request: ApiRequest, { streams, url }: { readonly streams: StreamOptions; readonly url: string }): Promise<ApiResponse> {
  const dial = (asked: ApiRequest) => tunnel(url, asked);
  return isWebSocketRequest(request) && wantsV5(request) ? translateCommand(request, { streams, clock, dial }) : dial(request);
}

export async function portForward(at: ServerContext, request: ApiRequest, [namespace = '', name = '']: readonly string[]): Promise<ApiResponse> {
  const pod = at.workers.get(namespace, name);
  if (!pod) return plain(404, 'pod does not exist');
  const runtime = await inspectPod(at.context.cri, { uid: pod.metadata.uid, name, namespace }, request.signal);
  const sandbox = runtime.sandboxes.find(({ ready }) => ready);
  if (!sandbox) return plain(404, `failed to find sandbox for pod "${name}"`);
  const ports = queryOf(request).getAll('port').flatMap((text) => text.split(',')).map(Number).filter((port) => port > 0);
  const url = await at.context.cri.portForward(sandbox.id, ports, request.signal);
  const dial = (asked: ApiRequest) => tunnel(url, asked);
  return isWebSocketRequest(request) && wantsTunnel(request) ? tunnelSpdy(request, { clock: at.context.clock, dial }) : dial(request);
}

/** POST /run: the output of a command, without a terminal. */
export async function run(at: ServerContext, request: ApiRequest, path: readonly string[]): Promise<ApiResponse> {
  const found = await target(at, path, request.signal);
  if (typeof found === 'string') return plain(404, found);
  const { stdout, stderr, exitCode } = await at.context.cri.execSync(found.containerId, { cmd: (queryOf(request).get('cmd') ?? '').split(' '), timeoutSeconds: 0 }, request.signal);
  const output = Buffer.concat([stdout, stderr]).toString('utf8');
  return exitCode === 0 ? plain(200, output) : plain(500, `command terminated with exit code ${exitCode}: ${output}`);
}
