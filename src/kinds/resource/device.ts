import { boolean, int64, list, map, object, part, quantity, string, time, type TypeOf } from '../../schema/field.ts';
import { nodeSelector } from '../core/node-selector.ts';

export const capacityRequestPolicy = part(() =>
  object('api.resource.v1.CapacityRequestPolicy', {
    default: quantity().orNull().tag(1).describe('What a claim takes that does not say how much.'),
    validValues: list(quantity()).tag(3).describe('Amounts that can be asked for, ascending.'),
    validRange: capacityRequestPolicyRange().tag(4).describe('The range of amounts that can be asked for.'),
  }));
export type CapacityRequestPolicy = TypeOf<ReturnType<typeof capacityRequestPolicy>>;

export const capacityRequestPolicyRange = part(() =>
  object('api.resource.v1.CapacityRequestPolicyRange', {
    min: quantity().required().tag(1).describe('The least.'),
    max: quantity().tag(2).describe('The most.'),
    step: quantity().tag(3).describe('How far apart amounts are, counted from the least.'),
  }));
export type CapacityRequestPolicyRange = TypeOf<ReturnType<typeof capacityRequestPolicyRange>>;

export const counter = part(() =>
  object('api.resource.v1.Counter', {
    value: quantity().required().tag(1).describe('How much there is.'),
  }));
export type Counter = TypeOf<ReturnType<typeof counter>>;

export const counterSet = part(() =>
  object('api.resource.v1.CounterSet', {
    name: string().required().tag(1).describe('A DNS label, unique in the pool.'),
    counters: map(counter()).required().tag(2).describe('What can be used up, by name.'),
  }));
export type CounterSet = TypeOf<ReturnType<typeof counterSet>>;

export const device = part(() =>
  object('api.resource.v1.Device', {
    name: string().required().tag(1).describe('A DNS label, unique in the pool.'),
    attributes: map(deviceAttribute()).tag(2).describe('What it is like, by `name` or `domain/name`.'),
    capacity: map(deviceCapacity()).tag(3).describe('How much it has of what.'),
    consumesCounters: list(deviceCounterConsumption()).tag(4).describe('What it takes of counters that devices share.'),
    nodeName: string().pointer().tag(5).describe('The node it is on, where each device says so itself.'),
    nodeSelector: nodeSelector().tag(6).describe('The nodes that can use it, where each device says so itself.'),
    allNodes: boolean().pointer().tag(7).describe('Whether every node can use it, where each device says so itself.'),
    taints: list(deviceTaint()).tag(8).describe('What keeps claims off it.'),
    bindsToNode: boolean().pointer().tag(9).describe('Whether its allocation ties the claim to the node chosen.'),
    bindingConditions: list(string()).tag(10).describe('What must become true before a pod that uses it is bound.'),
    bindingFailureConditions: list(string()).tag(11).describe('What, once true, makes the pod look elsewhere.'),
    allowMultipleAllocations: boolean().pointer().tag(12).describe('Whether several claims may share it.'),
    nodeAllocatableResourceMappings: map(nodeAllocatableResourceMapping()).tag(13).describe('What it takes of the node\'s own resources.'),
  }));
export type Device = TypeOf<ReturnType<typeof device>>;

export const deviceAttribute = part(() =>
  object('api.resource.v1.DeviceAttribute', {
    int: int64().pointer().tag(2).describe('A whole number.'),
    bool: boolean().pointer().tag(3).describe('True or false.'),
    string: string().pointer().tag(4).describe('A text of at most 64 characters.'),
    version: string().pointer().tag(5).describe('A semantic version.'),
    ints: list(int64()).tag(6).describe('Several whole numbers.'),
    bools: list(boolean()).tag(7).describe('Several truths.'),
    strings: list(string()).tag(8).describe('Several texts.'),
    versions: list(string()).tag(9).describe('Several versions.'),
  }));
export type DeviceAttribute = TypeOf<ReturnType<typeof deviceAttribute>>;

export const deviceCapacity = part(() =>
  object('api.resource.v1.DeviceCapacity', {
    value: quantity().required().tag(1).describe('How much there is.'),
    requestPolicy: capacityRequestPolicy().tag(2).describe('Which parts of it can be asked for, where claims share the device.'),
  }));
export type DeviceCapacity = TypeOf<ReturnType<typeof deviceCapacity>>;

export const deviceCounterConsumption = part(() =>
  object('api.resource.v1.DeviceCounterConsumption', {
    counterSet: string().required().tag(1).describe('The set of counters.'),
    counters: map(counter()).required().tag(2).describe('How much is taken of each.'),
  }));
export type DeviceCounterConsumption = TypeOf<ReturnType<typeof deviceCounterConsumption>>;

export const deviceTaint = part(() =>
  object('api.resource.v1.DeviceTaint', {
    key: string().required().tag(1).describe('A label key.'),
    value: string().tag(2).describe('A label value.'),
    effect: string().required().tag(3).describe('NoSchedule, or NoExecute which also evicts; None only informs.'),
    timeAdded: time().tag(4).describe('When it was put on.'),
  }));
export type DeviceTaint = TypeOf<ReturnType<typeof deviceTaint>>;

export const nodeAllocatableResourceMapping = part(() =>
  object('api.resource.v1.NodeAllocatableResourceMapping', {
    capacityKey: string().pointer().tag(1).describe('The capacity of the device it is reckoned from.'),
    allocationMultiplier: quantity().tag(2).describe('By what that is multiplied.'),
  }));
export type NodeAllocatableResourceMapping = TypeOf<ReturnType<typeof nodeAllocatableResourceMapping>>;
