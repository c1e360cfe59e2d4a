import { any, boolean, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { nodeSelector } from '../core/node-selector.ts';
import { condition } from '../meta/condition.ts';
import { deviceToleration, opaqueDeviceConfiguration } from './device-claim.ts';

export const allocatedDeviceStatus = part(() =>
  object('api.resource.v1.AllocatedDeviceStatus', {
    driver: string().required().default('').tag(1).describe('The driver that looks after the device.'),
    pool: string().required().default('').tag(2).describe('The pool it is from.'),
    device: string().required().default('').tag(3).describe('Its name in the pool.'),
    conditions: list(condition()).mapKeys('type').orNull().tag(4).describe('What is known of the object\'s state, one entry for each type.'),
    data: any('apimachinery.pkg.runtime.RawExtension').tag(5).describe('Whatever the driver says of it, a JSON object of at most 10 KiB.'),
    networkData: networkDeviceData().tag(6).describe('Its network addresses, if it is an interface.'),
    shareID: string().pointer().tag(7).describe('Which share of the device, where several claims have one.'),
  }));
export type AllocatedDeviceStatus = TypeOf<ReturnType<typeof allocatedDeviceStatus>>;

export const allocationResult = part(() =>
  object('api.resource.v1.AllocationResult', {
    devices: deviceAllocationResult().default({}).tag(1).describe('What was allocated.'),
    nodeSelector: nodeSelector().tag(3).describe('Nodes that can use all of it; any if absent.'),
    allocationTimestamp: time().tag(5).describe('When it was allocated.'),
  }));
export type AllocationResult = TypeOf<ReturnType<typeof allocationResult>>;

export const deviceAllocationConfiguration = part(() =>
  object('api.resource.v1.DeviceAllocationConfiguration', {
    source: string().required().default('').tag(1).describe('FromClass or FromClaim: who asked for it.'),
    requests: list(string()).tag(2).describe('Which requests it is for; all unless named.'),
    opaque: opaqueDeviceConfiguration().within(3).tag(1).describe('Parameters only the driver understands.'),
  }));
export type DeviceAllocationConfiguration = TypeOf<ReturnType<typeof deviceAllocationConfiguration>>;

export const deviceAllocationResult = part(() =>
  object('api.resource.v1.DeviceAllocationResult', {
    results: list(deviceRequestAllocationResult()).tag(1).describe('The devices, one entry each.'),
    config: list(deviceAllocationConfiguration()).tag(2).describe('Their configuration, that of classes first.'),
  }));
export type DeviceAllocationResult = TypeOf<ReturnType<typeof deviceAllocationResult>>;

export const deviceRequestAllocationResult = part(() =>
  object('api.resource.v1.DeviceRequestAllocationResult', {
    request: string().required().default('').tag(1).describe('The request it satisfies, or `request/alternative`.'),
    driver: string().required().default('').tag(2).describe('The driver that prepares it.'),
    pool: string().required().default('').tag(3).describe('The pool it is from.'),
    device: string().required().default('').tag(4).describe('Its name in the pool.'),
    adminAccess: boolean().pointer().tag(5).describe('Whether it is for watching over the device, beside whoever uses it.'),
    tolerations: list(deviceToleration()).tag(6).describe('Taints of the device that were put up with.'),
    bindingConditions: list(string()).tag(7).describe('What must become true of the device before its pod is bound.'),
    bindingFailureConditions: list(string()).tag(8).describe('What, once true of the device, makes the pod look elsewhere.'),
    shareID: string().pointer().tag(9).describe('Which share of the device it is.'),
    consumedCapacity: map(quantity()).tag(10).describe('How much of the device\'s capacity it takes.'),
  }));
export type DeviceRequestAllocationResult = TypeOf<ReturnType<typeof deviceRequestAllocationResult>>;

export const networkDeviceData = part(() =>
  object('api.resource.v1.NetworkDeviceData', {
    interfaceName: string().tag(1).describe('The interface, as the pod sees it.'),
    ips: list(string()).tag(2).describe('Its addresses with their prefixes, as 192.0.2.5/24.'),
    hardwareAddress: string().tag(3).describe('Its MAC address, say.'),
  }));
export type NetworkDeviceData = TypeOf<ReturnType<typeof networkDeviceData>>;

export const resourceClaimConsumerReference = part(() =>
  object('api.resource.v1.ResourceClaimConsumerReference', {
    apiGroup: string().tag(1).describe('The consumer\'s group; empty for the core.'),
    resource: string().required().default('').tag(3).describe('Its resource, such as pods.'),
    name: string().required().default('').tag(4).describe('Its name.'),
    uid: string().required().default('').tag(5).describe('Which object of that name.'),
  }));
export type ResourceClaimConsumerReference = TypeOf<ReturnType<typeof resourceClaimConsumerReference>>;

export const resourceClaimStatus = part(() =>
  object('api.resource.v1.ResourceClaimStatus', {
    allocation: allocationResult().tag(1).describe('What was given to the claim; once set it stays until taken back whole.'),
    reservedFor: list(resourceClaimConsumerReference()).keyedBy('uid').tag(2).describe('Who may use it; at most 256.'),
    devices: list(allocatedDeviceStatus()).mapKeys('driver', 'device', 'pool', 'shareID').tag(4).describe('What drivers say of the devices.'),
  }));
export type ResourceClaimStatus = TypeOf<ReturnType<typeof resourceClaimStatus>>;
