/**
 * What kubelet and drivers of dynamic resources say to each other (k8s.io/kubelet, pkg/apis/pluginregistration/v1 and
 * pkg/apis/dra/v1 and v1beta1, api.proto). The two versions differ in their name alone.
 */
import { bool, mapOf, many, message, string, strings } from '../grpc/message.ts';
import type { Received } from '../grpc/message.ts';

export const Registration = {
  GetInfo: {
    request: message('InfoRequest', {}),
    response: message('PluginInfo', { type: string(1), name: string(2), endpoint: string(3), supportedVersions: strings(4) }),
  },
  NotifyRegistrationStatus: {
    request: message('RegistrationStatus', { pluginRegistered: bool(1), error: string(2) }),
    response: message('RegistrationStatusResponse', {}),
  },
} as const;
export const REGISTRATION_PACKAGE = 'pluginregistration';

const Claim = message('Claim', { namespace: string(1), uid: string(2), name: string(3) });
const Device = message('Device', { requestNames: strings(1), poolName: string(2), deviceName: string(3), cdiDeviceIds: strings(4), shareId: string(5) });

export const DRAPlugin = {
  NodePrepareResources: {
    request: message('NodePrepareResourcesRequest', { claims: many(1, Claim) }),
    response: message('NodePrepareResourcesResponse', { claims: mapOf(1, message('NodePrepareResourceResponse', { devices: many(1, Device), error: string(2) })) }),
  },
  NodeUnprepareResources: {
    request: message('NodeUnprepareResourcesRequest', { claims: many(1, Claim) }),
    response: message('NodeUnprepareResourcesResponse', { claims: mapOf(1, message('NodeUnprepareResourceResponse', { error: string(1) })) }),
  },
} as const;

/** What a driver says that it speaks, the one to be preferred first, and the package that is. */
export const DRA_VERSIONS = [
  ['v1.DRAPlugin', 'k8s.io.kubelet.pkg.apis.dra.v1'], ['v1beta1.DRAPlugin', 'k8s.io.kubelet.pkg.apis.dra.v1beta1'],
] as const;

export type PluginInfo = Received<(typeof Registration)['GetInfo']['response']>;
export type ClaimRef = Received<typeof Claim>;
export type PreparedDevice = Received<typeof Device>;
