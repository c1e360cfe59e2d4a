/** CRI over gRPC on a unix socket: containerd, CRI-O. */
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { Clock } from '../../base/clock.ts';
import { CriError, isCriError } from './cri.ts';
import type { Cri, CriCode, CriFilter } from './cri.ts';
import { EventCodec, Events, EXITS_OF_CRI } from './containerd-events.ts';
import { describe } from './message.ts';
import type { Message, Received, Sent } from './message.ts';
import { ImageService, RuntimeService } from './runtime-v1.ts';

/** Go's names of the gRPC status codes, by number. */
const CODES: readonly CriCode[] = [
  'OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted',
  'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated',
];

/** Upstream's --runtime-request-timeout. */
const DEADLINE_SECONDS = 120;
/** A list of every container of a node fits. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

interface CallOptions {
  /** Absent: 120 s. 0: none. */
  readonly deadlineSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** One service of a connection: `call(method, request)`. */
type Call<S> = <M extends keyof S & string>(
  method: M,
  request: S[M] extends { request: infer Q extends Message } ? Sent<Q> : never,
  options?: CallOptions,
) => Promise<S[M] extends { response: infer A extends Message } ? Received<A> : never>;

/** @param endpoint a socket's path, or a gRPC target such as `unix:///run/containerd/containerd.sock` */
export function connectCri(endpoint: string, { clock }: { readonly clock: Clock }): Cri {
  const target = endpoint.startsWith('/') ? `unix://${endpoint}` : endpoint;
  const client = new Client(target, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // A proxy set for the registry's sake must not catch a local socket.
    'grpc.enable_http_proxy': 0,
  });
  const definitions = fromJSON(describe('runtime.v1', { RuntimeService, ImageService }) as Parameters<typeof fromJSON>[0], {
    longs: Number, enums: String, defaults: true, arrays: true, objects: true,
  });
  const caller = <S>(service: string): Call<S> => {
    const definition = definitions[`runtime.v1.${service}`];
    if (!isService(definition)) throw new Error(`runtime.v1.${service} is not in the descriptor`);
    return (method, request, options) => invoke(client, clock, { ...definition[method]!, body: request, ...options });
  };
  const runtime = definitions['runtime.v1.RuntimeService'];
  const exits = (signal: AbortSignal) => exitsOf(client, isService(runtime) ? runtime : {}, signal);
  return { ...runtimeOver(caller('RuntimeService')), ...imagesOver(caller('ImageService')), exits, [Symbol.dispose]: () => client.close() };
}

type Exits = AsyncIterable<string>;

/** CRI's own events where the runtime has them, else containerd's. */
async function* exitsOf(client: Client, runtime: ServiceDefinition, signal: AbortSignal): Exits {
  try {
    for await (const { containerId, containerEventType } of subscribe<Received<typeof RuntimeService.GetContainerEvents.response>>(client, runtime.GetContainerEvents!, {}, signal)) {
      if (containerEventType === 'CONTAINER_STOPPED_EVENT') yield containerId;
    }
    return;
  } catch (error) {
    if (!isCriError(error, 'Unimplemented')) throw error;
  }
  const definitions = fromJSON(describe('containerd.services.events.v1', { Events, EventCodec }) as Parameters<typeof fromJSON>[0], { longs: Number, defaults: true });
  const [events, codec] = [definitions['containerd.services.events.v1.Events'], definitions['containerd.services.events.v1.EventCodec']];
  if (!isService(events) || !isService(codec)) throw new Error('containerd.services.events.v1 is not in the descriptor');
  for await (const { event } of subscribe<Received<typeof Events.Subscribe.response>>(client, events.Subscribe!, { filters: [EXITS_OF_CRI] }, signal)) {
    if (!event) continue;
    const { containerId, id } = codec.Exit!.requestDeserialize(Buffer.from(event.value)) as unknown as { readonly containerId: string; readonly id: string };
    if (containerId === id) yield id;
  }
}

async function* subscribe<A>(client: Client, { path, requestSerialize, responseDeserialize }: ServiceDefinition[string], request: object, signal: AbortSignal): AsyncGenerator<A> {
  const call = client.makeServerStreamRequest(path, requestSerialize as (value: object) => Buffer, responseDeserialize as (bytes: Buffer) => A, request, new Metadata());
  const abort = () => call.cancel();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const answer of call) yield answer as A;
  } catch (error) {
    if (signal.aborted) return;
    const { code = 2, details = String(error) } = error as Partial<ServiceError>;
    throw new CriError(CODES[code] ?? 'Unknown', details, error);
  } finally {
    signal.removeEventListener('abort', abort);
    call.cancel();
  }
}

/** Messages and enumerations have a `format`, services are tables of methods. */
const isService = (definition: object | undefined): definition is ServiceDefinition => definition !== undefined && !('format' in definition);

interface Invocation extends CallOptions {
  readonly path: string;
  readonly requestSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
  readonly body: unknown;
}

