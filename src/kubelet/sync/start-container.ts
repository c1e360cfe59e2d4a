/** From a container's specification to a running container: image, environment, mounts, creation, start, postStart. */
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Random } from '../../base/random.ts';
import type { Container, EphemeralContainer } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import type { Service } from '../../kinds/core/service.ts';
import { containerConfig } from '../containers/container-config.ts';
import type { ContainerExtras } from '../containers/container-config.ts';
import { environmentOf } from '../containers/env.ts';
import type { ObjectSource } from '../containers/env.ts';
import type { NodeFacts } from '../containers/field-ref.ts';
import { containerDevices, containerMounts } from '../containers/mounts.ts';
import { containerLogPath, logLink, logLinkTarget, podLogDir } from '../containers/paths.ts';
import type { Directories } from '../containers/paths.ts';
import type { MemoryQos } from '../containers/memory-qos.ts';
import type { SecuritySettings } from '../containers/security.ts';
import type { SwapFacts } from '../containers/swap.ts';
import { CriError } from '../cri/cri.ts';
import type { Cri } from '../cri/cri.ts';
import type { ContainerConfig, Image, MountConfig, PodSandboxConfig } from '../cri/runtime-v1.ts';
import type { Dedicated } from '../devices/dedicated.ts';
import type { ContainerType, KubeletMetrics } from '../metrics/metrics.ts';
import type { ImageManager } from '../images/image-manager.ts';
import { ephemeralContainers, initContainers, podTitle } from '../pod.ts';
import type { Mounter } from '../volumes/mounter.ts';
import type { PreparedVolume } from '../volumes/volume-manager.ts';
import type { Backoff } from './backoff.ts';
import { formatDuration } from './backoff.ts';
import { runHook } from './hooks.ts';
import { killContainer } from './kill.ts';
import { newestOf } from './pod-runtime.ts';
import type { PodRuntime, RuntimeContainer } from './pod-runtime.ts';
import { StartError } from './start-error.ts';

