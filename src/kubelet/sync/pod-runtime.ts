/** What the container runtime holds of one pod: the observed half of a sync. Plain data, made from CRI's answers. */
import type { Millis } from '../../base/clock.ts';
import type { CgroupLimits } from '../cgroups/cgroups.ts';
import type { Cri } from '../cri/cri.ts';
import { isCriError } from '../cri/cri.ts';
import {
  CONTAINER_HASH, CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID, RESTART_COUNT, TERMINATION_MESSAGE_PATH, TERMINATION_MESSAGE_POLICY,
} from '../cri/labels.ts';
import type { ContainerStatus, PodSandboxStatus } from '../cri/runtime-v1.ts';

export interface PodRuntime {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** Newest first. */
  readonly sandboxes: readonly RuntimeSandbox[];
  /** Newest first. */
  readonly containers: readonly RuntimeContainer[];
}

export interface RuntimeSandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly hostNetwork: boolean;
  readonly createdAt: Millis;
  /** None for the host's network. */
  readonly ips: readonly string[];
}

export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly state: 'created' | 'running' | 'exited' | 'unknown';
  readonly createdAt: Millis;
  /** 0: never. */
  readonly startedAt: Millis;
  readonly finishedAt: Millis;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** As the runtime names it, and as the user wrote it. */
  readonly image: string;
  readonly imageRef: string;
  readonly restartCount: number;
  readonly hash: string;
  readonly logPath: string;
  /** What the runtime says it is held to, where it says. */
  readonly linux?: CgroupLimits;
  /** Paths below which all is read-only, whatever is mounted there. */
  readonly recursiveReadOnly?: readonly string[];
  readonly terminationMessage?: { readonly hostPath: string; readonly policy: string };
}

/** The newest instance of a container. */
export const newestOf = (runtime: PodRuntime, name: string): RuntimeContainer | undefined =>
  runtime.containers.find((container) => container.name === name);

/** The sandbox containers go into: the newest one, while it is ready. */
export const activeSandbox = (runtime: PodRuntime): RuntimeSandbox | undefined =>
  runtime.sandboxes[0]?.ready === true ? runtime.sandboxes[0] : undefined;

export const podIps = (runtime: PodRuntime): readonly string[] => activeSandbox(runtime)?.ips ?? [];

/** Whether anything may still be running. */
export const isRunning = (runtime: PodRuntime): boolean =>
  runtime.containers.some(({ state }) => state === 'running' || state === 'unknown');

/** Reads all of one pod. What vanishes meanwhile is left out. */
export async function inspectPod(cri: Cri, pod: { readonly uid: string; readonly name: string; readonly namespace: string }, signal?: AbortSignal): Promise<PodRuntime> {
  const labels = { [POD_UID]: pod.uid };
  const [sandboxes, containers] = await Promise.all([cri.listPodSandboxes({ labels }, signal), cri.listContainers({ labels }, signal)]);
  const [sandboxStatuses, containerStatuses] = await Promise.all([
    present(sandboxes.map(({ id }) => cri.podSandboxStatus(id, signal))),
    present(containers.map(async ({ id, podSandboxId }) => ({ ...(await cri.containerStatus(id, signal)), podSandboxId }))),
  ]);
  return {
    uid: pod.uid, name: pod.name, namespace: pod.namespace,
    // By their numbers first: a clock that was put back makes the newest look old.
    sandboxes: sandboxStatuses.map(sandboxOf).toSorted((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt),
    containers: containerStatuses.map(containerOf).toSorted((a, b) => b.restartCount - a.restartCount || b.createdAt - a.createdAt),
  };
}

async function present<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  const found = await Promise.all(calls.map((call) => call.catch((error: unknown) => {
    if (isCriError(error, 'NotFound')) return undefined;
    throw error;
  })));
  return found.filter((one) => one !== undefined);
}

/** Whose a sandbox or container is, or undefined where no kubelet made it. */
export function ownerOf(labels: Readonly<Record<string, string>>): { readonly uid: string; readonly name: string; readonly namespace: string } | undefined {
  const uid = labels[POD_UID];
  return uid === undefined ? undefined : { uid, name: labels[POD_NAME] ?? '', namespace: labels[POD_NAMESPACE] ?? '' };
}

const millis = (nanos: number): Millis => nanos / 1_000_000;

function sandboxOf(status: PodSandboxStatus): RuntimeSandbox {
  const { ip = '', additionalIps = [] } = status.network ?? {};
  return {
    id: status.id,
    attempt: status.metadata?.attempt ?? 0,
    ready: status.state === 'SANDBOX_READY',
    hostNetwork: status.linux?.namespaces?.options?.network === 'NODE',
    createdAt: millis(status.createdAt),
    ips: [ip, ...additionalIps.map((additional) => additional.ip)].filter((each) => each !== ''),
  };
}

const STATES = { CONTAINER_CREATED: 'created', CONTAINER_RUNNING: 'running', CONTAINER_EXITED: 'exited', CONTAINER_UNKNOWN: 'unknown' } as const;

/**
 * A kubelet that is killed while the runtime starts a container has withdrawn its call: containerd then records an end of a container that never ran.
 * Nothing failed, so it is one that was made and not yet started: no restart is counted, and a pod that restarts nothing does not fail by it.
 */
const isCutOff = ({ state, reason, startedAt, message }: ContainerStatus): boolean =>
  state === 'CONTAINER_EXITED' && reason === 'StartError' && startedAt === 0 && CUT_OFF.test(message);

/** containerd's words where the caller is gone before the shim answers, and where its shim is still starting (it kills that). */
const CUT_OFF = /\bcontext canceled\b|\bstart failed: : signal: killed\b/;

function containerOf(status: ContainerStatus & { readonly podSandboxId: string }): RuntimeContainer {
  const { labels, annotations } = status;
  const messagePath = annotations[TERMINATION_MESSAGE_PATH];
  const recursive = status.mounts.filter((mount) => mount.recursiveReadOnly).map((mount) => mount.containerPath);
  const hostPath = status.mounts.find((mount) => mount.containerPath === messagePath)?.hostPath;
  return {
    id: status.id,
    name: labels[CONTAINER_NAME] ?? status.metadata?.name ?? '',
    sandboxId: status.podSandboxId,
    state: isCutOff(status) ? 'created' : STATES[status.state],
    createdAt: millis(status.createdAt),
    startedAt: millis(status.startedAt),
    finishedAt: millis(status.finishedAt),
    ...(recursive.length > 0 ? { recursiveReadOnly: recursive } : {}),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.image?.userSpecifiedImage || status.image?.image || '',
    imageRef: status.imageRef,
    restartCount: Number(annotations[RESTART_COUNT] ?? 0),
    hash: annotations[CONTAINER_HASH] ?? '',
    logPath: status.logPath,
    ...limitsOf(status),
    ...(hostPath === undefined ? {} : { terminationMessage: { hostPath, policy: annotations[TERMINATION_MESSAGE_POLICY] ?? 'File' } }),
  };
}

/** Only runtimes newer than containerd 1.6 say. */
function limitsOf({ resources }: ContainerStatus): Pick<RuntimeContainer, 'linux'> {
  const linux = resources?.linux;
  if (!linux) return {};
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes } = linux;
  return {
    linux: {
      ...(cpuShares > 0 ? { cpuShares } : {}), ...(cpuQuota > 0 ? { cpuQuota } : {}), ...(cpuPeriod > 0 ? { cpuPeriod } : {}),
      ...(memoryLimitInBytes > 0 ? { memoryBytes: memoryLimitInBytes } : {}),
    },
  };
}
