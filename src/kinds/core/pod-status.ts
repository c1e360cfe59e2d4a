import { boolean, int32, int64, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { resourceRequirements } from './resources.ts';

export const containerExtendedResourceRequest = part(() =>
  object('api.core.v1.ContainerExtendedResourceRequest', {
    containerName: string().required().default('').tag(1),
    resourceName: string().required().default('').tag(2),
    requestName: string().required().default('').tag(3),
  }));
export type ContainerExtendedResourceRequest = TypeOf<ReturnType<typeof containerExtendedResourceRequest>>;

export const containerState = part(() =>
  object('api.core.v1.ContainerState', {
    waiting: containerStateWaiting().tag(1),
    running: containerStateRunning().tag(2),
    terminated: containerStateTerminated().tag(3),
  }));
export type ContainerState = TypeOf<ReturnType<typeof containerState>>;

export const containerStateRunning = part(() =>
  object('api.core.v1.ContainerStateRunning', {
    startedAt: time().tag(1),
  }));
export type ContainerStateRunning = TypeOf<ReturnType<typeof containerStateRunning>>;

export const containerStateTerminated = part(() =>
  object('api.core.v1.ContainerStateTerminated', {
    exitCode: int32().required().default(0).tag(1),
    signal: int32().tag(2),
    reason: string().tag(3),
    message: string().tag(4),
    startedAt: time().tag(5),
    finishedAt: time().tag(6),
    containerID: string().tag(7),
  }));
export type ContainerStateTerminated = TypeOf<ReturnType<typeof containerStateTerminated>>;

export const containerStateWaiting = part(() =>
  object('api.core.v1.ContainerStateWaiting', {
    reason: string().tag(1),
    message: string().tag(2),
  }));
export type ContainerStateWaiting = TypeOf<ReturnType<typeof containerStateWaiting>>;

export const containerStatus = part(() =>
  object('api.core.v1.ContainerStatus', {
    name: string().required().default('').tag(1),
    state: containerState().default({}).tag(2),
    lastState: containerState().default({}).tag(3),
    ready: boolean().required().default(false).tag(4),
    restartCount: int32().required().default(0).tag(5),
    image: string().required().default('').tag(6),
    imageID: string().required().default('').tag(7),
    containerID: string().tag(8),
    started: boolean().pointer().tag(9),
    allocatedResources: map(quantity()).tag(10),
    resources: resourceRequirements().tag(11),
    volumeMounts: list(volumeMountStatus()).keyedBy('mountPath').tag(12),
    user: containerUser().tag(13),
    allocatedResourcesStatus: list(resourceStatus()).keyedBy('name').tag(14),
    stopSignal: string().pointer().tag(15),
  }));
export type ContainerStatus = TypeOf<ReturnType<typeof containerStatus>>;

export const containerUser = part(() =>
  object('api.core.v1.ContainerUser', {
    linux: linuxContainerUser().tag(1),
  }));
export type ContainerUser = TypeOf<ReturnType<typeof containerUser>>;

export const hostIP = part(() =>
  object('api.core.v1.HostIP', {
    ip: string().required().default('').tag(1),
  }));
export type HostIP = TypeOf<ReturnType<typeof hostIP>>;

export const imageVolumeStatus = part(() =>
  object('api.core.v1.ImageVolumeStatus', {
    imageRef: string().required().default('').tag(1),
  }));
export type ImageVolumeStatus = TypeOf<ReturnType<typeof imageVolumeStatus>>;

export const linuxContainerUser = part(() =>
  object('api.core.v1.LinuxContainerUser', {
    uid: int64().required().default(0).tag(1),
    gid: int64().required().default(0).tag(2),
    supplementalGroups: list(int64()).tag(3),
  }));
export type LinuxContainerUser = TypeOf<ReturnType<typeof linuxContainerUser>>;

export const nodeAllocatableResourceClaimStatus = part(() =>
  object('api.core.v1.NodeAllocatableResourceClaimStatus', {
    resourceClaimName: string().required().default('').tag(1),
    containers: list(string()).set().tag(2),
    resources: map(quantity()).required().tag(3),
  }));
export type NodeAllocatableResourceClaimStatus = TypeOf<ReturnType<typeof nodeAllocatableResourceClaimStatus>>;

export const podCondition = part(() =>
  object('api.core.v1.PodCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastProbeTime: time().tag(3),
    lastTransitionTime: time().tag(4),
    reason: string().tag(5),
    message: string().tag(6),
    observedGeneration: int64().tag(7),
  }));
