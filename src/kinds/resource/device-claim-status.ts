import { any, boolean, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { nodeSelector } from '../core/node-selector.ts';
import { condition } from '../meta/condition.ts';
import { deviceToleration, opaqueDeviceConfiguration } from './device-claim.ts';

export const allocatedDeviceStatus = part(() =>
  object('api.resource.v1.AllocatedDeviceStatus', {
    driver: string().required().default('').tag(1),
    pool: string().required().default('').tag(2),
    device: string().required().default('').tag(3),
    conditions: list(condition()).mapKeys('type').tag(4).describe('What is known of the object\'s state, one entry for each type.'),
    data: any('apimachinery.pkg.runtime.RawExtension').tag(5),
    networkData: networkDeviceData().tag(6),
    shareID: string().pointer().tag(7),
  }));
export type AllocatedDeviceStatus = TypeOf<ReturnType<typeof allocatedDeviceStatus>>;

export const allocationResult = part(() =>
  object('api.resource.v1.AllocationResult', {
    devices: deviceAllocationResult().default({}).tag(1),
    nodeSelector: nodeSelector().tag(3),
    allocationTimestamp: time().tag(5),
  }));
export type AllocationResult = TypeOf<ReturnType<typeof allocationResult>>;

export const deviceAllocationConfiguration = part(() =>
  object('api.resource.v1.DeviceAllocationConfiguration', {
    source: string().required().default('').tag(1),
    requests: list(string()).tag(2),
    opaque: opaqueDeviceConfiguration().within(3).tag(1),
  }));
export type DeviceAllocationConfiguration = TypeOf<ReturnType<typeof deviceAllocationConfiguration>>;

export const deviceAllocationResult = part(() =>
  object('api.resource.v1.DeviceAllocationResult', {
    results: list(deviceRequestAllocationResult()).tag(1),
    config: list(deviceAllocationConfiguration()).tag(2),
  }));
export type DeviceAllocationResult = TypeOf<ReturnType<typeof deviceAllocationResult>>;

export const deviceRequestAllocationResult = part(() =>
  object('api.resource.v1.DeviceRequestAllocationResult', {
    request: string().required().default('').tag(1),
    driver: string().required().default('').tag(2),
    pool: string().required().default('').tag(3),
    device: string().required().default('').tag(4),
    adminAccess: boolean().pointer().tag(5),
    tolerations: list(deviceToleration()).tag(6),
    bindingConditions: list(string()).tag(7),
    bindingFailureConditions: list(string()).tag(8),
    shareID: string().pointer().tag(9),
    consumedCapacity: map(quantity()).tag(10),
  }));
export type DeviceRequestAllocationResult = TypeOf<ReturnType<typeof deviceRequestAllocationResult>>;

export const networkDeviceData = part(() =>
  object('api.resource.v1.NetworkDeviceData', {
    interfaceName: string().tag(1),
    ips: list(string()).tag(2),
    hardwareAddress: string().tag(3),
  }));
export type NetworkDeviceData = TypeOf<ReturnType<typeof networkDeviceData>>;

export const resourceClaimConsumerReference = part(() =>
  object('api.resource.v1.ResourceClaimConsumerReference', {
    apiGroup: string().tag(1),
    resource: string().required().default('').tag(3),
    name: string().required().default('').tag(4),
    uid: string().required().default('').tag(5),
  }));
export type ResourceClaimConsumerReference = TypeOf<ReturnType<typeof resourceClaimConsumerReference>>;

export const resourceClaimStatus = part(() =>
  object('api.resource.v1.ResourceClaimStatus', {
    allocation: allocationResult().tag(1),
    reservedFor: list(resourceClaimConsumerReference()).keyedBy('uid').tag(2),
    devices: list(allocatedDeviceStatus()).mapKeys('driver', 'device', 'pool', 'shareID').tag(4),
  }));
export type ResourceClaimStatus = TypeOf<ReturnType<typeof resourceClaimStatus>>;
