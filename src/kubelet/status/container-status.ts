/** Container statuses as the API shows them, from the runtime's instances and the reasons the kubelet noted. Pure. */
import type { Container, EphemeralContainer } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ContainerState, ContainerStatus, ResourceStatus } from '../../kinds/core/pod-status.ts';
import type { ResourceRequirements } from '../../kinds/core/resources.ts';
import { formatTime } from '../../meta/time.ts';
import { initContainers, isSidecar } from '../pod.ts';
import type { PodRuntime, RuntimeContainer } from '../sync/pod-runtime.ts';
import { isConditionTrue } from '../../rules/pod-conditions.ts';
import { RESTARTING_ALL, restartsAfter } from '../sync/restart.ts';

export interface WaitingNote {
  readonly reason: string;
  readonly message: string;
}

/** What the kubelet knows of a pod's containers beside what the runtime says. */
export interface ContainerFacts {
  /** `containerd`: the scheme of container ids. */
  readonly runtimeName: string;
  /** Why a container is not running, by its name. */
  readonly waiting: ReadonlyMap<string, WaitingNote>;
  /** What a container left as its last words, by its id. */
  readonly messages: ReadonlyMap<string, string>;
  /** Of each; as much as was left unless said. */
  readonly mostMessageBytes?: number;
  /** By container id; undefined where no probe has said. */
  readonly started: (id: string) => boolean | undefined;
  readonly ready: (id: string) => boolean | undefined;
  /** How the devices are that a container was given. */
  readonly devices?: (container: string) => readonly ResourceStatus[];
  /** What running containers really have, by container id. */
  readonly actual?: ReadonlyMap<string, ResourceRequirements>;
}

export interface StatusInput extends ContainerFacts {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  /** What was said last: of containers the runtime has forgotten, it is all there is. */
  readonly previous: readonly ContainerStatus[];
  /** Nothing of the pod will run again. */
  readonly finished: boolean;
}

export function containerStatuses(containers: readonly (Container | EphemeralContainer)[], input: StatusInput): readonly ContainerStatus[] {
  return containers.map((container) => containerStatus(container, input));
}

function containerStatus(container: Container | EphemeralContainer, input: StatusInput): ContainerStatus {
  const { runtime, previous } = input;
  const instances = runtime.containers.filter(({ name }) => name === container.name);
  const before = previous.find(({ name }) => name === container.name);
  const [latest, earlier] = instances;
  if (!latest) return withoutInstance(container, { ...input, before });
  const base = {
    name: container.name,
    image: latest.image,
    imageID: latest.imageRef,
    containerID: idOf(latest, input),
    restartCount: latest.restartCount,
    ...givenTo(container, { actual: input.actual?.get(latest.id), recursive: latest.recursiveReadOnly }), ...healthOf(container, input),
  };
  const lastState = earlier?.state === 'exited' ? { terminated: terminatedState(earlier, input) } : (before?.lastState ?? {});
  switch (latest.state) {
    case 'running': {
      const started = input.started(latest.id) ?? (before?.containerID === base.containerID ? before.started : undefined) ?? !container.startupProbe;
      const ready = input.ready(latest.id) ?? (before?.containerID === base.containerID ? before?.ready : undefined) ?? !container.readinessProbe;
      return { ...base, state: { running: { startedAt: formatTime(latest.startedAt) } }, lastState, started, ready: started && ready };
    }
    case 'exited': return exitedStatus(container, { ...input, base, latest, lastState });
    default: return { ...base, state: { waiting: waitingOf(container, input) }, lastState, started: false, ready: false };
  }
}

interface Exited extends StatusInput {
  readonly base: Omit<ContainerStatus, 'state' | 'lastState' | 'ready'>;
  readonly latest: RuntimeContainer;
  readonly lastState: ContainerState;
}

/** A container that will be started again shows why it is not yet; until there is a reason, it shows its end. */
function exitedStatus(container: Container | EphemeralContainer, input: Exited): ContainerStatus {
  const { base, latest, lastState, pod, waiting, finished } = input;
  const terminated = terminatedState(latest, input);
  const note = waiting.get(container.name);
  if (note && !finished && willRestart(pod, container, latest)) {
    return { ...base, state: { waiting: note }, lastState: { terminated }, started: false, ready: false };
  }
  const doneInit = isOnceOnlyInit(pod, container.name) && latest.exitCode === 0;
  return { ...base, state: { terminated }, lastState, started: false, ready: doneInit };
}

