import { boolean, int64, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { nodeSelector } from '../core/node-selector.ts';

export const capacityRequestPolicy = part(() =>
  object('api.resource.v1.CapacityRequestPolicy', {
    default: quantity().tag(1),
    validValues: list(quantity()).tag(3),
    validRange: capacityRequestPolicyRange().tag(4),
  }));
export type CapacityRequestPolicy = TypeOf<ReturnType<typeof capacityRequestPolicy>>;

export const capacityRequestPolicyRange = part(() =>
  object('api.resource.v1.CapacityRequestPolicyRange', {
    min: quantity().required().tag(1),
    max: quantity().tag(2),
    step: quantity().tag(3),
  }));
export type CapacityRequestPolicyRange = TypeOf<ReturnType<typeof capacityRequestPolicyRange>>;

export const counter = part(() =>
  object('api.resource.v1.Counter', {
    value: quantity().required().tag(1),
  }));
export type Counter = TypeOf<ReturnType<typeof counter>>;

export const counterSet = part(() =>
  object('api.resource.v1.CounterSet', {
    name: string().required().tag(1),
    counters: map(counter()).required().tag(2),
  }));
export type CounterSet = TypeOf<ReturnType<typeof counterSet>>;

export const device = part(() =>
  object('api.resource.v1.Device', {
    name: string().required().tag(1),
    attributes: map(deviceAttribute()).tag(2),
    capacity: map(deviceCapacity()).tag(3),
    consumesCounters: list(deviceCounterConsumption()).tag(4),
    nodeName: string().pointer().tag(5),
    nodeSelector: nodeSelector().tag(6),
    allNodes: boolean().pointer().tag(7),
    taints: list(deviceTaint()).tag(8),
    bindsToNode: boolean().pointer().tag(9),
    bindingConditions: list(string()).tag(10),
    bindingFailureConditions: list(string()).tag(11),
    allowMultipleAllocations: boolean().pointer().tag(12),
    nodeAllocatableResourceMappings: map(nodeAllocatableResourceMapping()).tag(13),
  }));
export type Device = TypeOf<ReturnType<typeof device>>;

export const deviceAttribute = part(() =>
  object('api.resource.v1.DeviceAttribute', {
    int: int64().pointer().tag(2),
    bool: boolean().pointer().tag(3),
    string: string().pointer().tag(4),
    version: string().pointer().tag(5),
    ints: list(int64()).tag(6),
    bools: list(boolean()).tag(7),
    strings: list(string()).tag(8),
    versions: list(string()).tag(9),
  }));
export type DeviceAttribute = TypeOf<ReturnType<typeof deviceAttribute>>;

export const deviceCapacity = part(() =>
  object('api.resource.v1.DeviceCapacity', {
    value: quantity().required().tag(1),
    requestPolicy: capacityRequestPolicy().tag(2),
  }));
export type DeviceCapacity = TypeOf<ReturnType<typeof deviceCapacity>>;

export const deviceCounterConsumption = part(() =>
  object('api.resource.v1.DeviceCounterConsumption', {
    counterSet: string().required().tag(1),
    counters: map(counter()).required().tag(2),
  }));
export type DeviceCounterConsumption = TypeOf<ReturnType<typeof deviceCounterConsumption>>;

export const deviceTaint = part(() =>
  object('api.resource.v1.DeviceTaint', {
    key: string().required().tag(1),
    value: string().tag(2),
    effect: string().required().tag(3),
    timeAdded: time().tag(4),
  }));
export type DeviceTaint = TypeOf<ReturnType<typeof deviceTaint>>;

export const nodeAllocatableResourceMapping = part(() =>
  object('api.resource.v1.NodeAllocatableResourceMapping', {
    capacityKey: string().pointer().tag(1),
    allocationMultiplier: quantity().tag(2),
  }));
export type NodeAllocatableResourceMapping = TypeOf<ReturnType<typeof nodeAllocatableResourceMapping>>;
