/**
 * What the kubelet uses of the Container Runtime Interface, version 1. Names and numbers: k8s.io/cri-api,
 * pkg/apis/runtime/v1/api.proto. A field not listed here is neither sent nor read.
 */
import {
  bool, bytes, choice, enumeration, int32, int32s, int64, int64s, many, message, one, string, stringMap, strings, uint32, uint64,
} from '../grpc/message.ts';
import type { Received, Sent } from '../grpc/message.ts';

const Protocol = enumeration('Protocol', 'TCP', 'UDP', 'SCTP');
const MountPropagation = enumeration('MountPropagation', 'PROPAGATION_PRIVATE', 'PROPAGATION_HOST_TO_CONTAINER', 'PROPAGATION_BIDIRECTIONAL');
const NamespaceMode = enumeration('NamespaceMode', 'POD', 'CONTAINER', 'NODE', 'TARGET');
const SupplementalGroupsPolicy = enumeration('SupplementalGroupsPolicy', 'Merge', 'Strict');
const ProfileType = enumeration('ProfileType', 'RuntimeDefault', 'Unconfined', 'Localhost');
const PodSandboxState = enumeration('PodSandboxState', 'SANDBOX_READY', 'SANDBOX_NOTREADY');
const ContainerState = enumeration('ContainerState', 'CONTAINER_CREATED', 'CONTAINER_RUNNING', 'CONTAINER_EXITED', 'CONTAINER_UNKNOWN');

const Int64Value = message('Int64Value', { value: int64(1) });
const UInt64Value = message('UInt64Value', { value: uint64(1) });
const KeyValue = message('KeyValue', { key: string(1), value: string(2) });

const DNSConfig = message('DNSConfig', { servers: strings(1), searches: strings(2), options: strings(3) });
const PortMapping = message('PortMapping', {
  protocol: choice(1, Protocol), containerPort: int32(2), hostPort: int32(3), hostIp: string(4),
});
const IDMapping = message('IDMapping', { hostId: uint32(1), containerId: uint32(2), length: uint32(3) });
const UserNamespace = message('UserNamespace', { mode: choice(1, NamespaceMode), uids: many(2, IDMapping), gids: many(3, IDMapping) });
const NamespaceOption = message('NamespaceOption', {
  network: choice(1, NamespaceMode), pid: choice(2, NamespaceMode), ipc: choice(3, NamespaceMode), targetId: string(4),
  usernsOptions: one(5, UserNamespace),
});
const SecurityProfile = message('SecurityProfile', { profileType: choice(1, ProfileType), localhostRef: string(2) });
const SELinuxOption = message('SELinuxOption', { user: string(1), role: string(2), type: string(3), level: string(4) });
const HugepageLimit = message('HugepageLimit', { pageSize: string(1), limit: uint64(2) });
const LinuxContainerResources = message('LinuxContainerResources', {
  cpuPeriod: int64(1), cpuQuota: int64(2), cpuShares: int64(3), memoryLimitInBytes: int64(4), oomScoreAdj: int64(5),
  cpusetCpus: string(6), cpusetMems: string(7), hugepageLimits: many(8, HugepageLimit), unified: stringMap(9), memorySwapLimitInBytes: int64(10),
});

const LinuxSandboxSecurityContext = message('LinuxSandboxSecurityContext', {
  namespaceOptions: one(1, NamespaceOption), selinuxOptions: one(2, SELinuxOption), runAsUser: one(3, Int64Value),
  readonlyRootfs: bool(4), supplementalGroups: int64s(5), privileged: bool(6), runAsGroup: one(8, Int64Value),
  seccomp: one(9, SecurityProfile), apparmor: one(10, SecurityProfile), supplementalGroupsPolicy: choice(11, SupplementalGroupsPolicy),
});
const LinuxPodSandboxConfig = message('LinuxPodSandboxConfig', {
  cgroupParent: string(1), securityContext: one(2, LinuxSandboxSecurityContext), sysctls: stringMap(3),
  overhead: one(4, LinuxContainerResources), resources: one(5, LinuxContainerResources),
});
const PodSandboxMetadata = message('PodSandboxMetadata', { name: string(1), uid: string(2), namespace: string(3), attempt: uint32(4) });
const PodSandboxConfig = message('PodSandboxConfig', {
  metadata: one(1, PodSandboxMetadata), hostname: string(2), logDirectory: string(3), dnsConfig: one(4, DNSConfig),
  portMappings: many(5, PortMapping), labels: stringMap(6), annotations: stringMap(7), linux: one(8, LinuxPodSandboxConfig),
});
const PodIP = message('PodIP', { ip: string(1) });
const PodSandboxNetworkStatus = message('PodSandboxNetworkStatus', { ip: string(1), additionalIps: many(2, PodIP) });
const Namespace = message('Namespace', { options: one(2, NamespaceOption) });
const LinuxPodSandboxStatus = message('LinuxPodSandboxStatus', { namespaces: one(1, Namespace) });
const PodSandboxStatus = message('PodSandboxStatus', {
  id: string(1), metadata: one(2, PodSandboxMetadata), state: choice(3, PodSandboxState), createdAt: int64(4),
  network: one(5, PodSandboxNetworkStatus), linux: one(6, LinuxPodSandboxStatus), labels: stringMap(7), annotations: stringMap(8),
});
const PodSandbox = message('PodSandbox', {
  id: string(1), metadata: one(2, PodSandboxMetadata), state: choice(3, PodSandboxState), createdAt: int64(4),
  labels: stringMap(5), annotations: stringMap(6),
});
const PodSandboxFilter = message('PodSandboxFilter', { id: string(1), labelSelector: stringMap(3) });

