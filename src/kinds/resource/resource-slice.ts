import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { nodeSelector } from '../core/node-selector.ts';
import { counterSet, device } from './device.ts';

export const resourcePool = part(() =>
  object('api.resource.v1.ResourcePool', {
    name: string().required().tag(1),
    generation: int64().required().tag(2),
    resourceSliceCount: int64().required().tag(3),
  }));
export type ResourcePool = TypeOf<ReturnType<typeof resourcePool>>;

export const resourceSliceSpec = part(() =>
  object('api.resource.v1.ResourceSliceSpec', {
    driver: string().required().tag(1),
    pool: resourcePool().required().default({}).tag(2),
    nodeName: string().pointer().tag(3),
    nodeSelector: nodeSelector().tag(4),
    allNodes: boolean().pointer().tag(5),
    devices: list(device()).tag(6),
    perDeviceNodeSelection: boolean().pointer().tag(7),
    sharedCounters: list(counterSet()).tag(8),
  }));
export type ResourceSliceSpec = TypeOf<ReturnType<typeof resourceSliceSpec>>;

export const ResourceSlice = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice', plural: 'resourceslices',
  scope: 'Cluster', package: 'api.resource.v1',
  description: 'Devices a driver offers.',
  spec: resourceSliceSpec().required(),
});
export type ResourceSlice = InstanceOf<typeof ResourceSlice>;