export type Tell = (container: string, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;

export interface Starting extends Directories {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly random: Random;
  readonly images: ImageManager;
  readonly metrics: KubeletMetrics;
  readonly crashes: Backoff;
  readonly services: () => readonly Service[];
  readonly node: () => NodeFacts;
  readonly machineMemory: number;
  readonly clusterDomain: string;
  readonly nodeHosts: () => Promise<string>;
  readonly dedicated: Dedicated;
  readonly lxcfsDir: string;
  readonly security: SecuritySettings;
  readonly mounter: Mounter;
  /** Whether the pod's runtime can make all that is mounted below a mount read-only, too. */
  readonly canRecursiveReadOnly: (pod: Pod) => Promise<boolean>;
  /** Where containers can be held to it. */
  readonly swap?: SwapFacts | undefined;
  /** Where it is on, and cgroups can. */
  readonly memoryQos?: MemoryQos | undefined;
  /** A container out of memory ends as a whole; on cgroup v2 alone. */
  readonly oomGroup?: boolean | undefined;
  /** False: limits of CPU are not enforced. */
  readonly cfsQuota?: boolean | undefined;
}

export interface StartRequest {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly runtime: PodRuntime;
  readonly sandbox: { readonly id: string; readonly config: PodSandboxConfig };
  readonly podIps: readonly string[];
  readonly volumes: ReadonlyMap<string, PreparedVolume>;
  readonly objects: ObjectSource;
  /** At least so often it has been started, whatever the runtime remembers. */
  readonly attempts: number;
  readonly tell: Tell;
}

/** @throws StartError where the container waits; anything else is unexpected */
export async function startContainer(kubelet: Starting, request: StartRequest, signal: AbortSignal): Promise<void> {
  refuseTooSoon(kubelet, request);
  const type = typeOf(request);
  kubelet.metrics.containerStarting(type);
  try {
    await start(kubelet, request, signal);
  } catch (error) {
    if (error instanceof StartError) kubelet.metrics.containerFailed(type, error.reason);
    throw error;
  }
}

function typeOf({ pod, container }: StartRequest): ContainerType {
  if (initContainers(pod).some(({ name }) => name === container.name)) return 'init_container';
  return ephemeralContainers(pod).some(({ name }) => name === container.name) ? 'ephemeral_container' : 'container';
}

async function start(kubelet: Starting, request: StartRequest, signal: AbortSignal): Promise<void> {
  const { pod, container, sandbox, tell } = request;
  const { name } = container;
  const image = await ensureImage(kubelet, { ...request, wanted: container }, signal);
  const images = await ensureVolumeImages(kubelet, request, signal);
  const config = await orFail('CreateContainerConfigError', request, () => configure(kubelet, request, { image, images }));
  await mkdir(join(podLogDir(kubelet, { uid: pod.metadata.uid, name: pod.metadata.name, namespace: pod.metadata.namespace }), name), { recursive: true, mode: 0o755 });
  await removeUnstarted(kubelet, request, signal);
  await orFail('CreateContainerError', request, () => kubelet.dedicated.prepare(pod.metadata.uid, name));
  const id = await orFail('CreateContainerError', request, () => kubelet.cri.createContainer({ sandboxId: sandbox.id, sandbox: sandbox.config }, config, signal), signal);
  tell(name, { type: 'Normal', reason: 'Created', message: 'Container created' });
  await orFail('RunContainerError', request, () => kubelet.cri.startContainer(id, signal), signal);
  tell(name, { type: 'Normal', reason: 'Started', message: 'Container started' });
  await linkLog(kubelet, request, { id, restartCount: config.metadata?.attempt ?? 0 });
  await postStart(kubelet, request, { id, signal });
}

/** A container that keeps crashing waits longer each time. */
function refuseTooSoon({ crashes }: Starting, { pod, container, runtime, tell }: StartRequest): void {
  const latest = newestOf(runtime, container.name);
  if (latest?.state !== 'exited') return;
  const key = crashKey(pod, container);
  const wait = crashes.remaining(key, latest.finishedAt);
  if (wait > 0) {
    tell(container.name, { type: 'Warning', reason: 'BackOff', message: `Back-off restarting failed container ${container.name} in pod ${podTitle(pod)}` });
    const message = `back-off ${formatDuration(crashes.wait(key))} restarting failed container=${container.name} pod=${podTitle(pod)}`;
    throw new StartError('CrashLoopBackOff', message, { retryIn: wait });
  }
  crashes.next(key, latest.finishedAt);
}

/** A changed image deserves a fresh start. */
const crashKey = (pod: Pod, { name, image = '' }: Pick<Container, 'name' | 'image'>): string => `${pod.metadata.uid}/${name}/${image}`;

type VolumeImages = ReadonlyMap<string, NonNullable<MountConfig['image']>>;

/** Of the container's volumes, those that are images: pulled as its own is. */
async function ensureVolumeImages(kubelet: Starting, request: StartRequest, signal: AbortSignal): Promise<VolumeImages> {
  const { pod, container: { name, volumeMounts = [] } } = request;
  const found = new Map<string, NonNullable<MountConfig['image']>>();
  for (const volume of pod.spec.volumes ?? []) {
    const { reference, pullPolicy } = volume.image ?? {};
    if (!reference || !volumeMounts.some((mount) => mount.name === volume.name)) continue;
    const { id } = await ensureImage(kubelet, { ...request, wanted: { name, image: reference, ...(pullPolicy ? { imagePullPolicy: pullPolicy } : {}) } }, signal);
    found.set(volume.name, { image: id, userSpecifiedImage: reference });
  }
  return found;
}

interface Wanting extends StartRequest {
  readonly wanted: Pick<Container, 'name' | 'image' | 'imagePullPolicy'>;
}

async function ensureImage({ images }: Starting, request: Wanting, signal: AbortSignal): Promise<Image> {
  const { pod, container, wanted, sandbox, objects, tell } = request;
  const pullSecrets = async (): Promise<readonly Secret[]> => {
    const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
    const found = await Promise.all(names.map((name) => objects.secret(name)));
    const lost = names.filter((_, index) => found[index] === undefined);
    if (lost.length > 0) tell(container.name, { type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message: `Unable to retrieve some image pull secrets (${lost.join(', ')}); attempting to pull the image may not succeed.` });
    return found.filter((secret) => secret !== undefined);
  };
  try {
    return await images.ensure({
      pod, container: wanted, sandbox: sandbox.config, pullSecrets,
      tell: (type, reason, message) => tell(container.name, { type, reason, message }),
    }, signal);
  } catch (error) {
    if (error instanceof StartError) tell(container.name, { type: 'Warning', reason: 'Failed', message: `Error: ${error.reason}` });
    throw error;
  }
}

async function configure(kubelet: Starting, request: StartRequest, { image, images }: { readonly image: Image; readonly images: VolumeImages }): Promise<ContainerConfig> {
  const { pod, container, podIps, volumes, objects, runtime, tell } = request;
  const userns = request.sandbox.config.linux?.securityContext?.namespaceOptions?.usernsOptions;
  const environment = await environmentOf({ pod, container: { ...container, resources: container.resources ?? {} }, podIps, node: kubelet.node(), services: kubelet.services(), objects });
  for (const message of environment.skipped) tell(container.name, { type: 'Warning', reason: 'InvalidEnvironmentVariableNames', message });
  const mounts = await containerMounts({
    ...kubelet, images, userns, pod, container, volumes, environment: environment.variables, podIps, nodeHosts: await kubelet.nodeHosts(),
  });
  const target = 'targetContainerName' in container && container.targetContainerName ? newestOf(runtime, container.targetContainerName)?.id : undefined;
  return containerConfig({
    pod, container, image, environment: environment.variables, mounts, machineMemory: kubelet.machineMemory,
    swap: kubelet.swap, memoryQos: kubelet.memoryQos, oomGroup: kubelet.oomGroup, cfsQuota: kubelet.cfsQuota, extras: withDevices(kubelet.dedicated.of(pod, container.name), containerDevices(container, volumes)),
    restartCount: await nextAttempt(kubelet, request), targetId: target,
    settings: kubelet.security, userns,
  });
}

const withDevices = (extras: ContainerExtras | undefined, devices: NonNullable<ContainerConfig['devices']>): ContainerExtras =>
  (devices.length === 0 ? extras ?? {} : { ...extras, devices: [...(extras?.devices ?? []), ...devices] });

/** One that was made and never started, because the kubelet was killed between: it is none, and gives its number back. */
async function removeUnstarted({ cri }: Starting, { container, runtime }: StartRequest, signal: AbortSignal): Promise<void> {
  const latest = newestOf(runtime, container.name);
  if (latest?.state === 'created') await cri.removeContainer(latest.id, signal);
}

/** One more than the last instance; where the runtime has forgotten that, than the last log. */
async function nextAttempt(at: Directories, { pod, container, runtime, attempts }: StartRequest): Promise<number> {
  const latest: RuntimeContainer | undefined = newestOf(runtime, container.name);
  if (latest) return latest.state === 'created' ? latest.restartCount : latest.restartCount + 1;
  const { uid, name, namespace } = pod.metadata;
  const logs = await readdir(dirname(join(podLogDir(at, { uid, name, namespace }), containerLogPath(container.name, 0)))).catch(() => []);
  return logs.reduce((most, log) => Math.max(most, (/^(\d+)\.log/.exec(log) ? Number.parseInt(log, 10) : -1) + 1), attempts);
}

/** Tells what failed and makes it the reason the container waits for. */
async function orFail<T>(reason: 'CreateContainerConfigError' | 'CreateContainerError' | 'RunContainerError', { container, tell }: StartRequest, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted) throw error;
    // The runtime's own words, without gRPC's.
    const message = error instanceof CriError ? error.description : messageOf(error);
    tell(container.name, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
    // What could not run has ended: soon it shows as waiting for its next try.
    throw new StartError(reason, message, { cause: error, ...(reason === 'RunContainerError' ? { retryIn: SHOW_FAILURE } : {}) });
  }
}

