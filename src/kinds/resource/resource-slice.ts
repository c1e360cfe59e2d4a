import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { mapItems, withFields } from '../change.ts';
import { nodeSelector } from '../core/node-selector.ts';
import { counterSet, type Device, device, type DeviceAttribute } from './device.ts';
import { sliceErrors, sliceUpdateErrors } from './slice-validation.ts';

export const resourcePool = part(() =>
  object('api.resource.v1.ResourcePool', {
    name: string().required().tag(1).describe('Unique to the driver; often the node\'s name.'),
    generation: int64().required().tag(2).describe('Grows whenever the pool changes; slices of older generations do not count.'),
    resourceSliceCount: int64().required().tag(3).describe('How many slices make up this generation.'),
  }));
export type ResourcePool = TypeOf<ReturnType<typeof resourcePool>>;

export const resourceSliceSpec = part(() =>
  object('api.resource.v1.ResourceSliceSpec', {
    driver: string().required().tag(1).describe('The driver that offers the devices.'),
    pool: resourcePool().required().default({}).tag(2).describe('The pool the slice is a part of.'),
    nodeName: string().pointer().tag(3).describe('The one node that can use them.'),
    nodeSelector: nodeSelector().tag(4).describe('The nodes that can use them.'),
    allNodes: boolean().pointer().tag(5).describe('Whether every node can use them.'),
    devices: list(device()).tag(6).describe('The devices, or some of the pool\'s.'),
    perDeviceNodeSelection: boolean().pointer().tag(7).describe('Whether each device says which nodes can use it.'),
    sharedCounters: list(counterSet()).tag(8).describe('Counters that devices of the pool share.'),
  }));
export type ResourceSliceSpec = TypeOf<ReturnType<typeof resourceSliceSpec>>;

export const ResourceSlice = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice', plural: 'resourceslices',
  scope: 'Cluster', package: 'api.resource.v1',
  description: 'Devices a driver offers.',
  spec: resourceSliceSpec().required(),
  columns: {
    Node: ({ spec }) => spec.nodeName ?? '',
    Driver: ({ spec }) => spec.driver,
    Pool: ({ spec }) => spec.pool.name,
    Age: age,
  },
  fieldSelectors: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
  prepareForCreate: (slice) => withFields(slice, { spec: withoutGated(slice.spec) }),
  prepareForUpdate: (slice) => withFields(slice, { spec: withoutGated(slice.spec) }),
  validate: sliceErrors,
  validateUpdate: sliceUpdateErrors,
  warnings: ({ spec: { driver } }) =>
    (driver === driver.toLowerCase() ? [] : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]),
});
export type ResourceSlice = InstanceOf<typeof ResourceSlice>;

/** Without what stands behind DRAListTypeAttributes and DRANodeAllocatableResources, which are off. */
const withoutGated = (spec: ResourceSliceSpec): ResourceSliceSpec =>
  spec.devices ? withFields(spec, { devices: mapItems(spec.devices, deviceWithoutGated) }) : spec;

const LISTS = { ints: undefined, bools: undefined, strings: undefined, versions: undefined };

function deviceWithoutGated(one: Device): Device {
  const attributes = Object.entries(one.attributes ?? {});
  const kept = attributes.map(([name, attribute]): [string, DeviceAttribute] => [name, withFields(attribute, LISTS)]);
  const changed = kept.some(([, attribute], position) => attribute !== attributes[position]![1]);
  return withFields(one, { nodeAllocatableResourceMappings: undefined, ...(changed && { attributes: Object.fromEntries(kept) }) });
}
