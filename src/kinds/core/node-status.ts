import { boolean, int32, int64, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';

export const attachedVolume = part(() =>
  object('api.core.v1.AttachedVolume', {
    name: string().required().default('').tag(1),
    devicePath: string().required().default('').tag(2),
  }));
export type AttachedVolume = TypeOf<ReturnType<typeof attachedVolume>>;

export const configMapNodeConfigSource = part(() =>
  object('api.core.v1.ConfigMapNodeConfigSource', {
    namespace: string().required().tag(1),
    name: string().required().tag(2),
    uid: string().tag(3),
    resourceVersion: string().tag(4),
    kubeletConfigKey: string().required().tag(5),
  }));
export type ConfigMapNodeConfigSource = TypeOf<ReturnType<typeof configMapNodeConfigSource>>;

export const containerImage = part(() =>
  object('api.core.v1.ContainerImage', {
    names: list(string()).tag(1),
    sizeBytes: int64().tag(2),
  }));
export type ContainerImage = TypeOf<ReturnType<typeof containerImage>>;

export const daemonEndpoint = part(() =>
  object('api.core.v1.DaemonEndpoint', {
    Port: int32().required().default(0).tag(1),
  }));
export type DaemonEndpoint = TypeOf<ReturnType<typeof daemonEndpoint>>;

export const nodeAddress = part(() =>
  object('api.core.v1.NodeAddress', {
    type: string().required().default('').tag(1),
    address: string().required().default('').tag(2),
  }));
export type NodeAddress = TypeOf<ReturnType<typeof nodeAddress>>;

export const nodeCondition = part(() =>
  object('api.core.v1.NodeCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastHeartbeatTime: time().tag(3),
    lastTransitionTime: time().tag(4),
    reason: string().tag(5),
    message: string().tag(6),
  }));
export type NodeCondition = TypeOf<ReturnType<typeof nodeCondition>>;

export const nodeConfigSource = part(() =>
  object('api.core.v1.NodeConfigSource', {
    configMap: configMapNodeConfigSource().tag(2),
  }));
export type NodeConfigSource = TypeOf<ReturnType<typeof nodeConfigSource>>;

export const nodeConfigStatus = part(() =>
  object('api.core.v1.NodeConfigStatus', {
    assigned: nodeConfigSource().tag(1),
    active: nodeConfigSource().tag(2),
    lastKnownGood: nodeConfigSource().tag(3),
    error: string().tag(4),
  }));
export type NodeConfigStatus = TypeOf<ReturnType<typeof nodeConfigStatus>>;

export const nodeDaemonEndpoints = part(() =>
  object('api.core.v1.NodeDaemonEndpoints', {
    kubeletEndpoint: daemonEndpoint().default({}).tag(1),
  }));
export type NodeDaemonEndpoints = TypeOf<ReturnType<typeof nodeDaemonEndpoints>>;

export const nodeFeatures = part(() =>
  object('api.core.v1.NodeFeatures', {
    supplementalGroupsPolicy: boolean().pointer().tag(1),
  }));
export type NodeFeatures = TypeOf<ReturnType<typeof nodeFeatures>>;

export const nodeRuntimeHandler = part(() =>
  object('api.core.v1.NodeRuntimeHandler', {
    name: string().tag(1),
    features: nodeRuntimeHandlerFeatures().tag(2),
  }));
export type NodeRuntimeHandler = TypeOf<ReturnType<typeof nodeRuntimeHandler>>;

export const nodeRuntimeHandlerFeatures = part(() =>
  object('api.core.v1.NodeRuntimeHandlerFeatures', {
    recursiveReadOnlyMounts: boolean().pointer().tag(1),
    userNamespaces: boolean().pointer().tag(2),
  }));
export type NodeRuntimeHandlerFeatures = TypeOf<ReturnType<typeof nodeRuntimeHandlerFeatures>>;

export const nodeStatus = part(() =>
  object('api.core.v1.NodeStatus', {
    capacity: map(quantity()).tag(1),
    allocatable: map(quantity()).tag(2),
    phase: string().tag(3),
    conditions: list(nodeCondition()).keyedBy('type').tag(4),
    addresses: list(nodeAddress()).keyedBy('type').tag(5),
    daemonEndpoints: nodeDaemonEndpoints().default({}).tag(6),
    nodeInfo: nodeSystemInfo().default({}).tag(7),
    images: list(containerImage()).tag(8),
    volumesInUse: list(string()).tag(9),
    volumesAttached: list(attachedVolume()).tag(10),
    config: nodeConfigStatus().tag(11),
    runtimeHandlers: list(nodeRuntimeHandler()).tag(12),
    features: nodeFeatures().tag(13),
    declaredFeatures: list(string()).tag(14),
  }));
export type NodeStatus = TypeOf<ReturnType<typeof nodeStatus>>;

export const nodeSwapStatus = part(() =>
  object('api.core.v1.NodeSwapStatus', {
    capacity: int64().pointer().tag(1),
  }));
export type NodeSwapStatus = TypeOf<ReturnType<typeof nodeSwapStatus>>;

export const nodeSystemInfo = part(() =>
  object('api.core.v1.NodeSystemInfo', {
    machineID: string().required().default('').tag(1),
    systemUUID: string().required().default('').tag(2),
    bootID: string().required().default('').tag(3),
    kernelVersion: string().required().default('').tag(4),
    osImage: string().required().default('').tag(5),
    containerRuntimeVersion: string().required().default('').tag(6),
    kubeletVersion: string().required().default('').tag(7),
    kubeProxyVersion: string().required().default('').tag(8),
    operatingSystem: string().required().default('').tag(9),
    architecture: string().required().default('').tag(10),
    swap: nodeSwapStatus().tag(11),
  }));
export type NodeSystemInfo = TypeOf<ReturnType<typeof nodeSystemInfo>>;
