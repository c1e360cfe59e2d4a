import { boolean, int32, int64, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';

export const attachedVolume = part(() =>
  object('api.core.v1.AttachedVolume', {
    name: string().required().default('').tag(1).describe('The volume.'),
    devicePath: string().required().default('').tag(2).describe('The device it is attached as.'),
  }));
export type AttachedVolume = TypeOf<ReturnType<typeof attachedVolume>>;

export const configMapNodeConfigSource = part(() =>
  object('api.core.v1.ConfigMapNodeConfigSource', {
    namespace: string().required().tag(1).describe('No longer used.'),
    name: string().required().tag(2).describe('No longer used.'),
    uid: string().tag(3).describe('No longer used.'),
    resourceVersion: string().tag(4).describe('No longer used.'),
    kubeletConfigKey: string().required().tag(5).describe('No longer used.'),
  }));
export type ConfigMapNodeConfigSource = TypeOf<ReturnType<typeof configMapNodeConfigSource>>;

export const containerImage = part(() =>
  object('api.core.v1.ContainerImage', {
    names: list(string()).orNull().tag(1).describe('All names of the image.'),
    sizeBytes: int64().tag(2).describe('Its size in bytes.'),
  }));
export type ContainerImage = TypeOf<ReturnType<typeof containerImage>>;

export const daemonEndpoint = part(() =>
  object('api.core.v1.DaemonEndpoint', {
    Port: int32().required().default(0).tag(1).describe('The port\'s number.'),
  }));
export type DaemonEndpoint = TypeOf<ReturnType<typeof daemonEndpoint>>;

export const nodeAddress = part(() =>
  object('api.core.v1.NodeAddress', {
    type: string().required().default('').tag(1).describe('Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.'),
    address: string().required().default('').tag(2).describe('The name or address.'),
  }));
export type NodeAddress = TypeOf<ReturnType<typeof nodeAddress>>;

export const nodeCondition = part(() =>
  object('api.core.v1.NodeCondition', {
    type: string().required().default('').tag(1).describe('What the condition is about: Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastHeartbeatTime: time().tag(3).describe('When the condition was last reported.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(6).describe('Details for people.'),
  }));
export type NodeCondition = TypeOf<ReturnType<typeof nodeCondition>>;

export const nodeConfigSource = part(() =>
  object('api.core.v1.NodeConfigSource', {
    configMap: configMapNodeConfigSource().tag(2).describe('No longer used.'),
  }));
export type NodeConfigSource = TypeOf<ReturnType<typeof nodeConfigSource>>;

export const nodeConfigStatus = part(() =>
  object('api.core.v1.NodeConfigStatus', {
    assigned: nodeConfigSource().tag(1).describe('No longer used.'),
    active: nodeConfigSource().tag(2).describe('No longer used.'),
    lastKnownGood: nodeConfigSource().tag(3).describe('No longer used.'),
    error: string().tag(4).describe('No longer used.'),
  }));
export type NodeConfigStatus = TypeOf<ReturnType<typeof nodeConfigStatus>>;

export const nodeDaemonEndpoints = part(() =>
  object('api.core.v1.NodeDaemonEndpoints', {
    kubeletEndpoint: daemonEndpoint().default({}).tag(1).describe('Where the kubelet listens.'),
  }));
export type NodeDaemonEndpoints = TypeOf<ReturnType<typeof nodeDaemonEndpoints>>;

export const nodeFeatures = part(() =>
  object('api.core.v1.NodeFeatures', {
    supplementalGroupsPolicy: boolean().pointer().tag(1).describe('Whether the runtime knows supplementalGroupsPolicy.'),
  }));
export type NodeFeatures = TypeOf<ReturnType<typeof nodeFeatures>>;

export const nodeRuntimeHandler = part(() =>
  object('api.core.v1.NodeRuntimeHandler', {
    name: string().always().tag(1).describe('The runtime\'s name; empty for the default one.'),
    features: nodeRuntimeHandlerFeatures().tag(2).describe('What it can do.'),
  }));
export type NodeRuntimeHandler = TypeOf<ReturnType<typeof nodeRuntimeHandler>>;

export const nodeRuntimeHandlerFeatures = part(() =>
  object('api.core.v1.NodeRuntimeHandlerFeatures', {
    recursiveReadOnlyMounts: boolean().pointer().tag(1).describe('Whether mounts can be read-only all the way down.'),
    userNamespaces: boolean().pointer().tag(2).describe('Whether pods can have users of their own.'),
  }));
export type NodeRuntimeHandlerFeatures = TypeOf<ReturnType<typeof nodeRuntimeHandlerFeatures>>;

export const nodeStatus = part(() =>
  object('api.core.v1.NodeStatus', {
    capacity: map(quantity()).tag(1).describe('All the node has.'),
    allocatable: map(quantity()).tag(2).describe('What of it pods can have.'),
    phase: string().tag(3).describe('No longer used.'),
    conditions: list(nodeCondition()).keyedBy('type').tag(4).describe('What is known of the object\'s state, one entry for each type.'),
    addresses: list(nodeAddress()).keyedBy('type').tag(5).describe('Names and addresses the node is reached at.'),
    daemonEndpoints: nodeDaemonEndpoints().default({}).tag(6).describe('Ports of the node\'s daemons.'),
    nodeInfo: nodeSystemInfo().default({}).tag(7).describe('Facts about the machine and its software.'),
    images: list(containerImage()).tag(8).describe('Images on the node, the largest first.'),
    volumesInUse: list(string()).tag(9).describe('Attachable volumes that are mounted.'),
    volumesAttached: list(attachedVolume()).tag(10).describe('Volumes attached to the node.'),
    config: nodeConfigStatus().tag(11).describe('No longer used.'),
    runtimeHandlers: list(nodeRuntimeHandler()).tag(12).describe('Runtimes of the node and what they can do.'),
    features: nodeFeatures().tag(13).describe('What the node\'s software can do.'),
    declaredFeatures: list(string()).tag(14).describe('Features of the kubelet that matter to scheduling.'),
  }));
export type NodeStatus = TypeOf<ReturnType<typeof nodeStatus>>;

export const nodeSwapStatus = part(() =>
  object('api.core.v1.NodeSwapStatus', {
    capacity: int64().pointer().tag(1).describe('Bytes of swap.'),
  }));
export type NodeSwapStatus = TypeOf<ReturnType<typeof nodeSwapStatus>>;

export const nodeSystemInfo = part(() =>
  object('api.core.v1.NodeSystemInfo', {
    machineID: string().required().default('').tag(1).describe('The machine\'s ID, from /etc/machine-id.'),
    systemUUID: string().required().default('').tag(2).describe('The hardware\'s UUID.'),
    bootID: string().required().default('').tag(3).describe('Changes with each boot.'),
    kernelVersion: string().required().default('').tag(4).describe('The kernel, from uname -r.'),
    osImage: string().required().default('').tag(5).describe('The operating system, from /etc/os-release.'),
    containerRuntimeVersion: string().required().default('').tag(6).describe('The container runtime, such as containerd://1.7.0.'),
    kubeletVersion: string().required().default('').tag(7).describe('The kubelet\'s version.'),
    kubeProxyVersion: string().required().default('').tag(8).describe('No longer used.'),
    operatingSystem: string().required().default('').tag(9).describe('linux or windows.'),
    architecture: string().required().default('').tag(10).describe('amd64, arm64 and so on.'),
    swap: nodeSwapStatus().tag(11).describe('The machine\'s swap space.'),
  }));
export type NodeSystemInfo = TypeOf<ReturnType<typeof nodeSystemInfo>>;