const willRestart = (pod: Pod, container: Container | EphemeralContainer, { exitCode }: RuntimeContainer): boolean =>
  !(isOnceOnlyInit(pod, container.name) && exitCode === 0) && restartsAfter(pod, container, exitCode);

const isOnceOnlyInit = (pod: Pod, name: string): boolean => initContainers(pod).some((init) => init.name === name && !isSidecar(init));

/** Never created here, or forgotten by the runtime. */
function withoutInstance(container: Container | EphemeralContainer, input: StatusInput & { readonly before: ContainerStatus | undefined }): ContainerStatus {
  const { before, finished } = input;
  const base = {
    name: container.name, image: before?.image || container.image || '', imageID: before?.imageID ?? '', restartCount: before?.restartCount ?? 0,
    ...(before?.containerID === undefined ? {} : { containerID: before.containerID }), ...givenTo(container), started: false,
  };
  if (before?.containerID !== undefined && !finished && restartingAll(input.pod) && !before.state.waiting) {
    return { ...base, restartCount: base.restartCount + 1, state: { waiting: RESTARTING_ALL }, lastState: { terminated: { exitCode: 137, ...RESTARTING_ALL, containerID: before.containerID } }, ready: false };
  }
  if (before?.state.terminated) {
    return { ...base, state: before.state, lastState: before.lastState, ready: isOnceOnlyInit(input.pod, container.name) && before.state.terminated.exitCode === 0 };
  }
  if (before?.state.running) {
    const lost: ContainerState = {
      terminated: {
        exitCode: 137, reason: 'ContainerStatusUnknown',
        message: finished ? 'The container could not be located when the pod was terminated' : 'The container could not be located when the pod was deleted.  The container used to be Running',
        containerID: before.containerID ?? '',
      },
    };
    if (finished) return { ...base, state: lost, lastState: before.lastState, ready: false };
    return { ...base, restartCount: base.restartCount + 1, state: { waiting: waitingOf(container, input) }, lastState: lost, ready: false };
  }
  return { ...base, state: { waiting: waitingOf(container, input) }, lastState: before?.lastState ?? {}, ready: false };
}

/** It was said before that all were to begin anew; now they are gone. */
const restartingAll = ({ status: { conditions } }: Pod): boolean => isConditionTrue(conditions, 'AllContainersRestarting');

function waitingOf(container: { readonly name: string }, { pod, waiting }: StatusInput): WaitingNote | { readonly reason: string } {
  const init = initContainers(pod);
  const behindInit = init.length > 0 && !init.some(({ name }) => name === container.name);
  return waiting.get(container.name) ?? { reason: behindInit ? 'PodInitializing' : 'ContainerCreating' };
}

function terminatedState(container: RuntimeContainer, { runtimeName, messages, mostMessageBytes = Infinity }: ContainerFacts): NonNullable<ContainerState['terminated']> {
  const whole = [container.message, messages.get(container.id)].filter((part) => part).join(': ');
  const message = whole.length * 3 <= mostMessageBytes ? whole : Buffer.from(whole).subarray(0, mostMessageBytes).toString('utf8');
  return {
    exitCode: container.exitCode,
    reason: container.reason,
    ...(message ? { message } : {}),
    startedAt: formatTime(container.startedAt),
    finishedAt: formatTime(container.finishedAt),
    containerID: idOf(container, { runtimeName }),
  };
}

const idOf = ({ id }: { readonly id: string }, { runtimeName }: Pick<ContainerFacts, 'runtimeName'>): string => `${runtimeName}://${id}`;

function healthOf({ name }: { readonly name: string }, { devices }: StatusInput): Pick<ContainerStatus, 'allocatedResourcesStatus'> {
  const status = devices?.(name) ?? [];
  return status.length > 0 ? { allocatedResourcesStatus: status } : {};
}

interface Given {
  readonly actual?: ResourceRequirements | undefined;
  /** Where its mounts are read-only all the way down. */
  readonly recursive?: readonly string[] | undefined;
}

/** What it was promised, and what it has: while it runs, what the kernel holds it to. */
function givenTo({ resources, volumeMounts = [] }: Container | EphemeralContainer, { actual = resources, recursive = [] }: Given = {}): Partial<ContainerStatus> {
  const mounts = volumeMounts.map(({ name, mountPath, readOnly }) => ({ name, mountPath, ...(readOnly ? { readOnly, recursiveReadOnly: recursive.includes(mountPath) ? 'Enabled' : 'Disabled' } : {}) }));
  const given = resources?.requests || resources?.limits;
  return {
    ...(given ? { resources: actual ?? {}, ...(resources.requests ? { allocatedResources: resources.requests } : {}) } : {}),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  };
}
