/** CRI over gRPC on a unix socket: containerd, CRI-O. */
import type { Clock } from '../../base/clock.ts';
import { connectGrpc, DEADLINE_SECONDS } from '../grpc/connection.ts';
import type { Call, GrpcConnection } from '../grpc/connection.ts';
import { codecOf } from '../grpc/codec.ts';
import { CriError, isCriError } from './cri.ts';
import type { Cri, CriFilter } from './cri.ts';
import { Events, EXITS_OF_CRI, TaskExit } from './containerd-events.ts';
import { ImageService, RuntimeService } from './runtime-v1.ts';

/** @param endpoint a socket's path, or a gRPC target such as `unix:///run/containerd/containerd.sock` */
export function connectCri(endpoint: string, { clock }: { readonly clock: Clock }): Cri {
  const connection = connectGrpc(endpoint, { clock });
  const runtime = connection.service('runtime.v1', { RuntimeService });
  const images = connection.service('runtime.v1', { ImageService });
  return { ...runtimeOver(runtime.call), ...imagesOver(images.call), exits: (signal) => exitsOf(connection, signal), [Symbol.dispose]: () => connection[Symbol.dispose]() };
}

/** CRI's own events where the runtime has them, else containerd's. */
async function* exitsOf(connection: GrpcConnection, signal: AbortSignal): AsyncIterable<string> {
  try {
    for await (const { containerId, containerEventType } of connection.service('runtime.v1', { RuntimeService }).stream('GetContainerEvents', {}, signal)) {
      if (containerEventType === 'CONTAINER_STOPPED_EVENT') yield containerId;
    }
    return;
  } catch (error) {
    if (!isCriError(error, 'Unimplemented')) throw error;
  }
  const exits = codecOf('containerd.events', TaskExit);
  for await (const { event } of connection.service('containerd.services.events.v1', { Events }).stream('Subscribe', { filters: [EXITS_OF_CRI] }, signal)) {
    const ended = event && exits.decode(event.value);
    if (ended && ended.containerId === ended.id) yield ended.id;
  }
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
    features: async (signal) => {
      const { runtimeHandlers, features } = await call('Status', {}, { signal });
      return {
        handlers: runtimeHandlers.map(({ name, features: can }) => ({ name, recursiveReadOnlyMounts: can?.recursiveReadOnlyMounts ?? false, userNamespaces: can?.userNamespaces ?? false })),
        ...(features ? { supplementalGroupsPolicy: features.supplementalGroupsPolicy } : {}),
      };
    },
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
    checkpointContainer: async (containerId, { location, timeoutSeconds }, signal) =>
      void (await call('CheckpointContainer', { containerId, location, timeout: timeoutSeconds }, { signal, ...(timeoutSeconds > 0 ? { deadlineSeconds: timeoutSeconds } : {}) })),
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