const SHOW_FAILURE: Millis = 1000;

/** Log collectors look for this name; that it could not be made is no reason not to run. */
async function linkLog(at: Directories, { pod, container }: StartRequest, { id, restartCount }: { readonly id: string; readonly restartCount: number }): Promise<void> {
  const { uid, name, namespace } = pod.metadata;
  const link = logLink(at, { uid, name, namespace }, { name: container.name, id });
  const target = logLinkTarget(at, { uid, name, namespace }, { name: container.name, restartCount });
  await mkdir(dirname(link), { recursive: true }).then(() => rm(link, { force: true })).then(() => symlink(target, link)).catch(() => {});
}

async function postStart(kubelet: Starting, request: StartRequest, { id, signal }: { readonly id: string; readonly signal: AbortSignal }): Promise<void> {
  const { pod, container, podIps, runtime, tell } = request;
  const handler = container.lifecycle?.postStart;
  if (!handler) return;
  try {
    await runHook(handler, { container, containerId: id, podIp: podIps[0] ?? '' }, { ...kubelet, tell, signal });
  } catch (error) {
    signal.throwIfAborted();
    tell(container.name, { type: 'Warning', reason: 'FailedPostStartHook', message: 'PostStartHook failed' });
    const status = await kubelet.cri.containerStatus(id);
    const started: RuntimeContainer = {
      id, name: container.name, sandboxId: request.sandbox.id, state: status.state === 'CONTAINER_RUNNING' ? 'running' : 'exited', createdAt: 0, startedAt: 0,
      finishedAt: 0, exitCode: 0, reason: '', message: '', image: '', imageRef: '', restartCount: 0, hash: '', logPath: '',
    };
    await killContainer({ ...kubelet, tell }, { pod, runtime, container: started, message: 'FailedPostStartHook', graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30 }, signal);
    throw new StartError('PostStartHookError', messageOf(error), { cause: error });
  }
}