const ImageSpec = message('ImageSpec', { image: string(1), annotations: stringMap(2), userSpecifiedImage: string(18) });
const Mount = message('Mount', {
  containerPath: string(1), hostPath: string(2), readonly: bool(3), selinuxRelabel: bool(4),
  propagation: choice(5, MountPropagation), uidMappings: many(6, IDMapping), gidMappings: many(7, IDMapping), recursiveReadOnly: bool(8),
  image: one(9, ImageSpec), imageSubPath: string(10),
});
const Capability = message('Capability', { addCapabilities: strings(1), dropCapabilities: strings(2), addAmbientCapabilities: strings(3) });
const LinuxContainerSecurityContext = message('LinuxContainerSecurityContext', {
  capabilities: one(1, Capability), privileged: bool(2), namespaceOptions: one(3, NamespaceOption), selinuxOptions: one(4, SELinuxOption),
  runAsUser: one(5, Int64Value), runAsUsername: string(6), readonlyRootfs: bool(7), supplementalGroups: int64s(8), noNewPrivs: bool(11),
  runAsGroup: one(12, Int64Value), maskedPaths: strings(13), readonlyPaths: strings(14), seccomp: one(15, SecurityProfile),
  apparmor: one(16, SecurityProfile), supplementalGroupsPolicy: choice(17, SupplementalGroupsPolicy),
});
const LinuxContainerConfig = message('LinuxContainerConfig', {
  resources: one(1, LinuxContainerResources), securityContext: one(2, LinuxContainerSecurityContext),
});
const ContainerMetadata = message('ContainerMetadata', { name: string(1), attempt: uint32(2) });
const Device = message('Device', { containerPath: string(1), hostPath: string(2), permissions: string(3) });
const ContainerConfig = message('ContainerConfig', {
  metadata: one(1, ContainerMetadata), image: one(2, ImageSpec), command: strings(3), args: strings(4), workingDir: string(5),
  envs: many(6, KeyValue), mounts: many(7, Mount), devices: many(8, Device), labels: stringMap(9), annotations: stringMap(10),
  logPath: string(11), stdin: bool(12), stdinOnce: bool(13), tty: bool(14), linux: one(15, LinuxContainerConfig),
  cdiDevices: many(17, message('CDIDevice', { name: string(1) })),
});
const Container = message('Container', {
  id: string(1), podSandboxId: string(2), metadata: one(3, ContainerMetadata), image: one(4, ImageSpec), imageRef: string(5),
  state: choice(6, ContainerState), createdAt: int64(7), labels: stringMap(8), annotations: stringMap(9), imageId: string(10),
});
const ContainerFilter = message('ContainerFilter', { id: string(1), podSandboxId: string(3), labelSelector: stringMap(4) });
const ContainerResources = message('ContainerResources', { linux: one(1, LinuxContainerResources) });
const ContainerStatus = message('ContainerStatus', {
  id: string(1), metadata: one(2, ContainerMetadata), state: choice(3, ContainerState), createdAt: int64(4), startedAt: int64(5),
  finishedAt: int64(6), exitCode: int32(7), image: one(8, ImageSpec), imageRef: string(9), reason: string(10), message: string(11),
  labels: stringMap(12), annotations: stringMap(13), mounts: many(14, Mount), logPath: string(15), resources: one(16, ContainerResources), imageId: string(17),
});

