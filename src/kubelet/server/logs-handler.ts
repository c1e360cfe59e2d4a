import type { Pod } from '../../kinds/core/pod.ts';
import type { ContainerStatus } from '../../kinds/core/pod-status.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { containerNamed } from '../pod.ts';
import { inspectPod } from '../sync/pod-runtime.ts';
import type { RuntimeContainer } from '../sync/pod-runtime.ts';
import type { ServerContext } from './kubelet-server.ts';
import { plain } from './plain.ts';
import { readLogs } from './read-logs.ts';
import type { LogOptions } from './read-logs.ts';

/** GET /containerLogs/{namespace}/{pod}/{container} */
export async function containerLogs(at: ServerContext, request: ApiRequest, [namespace = '', name = '', container = '']: readonly string[]): Promise<ApiResponse> {
  const pod = at.workers.get(namespace, name);
  if (!pod) return plain(404, `pod "${name}" not found\n`);
  if (!containerNamed(pod, container)) return plain(404, `container "${container}" not found in pod "${name}"\n`);
  const query = new URL(request.url, 'http://kubelet').searchParams;
  const options = parseOptions(query, at.context.clock.now());
  if (typeof options === 'string') return plain(422, options);
  const { cri, clock } = at.context;
  const identity = { uid: pod.metadata.uid, name, namespace };
  const runtime = await inspectPod(cri, identity, request.signal);
  const [latest, earlier] = runtime.containers.filter((instance) => instance.name === container);
  const wanted = isTrue(query.get('previous')) ? (latest?.state === 'exited' && willStartAgain(at, pod, container) ? latest : earlier) : readable(latest) ?? earlier;
  if (!wanted) return plain(400, unavailable(at, { pod, container, previous: isTrue(query.get('previous')) }));
  const isRunning = async () => (await cri.containerStatus(wanted.id)).state === 'CONTAINER_RUNNING';
  const chunks = readLogs({ path: wanted.logPath, clock, isRunning: () => isRunning().catch(() => false) }, options, request.signal);
  return { status: 200, headers: { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' }, body: { type: 'stream', chunks: oneByOne(chunks) } };
}

const readable = (container: RuntimeContainer | undefined): RuntimeContainer | undefined => (container?.state === 'created' ? undefined : container);

async function* oneByOne(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Uint8Array[]> {
  for await (const chunk of chunks) yield [chunk];
}

const statusOf = (at: ServerContext, pod: Pod, container: string): ContainerStatus | undefined => {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = at.context.statuses.latest(pod.metadata.uid) ?? pod.status;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container);
};

/** Its status then shows it waiting: the end that is `previous` is the newest instance's. */
const willStartAgain = (at: ServerContext, pod: Pod, container: string): boolean => statusOf(at, pod, container)?.state.waiting !== undefined;

function unavailable(at: ServerContext, { pod, container, previous }: { readonly pod: Pod; readonly container: string; readonly previous: boolean }): string {
  if (previous) return `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`;
  const waiting = statusOf(at, pod, container)?.state.waiting;
  const why = waiting?.reason ?? '';
  if (why === 'ErrImagePull' || why === 'ImagePullBackOff') return `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${why === 'ErrImagePull' ? 'image can\'t be pulled' : 'trying and failing to pull image'}`;
  return waiting ? `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${why}` : `container "${container}" in pod "${pod.metadata.name}" is not available`;
}

const isTrue = (text: string | null): boolean => text !== null && ['', '1', 't', 'true'].includes(text.toLowerCase());

/** @returns a complaint where a number is none */
function parseOptions(query: URLSearchParams, now: number): LogOptions | string {
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const [tailLines, limitBytes, sinceSeconds] = [number('tailLines'), number('limitBytes'), number('sinceSeconds')];
  if (tailLines !== undefined && !(Number.isInteger(tailLines) && tailLines >= 0)) return 'tailLines: Invalid value: must be greater than or equal to 0';
  if (limitBytes !== undefined && !(Number.isInteger(limitBytes) && limitBytes >= 1)) return 'limitBytes: Invalid value: must be greater than 0';
  if (sinceSeconds !== undefined && !(Number.isInteger(sinceSeconds) && sinceSeconds >= 1)) return 'sinceSeconds: Invalid value: must be greater than 0';
  const sinceTime = query.get('sinceTime');
  const stream = query.get('stream');
  return {
    tailLines, limitBytes, timestamps: isTrue(query.get('timestamps')), follow: isTrue(query.get('follow')),
    since: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    stream: stream === 'Stdout' ? 'stdout' : stream === 'Stderr' ? 'stderr' : undefined,
  };
}
