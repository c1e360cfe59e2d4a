import type { Container, EphemeralContainer } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import {
  CONTAINER_HASH, CONTAINER_NAME, POD_GRACE_PERIOD, POD_NAME, POD_NAMESPACE, POD_UID, PRE_STOP_HANDLER, RESTART_COUNT, TERMINATION_MESSAGE_PATH,
  TERMINATION_MESSAGE_POLICY,
} from '../cri/labels.ts';
import type { ContainerConfig, Image, LinuxContainerResources, MountConfig, UserNamespace } from '../cri/runtime-v1.ts';
import { expand } from './expansion.ts';
import { containerHash } from './hash.ts';
import { containerLogPath } from './paths.ts';
import { memoryQosResources } from './memory-qos.ts';
import type { MemoryQos } from './memory-qos.ts';
import { linuxResources } from './resources.ts';
import { swapResources } from './swap.ts';
import type { SwapFacts } from './swap.ts';
import { containerSecurity } from './security.ts';
import type { SecuritySettings } from './security.ts';

export interface ContainerInput {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly restartCount: number;
  readonly image: Image;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly MountConfig[];
  readonly machineMemory: number;
  readonly settings: SecuritySettings;
  readonly userns?: UserNamespace | undefined;
  readonly targetId?: string | undefined;
  /** What comes with the devices it was given. */
  readonly extras?: ContainerExtras;
  readonly swap?: SwapFacts | undefined;
  readonly memoryQos?: MemoryQos | undefined;
  /** The kernel ends all of its processes where it has to end one. */
  readonly oomGroup?: boolean | undefined;
  /** False: limits of CPU are not enforced. */
  readonly cfsQuota?: boolean | undefined;
}

/** The container's own settings come after these, and win. */
export interface ContainerExtras {
  readonly envs?: Readonly<Record<string, string>>;
  readonly mounts?: readonly MountConfig[];
  readonly devices?: NonNullable<ContainerConfig['devices']>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly cdiDevices?: readonly { readonly name?: string | undefined }[];
  /** Processors and memory nodes that are its alone. */
  readonly cpuset?: { readonly cpus: string; readonly mems: string };
  /** Held to its processors, it needs no quota. */
  readonly ownCpus?: boolean;
}

/** The container as the runtime is told of it. @throws Error with upstream's text where it may not run as it would */
export function containerConfig(input: ContainerInput): ContainerConfig {
  const { pod, container, restartCount, image, environment, mounts, extras = {} } = input;
  const valueOf = (name: string) => environment.get(name);
  const { name } = container;
  return {
    metadata: { name, attempt: restartCount },
    image: { image: image.id, userSpecifiedImage: container.image },
    command: (container.command ?? []).map((word) => expand(word, valueOf)),
    args: (container.args ?? []).map((word) => expand(word, valueOf)),
    workingDir: container.workingDir ?? '',
    envs: [...Object.entries(extras.envs ?? {}).filter(([key]) => !environment.has(key)), ...environment].map(([key, value]) => ({ key, value })),
    mounts: [...(extras.mounts ?? []), ...mounts],
    labels: labelsOf(pod, name),
    annotations: { ...extras.annotations, ...annotationsOf(pod, container, restartCount) },
    ...(extras.devices?.length ? { devices: extras.devices } : {}),
    ...(extras.cdiDevices?.length ? { cdiDevices: extras.cdiDevices } : {}),
    logPath: containerLogPath(name, restartCount),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    linux: {
      resources: resourcesOf(input),
      securityContext: containerSecurity(input),
    },
  };
}

function resourcesOf({ pod, container: { resources = {}, ...rest }, machineMemory, extras = {}, swap, memoryQos, oomGroup, cfsQuota }: ContainerInput): LinuxContainerResources {
  const container = { ...rest, resources };
  const { unified, ...swapping } = swap ? swapResources(pod, container, swap) : {};
  const files = { ...unified, ...(memoryQos ? memoryQosResources(pod, container, memoryQos) : {}), ...(oomGroup ? { 'memory.oom.group': '1' } : {}) };
  return {
    ...linuxResources(pod, container, machineMemory), ...swapping,
    ...(Object.keys(files).length > 0 ? { unified: files } : {}),
    ...(cfsQuota === false ? { cpuQuota: 0, cpuPeriod: 0 } : {}),
    ...(extras.ownCpus ? { cpuQuota: -1 } : {}),
    ...(extras.cpuset ? { cpusetCpus: extras.cpuset.cpus, cpusetMems: extras.cpuset.mems } : {}),
  };
}

const labelsOf = ({ metadata: { name, namespace = '', uid } }: Pod, container: string): Readonly<Record<string, string>> => ({
  [POD_NAME]: name, [POD_NAMESPACE]: namespace, [POD_UID]: uid, [CONTAINER_NAME]: container,
});

/** Enough to end the container in order should its pod be gone when the kubelet comes back. */
function annotationsOf(pod: Pod, container: Container | EphemeralContainer, restartCount: number): Readonly<Record<string, string>> {
  const preStop = container.lifecycle?.preStop;
  return {
    [CONTAINER_HASH]: containerHash(container),
    [RESTART_COUNT]: String(restartCount),
    [TERMINATION_MESSAGE_PATH]: container.terminationMessagePath ?? '',
    [TERMINATION_MESSAGE_POLICY]: container.terminationMessagePolicy ?? '',
    [POD_GRACE_PERIOD]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
    ...(preStop ? { [PRE_STOP_HANDLER]: JSON.stringify(preStop) } : {}),
  };
}