const CpuUsage = message('CpuUsage', { timestamp: int64(1), usageCoreNanoSeconds: one(2, UInt64Value), usageNanoCores: one(3, UInt64Value) });
const MemoryUsage = message('MemoryUsage', {
  timestamp: int64(1), workingSetBytes: one(2, UInt64Value), availableBytes: one(3, UInt64Value), usageBytes: one(4, UInt64Value),
  rssBytes: one(5, UInt64Value), pageFaults: one(6, UInt64Value), majorPageFaults: one(7, UInt64Value),
});
const FilesystemIdentifier = message('FilesystemIdentifier', { mountpoint: string(1) });
const FilesystemUsage = message('FilesystemUsage', {
  timestamp: int64(1), fsId: one(2, FilesystemIdentifier), usedBytes: one(3, UInt64Value), inodesUsed: one(4, UInt64Value),
});
const ContainerAttributes = message('ContainerAttributes', {
  id: string(1), metadata: one(2, ContainerMetadata), labels: stringMap(3), annotations: stringMap(4),
});
const ContainerStats = message('ContainerStats', {
  attributes: one(1, ContainerAttributes), cpu: one(2, CpuUsage), memory: one(3, MemoryUsage), writableLayer: one(4, FilesystemUsage),
});

const Image = message('Image', {
  id: string(1), repoTags: strings(2), repoDigests: strings(3), size: uint64(4), uid: one(5, Int64Value), username: string(6),
  pinned: bool(8),
});
const AuthConfig = message('AuthConfig', {
  username: string(1), password: string(2), auth: string(3), serverAddress: string(4), identityToken: string(5), registryToken: string(6),
});
const RuntimeCondition = message('RuntimeCondition', { type: string(1), status: bool(2), reason: string(3), message: string(4) });
const RuntimeStatus = message('RuntimeStatus', { conditions: many(1, RuntimeCondition) });
const RuntimeHandler = message('RuntimeHandler', {
  name: string(1), features: one(2, message('RuntimeHandlerFeatures', { recursiveReadOnlyMounts: bool(1), userNamespaces: bool(2) })),
});
const RuntimeFeatures = message('RuntimeFeatures', { supplementalGroupsPolicy: bool(1) });

const ContainerEventType = enumeration('ContainerEventType', 'CONTAINER_CREATED_EVENT', 'CONTAINER_STARTED_EVENT', 'CONTAINER_STOPPED_EVENT', 'CONTAINER_DELETED_EVENT');

const sandboxId = { podSandboxId: string(1) };
const containerId = { containerId: string(1) };
/** An answer without content. */
const done = (name: string) => message(name, {});
const url = (name: string) => message(name, { url: string(1) });

export const RuntimeService = {
  Version: {
    request: message('VersionRequest', { version: string(1) }),
    response: message('VersionResponse', { version: string(1), runtimeName: string(2), runtimeVersion: string(3), runtimeApiVersion: string(4) }),
  },
  Status: {
    request: message('StatusRequest', { verbose: bool(1) }),
    response: message('StatusResponse', { status: one(1, RuntimeStatus), info: stringMap(2), runtimeHandlers: many(3, RuntimeHandler), features: one(4, RuntimeFeatures) }),
  },
  UpdateRuntimeConfig: {
    request: message('UpdateRuntimeConfigRequest', {
      runtimeConfig: one(1, message('RuntimeConfig', { networkConfig: one(1, message('NetworkConfig', { podCidr: string(1) })) })),
    }),
    response: done('UpdateRuntimeConfigResponse'),
  },
  RunPodSandbox: {
    request: message('RunPodSandboxRequest', { config: one(1, PodSandboxConfig), runtimeHandler: string(2) }),
    response: message('RunPodSandboxResponse', sandboxId),
  },
  StopPodSandbox: { request: message('StopPodSandboxRequest', sandboxId), response: done('StopPodSandboxResponse') },
  RemovePodSandbox: { request: message('RemovePodSandboxRequest', sandboxId), response: done('RemovePodSandboxResponse') },
  PodSandboxStatus: {
    request: message('PodSandboxStatusRequest', { ...sandboxId, verbose: bool(2) }),
    response: message('PodSandboxStatusResponse', { status: one(1, PodSandboxStatus), info: stringMap(2) }),
  },
  ListPodSandbox: {
    request: message('ListPodSandboxRequest', { filter: one(1, PodSandboxFilter) }),
    response: message('ListPodSandboxResponse', { items: many(1, PodSandbox) }),
  },
  CreateContainer: {
    request: message('CreateContainerRequest', { ...sandboxId, config: one(2, ContainerConfig), sandboxConfig: one(3, PodSandboxConfig) }),
    response: message('CreateContainerResponse', containerId),
  },
  StartContainer: { request: message('StartContainerRequest', containerId), response: done('StartContainerResponse') },
  StopContainer: { request: message('StopContainerRequest', { ...containerId, timeout: int64(2) }), response: done('StopContainerResponse') },
  RemoveContainer: { request: message('RemoveContainerRequest', containerId), response: done('RemoveContainerResponse') },
  ListContainers: {
    request: message('ListContainersRequest', { filter: one(1, ContainerFilter) }),
    response: message('ListContainersResponse', { containers: many(1, Container) }),
  },
  ContainerStatus: {
    request: message('ContainerStatusRequest', { ...containerId, verbose: bool(2) }),
    response: message('ContainerStatusResponse', { status: one(1, ContainerStatus), info: stringMap(2) }),
  },
  UpdateContainerResources: {
    request: message('UpdateContainerResourcesRequest', { ...containerId, linux: one(2, LinuxContainerResources) }),
    response: done('UpdateContainerResourcesResponse'),
  },
  CheckpointContainer: {
    request: message('CheckpointContainerRequest', { ...containerId, location: string(2), timeout: int64(3) }), response: done('CheckpointContainerResponse'),
  },
  ReopenContainerLog: { request: message('ReopenContainerLogRequest', containerId), response: done('ReopenContainerLogResponse') },
  ExecSync: {
    request: message('ExecSyncRequest', { ...containerId, cmd: strings(2), timeout: int64(3) }),
    response: message('ExecSyncResponse', { stdout: bytes(1), stderr: bytes(2), exitCode: int32(3) }),
  },
  Exec: {
    request: message('ExecRequest', { ...containerId, cmd: strings(2), tty: bool(3), stdin: bool(4), stdout: bool(5), stderr: bool(6) }),
    response: url('ExecResponse'),
  },
  Attach: {
    request: message('AttachRequest', { ...containerId, stdin: bool(2), tty: bool(3), stdout: bool(4), stderr: bool(5) }),
    response: url('AttachResponse'),
  },
  PortForward: { request: message('PortForwardRequest', { ...sandboxId, port: int32s(2) }), response: url('PortForwardResponse') },
  GetContainerEvents: {
    request: message('GetEventsRequest', {}),
    response: message('ContainerEventResponse', { containerId: string(1), containerEventType: choice(2, ContainerEventType) }),
    stream: true,
  },
  ListContainerStats: {
    request: message('ListContainerStatsRequest', {
      filter: one(1, message('ContainerStatsFilter', { id: string(1), podSandboxId: string(2), labelSelector: stringMap(3) })),
    }),
    response: message('ListContainerStatsResponse', { stats: many(1, ContainerStats) }),
  },
} as const;

