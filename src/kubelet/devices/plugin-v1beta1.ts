/** The device plugin API: what plugins and kubelet say to each other (k8s.io/kubelet, pkg/apis/deviceplugin/v1beta1/api.proto). */
import { bool, int32, int64, many, message, one, string, stringMap, strings } from '../grpc/message.ts';
import type { Received, Sent } from '../grpc/message.ts';

export const VERSION = 'v1beta1';
/** The socket plugins register at, in the directory of plugins' sockets. */
export const KUBELET_SOCKET = 'kubelet.sock';
export const HEALTHY = 'Healthy';

const Empty = message('Empty', {});
const DevicePluginOptions = message('DevicePluginOptions', { preStartRequired: bool(1), getPreferredAllocationAvailable: bool(2) });
const NUMANode = message('NUMANode', { ID: int64(1) });
const Device = message('Device', { ID: string(1), health: string(2), topology: one(3, message('TopologyInfo', { nodes: many(1, NUMANode) })) });
const Mount = message('Mount', { containerPath: string(1), hostPath: string(2), readOnly: bool(3) });
const DeviceSpec = message('DeviceSpec', { containerPath: string(1), hostPath: string(2), permissions: string(3) });
const CDIDevice = message('CDIDevice', { name: string(1) });
export const ContainerAllocateResponse = message('ContainerAllocateResponse', {
  envs: stringMap(1), mounts: many(2, Mount), devices: many(3, DeviceSpec), annotations: stringMap(4), cdiDevices: many(5, CDIDevice),
});

export const Registration = {
  Register: { request: message('RegisterRequest', { version: string(1), endpoint: string(2), resourceName: string(3), options: one(4, DevicePluginOptions) }), response: Empty },
} as const;

export const DevicePlugin = {
  GetDevicePluginOptions: { request: Empty, response: DevicePluginOptions },
  ListAndWatch: { request: Empty, response: message('ListAndWatchResponse', { devices: many(1, Device) }), stream: true },
  GetPreferredAllocation: {
    request: message('PreferredAllocationRequest', {
      containerRequests: many(1, message('ContainerPreferredAllocationRequest', { availableDeviceIDs: strings(1), mustIncludeDeviceIDs: strings(2), allocationSize: int32(3) })),
    }),
    response: message('PreferredAllocationResponse', { containerResponses: many(1, message('ContainerPreferredAllocationResponse', { deviceIDs: strings(1) })) }),
  },
  Allocate: {
    request: message('AllocateRequest', { containerRequests: many(1, message('ContainerAllocateRequest', { devicesIds: strings(1) })) }),
    response: message('AllocateResponse', { containerResponses: many(1, ContainerAllocateResponse) }),
  },
  PreStartContainer: { request: message('PreStartContainerRequest', { devicesIds: strings(1) }), response: message('PreStartContainerResponse', {}) },
} as const;

export type PluginOptions = Received<typeof DevicePluginOptions>;
export type DeviceGrant = Sent<typeof ContainerAllocateResponse>;