export type PodCondition = TypeOf<ReturnType<typeof podCondition>>;

export const podExtendedResourceClaimStatus = part(() =>
  object('api.core.v1.PodExtendedResourceClaimStatus', {
    requestMappings: list(containerExtendedResourceRequest()).required().default([]).tag(1),
    resourceClaimName: string().required().default('').tag(2),
  }));
export type PodExtendedResourceClaimStatus = TypeOf<ReturnType<typeof podExtendedResourceClaimStatus>>;

export const podIP = part(() =>
  object('api.core.v1.PodIP', {
    ip: string().required().default('').tag(1),
  }));
export type PodIP = TypeOf<ReturnType<typeof podIP>>;

export const podResourceClaimStatus = part(() =>
  object('api.core.v1.PodResourceClaimStatus', {
    name: string().required().default('').tag(1),
    resourceClaimName: string().pointer().tag(2),
  }));
export type PodResourceClaimStatus = TypeOf<ReturnType<typeof podResourceClaimStatus>>;

export const podStatus = part(() =>
  object('api.core.v1.PodStatus', {
    phase: string().tag(1),
    conditions: list(podCondition()).keyedBy('type').tag(2),
    message: string().tag(3),
    reason: string().tag(4),
    hostIP: string().tag(5),
    podIP: string().tag(6),
    startTime: time().tag(7),
    containerStatuses: list(containerStatus()).tag(8),
    qosClass: string().tag(9),
    initContainerStatuses: list(containerStatus()).tag(10),
    nominatedNodeName: string().tag(11),
    podIPs: list(podIP()).keyedBy('ip').tag(12),
    ephemeralContainerStatuses: list(containerStatus()).tag(13),
    resize: string().tag(14),
    resourceClaimStatuses: list(podResourceClaimStatus()).mapKeys('name').mergeKey('name', { retainKeys: true }).tag(15),
    hostIPs: list(hostIP()).mergeKey('ip').tag(16),
    observedGeneration: int64().tag(17),
    extendedResourceClaimStatus: podExtendedResourceClaimStatus().tag(18),
    allocatedResources: map(quantity()).tag(19),
    resources: resourceRequirements().tag(20),
    nodeAllocatableResourceClaimStatuses: list(nodeAllocatableResourceClaimStatus()).tag(21),
  }));
export type PodStatus = TypeOf<ReturnType<typeof podStatus>>;

export const resourceHealth = part(() =>
  object('api.core.v1.ResourceHealth', {
    resourceID: string().required().default('').tag(1),
    health: string().tag(2),
    message: string().pointer().tag(6),
  }));
export type ResourceHealth = TypeOf<ReturnType<typeof resourceHealth>>;

export const resourceStatus = part(() =>
  object('api.core.v1.ResourceStatus', {
    name: string().required().default('').tag(1),
    resources: list(resourceHealth()).mapKeys('resourceID').tag(2),
  }));
export type ResourceStatus = TypeOf<ReturnType<typeof resourceStatus>>;

export const volumeMountStatus = part(() =>
  object('api.core.v1.VolumeMountStatus', {
    name: string().required().default('').tag(1),
    mountPath: string().required().default('').tag(2),
    readOnly: boolean().tag(3),
    recursiveReadOnly: string().pointer().tag(4),
    volumeStatus: volumeStatus().tag(5),
  }));
export type VolumeMountStatus = TypeOf<ReturnType<typeof volumeMountStatus>>;

export const volumeStatus = part(() =>
  object('api.core.v1.VolumeStatus', {
    image: imageVolumeStatus().tag(1),
  }));
export type VolumeStatus = TypeOf<ReturnType<typeof volumeStatus>>;