export const ImageService = {
  ListImages: {
    request: message('ListImagesRequest', { filter: one(1, message('ImageFilter', { image: one(1, ImageSpec) })) }),
    response: message('ListImagesResponse', { images: many(1, Image) }),
  },
  ImageStatus: {
    request: message('ImageStatusRequest', { image: one(1, ImageSpec), verbose: bool(2) }),
    response: message('ImageStatusResponse', { image: one(1, Image), info: stringMap(2) }),
  },
  PullImage: {
    request: message('PullImageRequest', { image: one(1, ImageSpec), auth: one(2, AuthConfig), sandboxConfig: one(3, PodSandboxConfig) }),
    response: message('PullImageResponse', { imageRef: string(1) }),
  },
  RemoveImage: { request: message('RemoveImageRequest', { image: one(1, ImageSpec) }), response: done('RemoveImageResponse') },
  ImageFsInfo: {
    request: message('ImageFsInfoRequest', {}),
    response: message('ImageFsInfoResponse', { imageFilesystems: many(1, FilesystemUsage) }),
  },
} as const;

export type PodSandboxConfig = Sent<typeof PodSandboxConfig>;
export type LinuxPodSandboxConfig = Sent<typeof LinuxPodSandboxConfig>;
export type NamespaceOption = Sent<typeof NamespaceOption>;
export type UserNamespace = Sent<typeof UserNamespace>;
export type SecurityProfile = Sent<typeof SecurityProfile>;
export type LinuxContainerResources = Sent<typeof LinuxContainerResources>;
export type LinuxContainerSecurityContext = Sent<typeof LinuxContainerSecurityContext>;
export type ContainerConfig = Sent<typeof ContainerConfig>;
export type MountConfig = Sent<typeof Mount>;
export type PortMapping = Sent<typeof PortMapping>;
export type PodSandbox = Received<typeof PodSandbox>;
export type PodSandboxStatus = Received<typeof PodSandboxStatus>;
export type Container = Received<typeof Container>;
export type ContainerStatus = Received<typeof ContainerStatus>;
export type ContainerStats = Received<typeof ContainerStats>;
export type FilesystemUsage = Received<typeof FilesystemUsage>;
export type Image = Received<typeof Image>;
export type AuthConfig = Sent<typeof AuthConfig>;
export type RuntimeCondition = Received<typeof RuntimeCondition>;