function invoke<A>(client: Client, clock: Clock, call: Invocation): Promise<A> {
  const { deadlineSeconds = DEADLINE_SECONDS, signal } = call;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const deadline = deadlineSeconds === 0 ? Infinity : clock.now() + deadlineSeconds * 1000;
    const abort = () => running.cancel();
    const running = client.makeUnaryRequest(
      call.path, call.requestSerialize as (value: unknown) => Buffer, call.responseDeserialize as (bytes: Buffer) => A, call.body, new Metadata(), { deadline },
      (error: ServiceError | null, answer?: A) => {
        signal?.removeEventListener('abort', abort);
        if (error) reject(signal?.aborted ? signal.reason : new CriError(CODES[error.code] ?? 'Unknown', error.details, error));
        else resolve(answer as A);
      },
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Decoded inner messages may be null; these may not. */
function present<T>(value: T | null, what: string): T {
  if (value === null) throw new CriError('Internal', `the runtime sent no ${what}`);
  return value;
}

/** CRI asks runtimes to be idempotent here; containerd 1.6 is not where the container is gone altogether. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isCriError(error, 'NotFound')) throw error;
  }
}

const filterOf = ({ id, labels }: CriFilter) => ({ id, labelSelector: labels });

function runtimeOver(call: Call<typeof RuntimeService>): Omit<Cri, keyof ReturnType<typeof imagesOver> | typeof Symbol.dispose | 'exits'> {
  return {
    version: (signal) => call('Version', { version: 'v1' }, { signal }),
    status: async (signal) => present((await call('Status', {}, { signal })).status, 'status').conditions,
    setPodCidr: async (podCidr, signal) => void (await call('UpdateRuntimeConfig', { runtimeConfig: { networkConfig: { podCidr } } }, { signal })),

    // The network plugin may take its time: upstream doubles the deadline.
    runPodSandbox: async (config, runtimeHandler = '', signal) =>
      (await call('RunPodSandbox', { config, runtimeHandler }, { signal, deadlineSeconds: 2 * DEADLINE_SECONDS })).podSandboxId,
    stopPodSandbox: (podSandboxId, signal) => unlessGone(call('StopPodSandbox', { podSandboxId }, { signal })),
    removePodSandbox: (podSandboxId, signal) => unlessGone(call('RemovePodSandbox', { podSandboxId }, { signal })),
    podSandboxStatus: async (podSandboxId, signal) => present((await call('PodSandboxStatus', { podSandboxId }, { signal })).status, 'sandbox status'),
    listPodSandboxes: async (filter = {}, signal) => (await call('ListPodSandbox', { filter: filterOf(filter) }, { signal })).items,

    createContainer: async ({ sandboxId, sandbox }, config, signal) =>
      (await call('CreateContainer', { podSandboxId: sandboxId, config, sandboxConfig: sandbox }, { signal })).containerId,
    startContainer: async (containerId, signal) => void (await call('StartContainer', { containerId }, { signal })),
    stopContainer: (containerId, timeout, signal) =>
      unlessGone(call('StopContainer', { containerId, timeout }, { signal, deadlineSeconds: timeout + DEADLINE_SECONDS })),
    removeContainer: (containerId, signal) => unlessGone(call('RemoveContainer', { containerId }, { signal })),
    containerStatus: async (containerId, signal) => present((await call('ContainerStatus', { containerId }, { signal })).status, 'container status'),
    listContainers: async (filter = {}, signal) =>
      (await call('ListContainers', { filter: { ...filterOf(filter), podSandboxId: filter.sandboxId } }, { signal })).containers,
    updateContainerResources: async (containerId, linux, signal) => void (await call('UpdateContainerResources', { containerId, linux }, { signal })),
    reopenContainerLog: async (containerId, signal) => void (await call('ReopenContainerLog', { containerId }, { signal })),
    containerStats: async (signal) => (await call('ListContainerStats', {}, { signal })).stats,

    // The runtime enforces the timeout; ours only catches a runtime that hangs.
    execSync: (containerId, { cmd, timeoutSeconds }, signal) =>
      call('ExecSync', { containerId, cmd, timeout: timeoutSeconds }, { signal, deadlineSeconds: timeoutSeconds && timeoutSeconds + DEADLINE_SECONDS }),
    exec: async (containerId, command, signal) => (await call('Exec', { containerId, ...command }, { signal })).url,
    attach: async (containerId, streams, signal) => (await call('Attach', { containerId, ...streams }, { signal })).url,
    portForward: async (podSandboxId, port, signal) => (await call('PortForward', { podSandboxId, port }, { signal })).url,
  };
}

function imagesOver(call: Call<typeof ImageService>) {
  return {
    listImages: async (signal?: AbortSignal) => (await call('ListImages', {}, { signal })).images,
    imageStatus: async (image: string, signal?: AbortSignal) => (await call('ImageStatus', { image: { image } }, { signal })).image ?? undefined,
    pullImage: async (image: string, how: Parameters<Cri['pullImage']>[1] = {}, signal?: AbortSignal) =>
      (await call('PullImage', { image: { image }, auth: how.auth, sandboxConfig: how.sandbox }, { signal, deadlineSeconds: 0 })).imageRef,
    removeImage: async (image: string, signal?: AbortSignal) => void (await call('RemoveImage', { image: { image } }, { signal })),
    imageFilesystems: async (signal?: AbortSignal) => (await call('ImageFsInfo', {}, { signal })).imageFilesystems,
  };
}
