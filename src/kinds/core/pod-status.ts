import { boolean, int32, int64, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { resourceRequirements } from './resources.ts';

export const containerExtendedResourceRequest = part(() =>
  object('api.core.v1.ContainerExtendedResourceRequest', {
    containerName: string().required().default('').tag(1).describe('The container.'),
    resourceName: string().required().default('').tag(2).describe('The extended resource.'),
    requestName: string().required().default('').tag(3).describe('The request of the claim.'),
  }));
export type ContainerExtendedResourceRequest = TypeOf<ReturnType<typeof containerExtendedResourceRequest>>;

export const containerState = part(() =>
  object('api.core.v1.ContainerState', {
    waiting: containerStateWaiting().tag(1).describe('It does not run yet.'),
    running: containerStateRunning().tag(2).describe('It runs.'),
    terminated: containerStateTerminated().tag(3).describe('It has ended.'),
  }));
export type ContainerState = TypeOf<ReturnType<typeof containerState>>;

export const containerStateRunning = part(() =>
  object('api.core.v1.ContainerStateRunning', {
    startedAt: time().tag(1).describe('Since when.'),
  }));
export type ContainerStateRunning = TypeOf<ReturnType<typeof containerStateRunning>>;

export const containerStateTerminated = part(() =>
  object('api.core.v1.ContainerStateTerminated', {
    exitCode: int32().required().default(0).tag(1).describe('Its exit code.'),
    signal: int32().tag(2).describe('The signal that ended it.'),
    reason: string().tag(3).describe('Why, as one CamelCase word, such as Completed, Error or OOMKilled.'),
    message: string().tag(4).describe('What it left in its termination message.'),
    startedAt: time().tag(5).describe('When that run began.'),
    finishedAt: time().tag(6).describe('When it ended.'),
    containerID: string().tag(7).describe('The runtime\'s name for it, <runtime>://<id>.'),
  }));
export type ContainerStateTerminated = TypeOf<ReturnType<typeof containerStateTerminated>>;

export const containerStateWaiting = part(() =>
  object('api.core.v1.ContainerStateWaiting', {
    reason: string().tag(1).describe('Why, as one CamelCase word, such as ContainerCreating or CrashLoopBackOff.'),
    message: string().tag(2).describe('Why, for people.'),
  }));
export type ContainerStateWaiting = TypeOf<ReturnType<typeof containerStateWaiting>>;

export const containerStatus = part(() =>
  object('api.core.v1.ContainerStatus', {
    name: string().required().default('').tag(1).describe('The container\'s name.'),
    state: containerState().default({}).tag(2).describe('What it does now.'),
    lastState: containerState().default({}).tag(3).describe('How its last run ended.'),
    ready: boolean().required().default(false).tag(4).describe('Whether its readiness probe succeeds; true while it runs if it has none.'),
    restartCount: int32().required().default(0).tag(5).describe('How often it was started again.'),
    image: string().required().default('').tag(6).describe('The image it runs.'),
    imageID: string().required().default('').tag(7).describe('That image\'s digest.'),
    containerID: string().tag(8).describe('The runtime\'s name for it, <runtime>://<id>.'),
    started: boolean().pointer().tag(9).describe('Whether it runs, its startup probe succeeded and its postStart hook is done.'),
    allocatedResources: map(quantity()).tag(10).describe('Requests the node has admitted.'),
    resources: resourceRequirements().tag(11).describe('Resources in effect.'),
    volumeMounts: list(volumeMountStatus()).keyedBy('mountPath').tag(12).describe('How its volumes are mounted.'),
    user: containerUser().tag(13).describe('Identities of its first process.'),
    allocatedResourcesStatus: list(resourceStatus()).keyedBy('name').tag(14).describe('Health of its devices.'),
    stopSignal: string().pointer().tag(15).describe('The signal that stops it.'),
  }));
export type ContainerStatus = TypeOf<ReturnType<typeof containerStatus>>;

export const containerUser = part(() =>
  object('api.core.v1.ContainerUser', {
    linux: linuxContainerUser().tag(1).describe('Identities on Linux.'),
  }));
export type ContainerUser = TypeOf<ReturnType<typeof containerUser>>;

export const hostIP = part(() =>
  object('api.core.v1.HostIP', {
    ip: string().required().default('').tag(1).describe('The address.'),
  }));
export type HostIP = TypeOf<ReturnType<typeof hostIP>>;

export const imageVolumeStatus = part(() =>
  object('api.core.v1.ImageVolumeStatus', {
    imageRef: string().required().default('').tag(1).describe('The digest of the image that is mounted.'),
  }));
export type ImageVolumeStatus = TypeOf<ReturnType<typeof imageVolumeStatus>>;

export const linuxContainerUser = part(() =>
  object('api.core.v1.LinuxContainerUser', {
    uid: int64().required().default(0).tag(1).describe('User ID.'),
    gid: int64().required().default(0).tag(2).describe('Group ID.'),
    supplementalGroups: list(int64()).tag(3).describe('Further group IDs.'),
  }));
export type LinuxContainerUser = TypeOf<ReturnType<typeof linuxContainerUser>>;

export const nodeAllocatableResourceClaimStatus = part(() =>
  object('api.core.v1.NodeAllocatableResourceClaimStatus', {
    resourceClaimName: string().required().default('').tag(1).describe('The claim.'),
    containers: list(string()).set().tag(2).describe('The containers that use it.'),
    resources: map(quantity()).required().tag(3).describe('How much of what it takes.'),
  }));
export type NodeAllocatableResourceClaimStatus = TypeOf<ReturnType<typeof nodeAllocatableResourceClaimStatus>>;

export const podCondition = part(() =>
  object('api.core.v1.PodCondition', {
    type: string().required().default('').tag(1).describe('What the condition is about: PodScheduled, Initialized, ContainersReady, Ready and others.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastProbeTime: time().tag(3).describe('When the condition was last checked.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(6).describe('Details for people.'),
    observedGeneration: int64().tag(7).describe('The generation of the object this was computed from.'),
  }));
export type PodCondition = TypeOf<ReturnType<typeof podCondition>>;

export const podExtendedResourceClaimStatus = part(() =>
  object('api.core.v1.PodExtendedResourceClaimStatus', {
    requestMappings: list(containerExtendedResourceRequest()).required().default([]).tag(1).describe('Which request of which container each request of the claim stands for.'),
    resourceClaimName: string().required().default('').tag(2).describe('The ResourceClaim.'),
  }));
export type PodExtendedResourceClaimStatus = TypeOf<ReturnType<typeof podExtendedResourceClaimStatus>>;

export const podIP = part(() =>
  object('api.core.v1.PodIP', {
    ip: string().required().default('').tag(1).describe('The address.'),
  }));
export type PodIP = TypeOf<ReturnType<typeof podIP>>;

export const podResourceClaimStatus = part(() =>
  object('api.core.v1.PodResourceClaimStatus', {
    name: string().required().default('').tag(1).describe('The entry of spec.resourceClaims.'),
    resourceClaimName: string().pointer().tag(2).describe('The ResourceClaim made for it.'),
  }));
export type PodResourceClaimStatus = TypeOf<ReturnType<typeof podResourceClaimStatus>>;

export const podStatus = part(() =>
  object('api.core.v1.PodStatus', {
    phase: string().tag(1).describe('Pending, Running, Succeeded, Failed or Unknown: where the pod is in its life.'),
    conditions: list(podCondition()).keyedBy('type').tag(2).describe('What is known of the object\'s state, one entry for each type.'),
    message: string().tag(3).describe('Why the pod is in this state, for people.'),
    reason: string().tag(4).describe('Why the pod is in this state, as one CamelCase word, such as Evicted.'),
    hostIP: string().tag(5).describe('The node\'s address.'),
    podIP: string().tag(6).describe('The pod\'s address.'),
    startTime: time().tag(7).describe('When the kubelet took the pod up, before pulling images.'),
    containerStatuses: list(containerStatus()).tag(8).describe('The state of each container.'),
    qosClass: string().tag(9).describe('Guaranteed, Burstable or BestEffort, from requests and limits: who goes last and who first when memory runs out.'),
    initContainerStatuses: list(containerStatus()).tag(10).describe('The state of each init container.'),
    nominatedNodeName: string().tag(11).describe('The node on which others are displaced for this pod.'),
    podIPs: list(podIP()).keyedBy('ip').tag(12).describe('The pod\'s addresses, one of each family.'),
    ephemeralContainerStatuses: list(containerStatus()).tag(13).describe('The state of each ephemeral container.'),
    resize: string().tag(14).describe('State of a resize under way; now told by conditions.'),
    resourceClaimStatuses: list(podResourceClaimStatus()).mapKeys('name').mergeKey('name', { retainKeys: true }).tag(15).describe('The claims made for the pod\'s resourceClaims.'),
    hostIPs: list(hostIP()).mergeKey('ip').tag(16).describe('The node\'s addresses, one of each family.'),
    observedGeneration: int64().tag(17).describe('The generation of the object this was computed from.'),
    extendedResourceClaimStatus: podExtendedResourceClaimStatus().tag(18).describe('The claim made for extended resources that devices back.'),
    allocatedResources: map(quantity()).tag(19).describe('Pod-level requests the node has admitted.'),
    resources: resourceRequirements().tag(20).describe('Pod-level resources in effect.'),
    nodeAllocatableResourceClaimStatuses: list(nodeAllocatableResourceClaimStatus()).tag(21).describe('What claimed devices take of the node\'s own resources.'),
  }));
export type PodStatus = TypeOf<ReturnType<typeof podStatus>>;

export const resourceHealth = part(() =>
  object('api.core.v1.ResourceHealth', {
    resourceID: string().required().default('').tag(1).describe('The device.'),
    health: string().tag(2).describe('Healthy, Unhealthy or Unknown.'),
    message: string().pointer().tag(6).describe('Why, for people.'),
  }));
export type ResourceHealth = TypeOf<ReturnType<typeof resourceHealth>>;

export const resourceStatus = part(() =>
  object('api.core.v1.ResourceStatus', {
    name: string().required().default('').tag(1).describe('The resource or claim.'),
    resources: list(resourceHealth()).mapKeys('resourceID').tag(2).describe('Health of each of its devices.'),
  }));
export type ResourceStatus = TypeOf<ReturnType<typeof resourceStatus>>;

export const volumeMountStatus = part(() =>
  object('api.core.v1.VolumeMountStatus', {
    name: string().required().default('').tag(1).describe('The pod\'s volume.'),
    mountPath: string().required().default('').tag(2).describe('Where it appears in the container.'),
    readOnly: boolean().tag(3).describe('Whether it is mounted read-only.'),
    recursiveReadOnly: string().pointer().tag(4).describe('Whether mounts below are read-only too.'),
    volumeStatus: volumeStatus().tag(5).describe('What only this sort of volume tells.'),
  }));
export type VolumeMountStatus = TypeOf<ReturnType<typeof volumeMountStatus>>;

export const volumeStatus = part(() =>
  object('api.core.v1.VolumeStatus', {
    image: imageVolumeStatus().tag(1).describe('Of an image volume.'),
  }));
export type VolumeStatus = TypeOf<ReturnType<typeof volumeStatus>>;
