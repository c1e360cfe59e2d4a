import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';

export const csiNodeDriver = part(() =>
  object('api.storage.v1.CSINodeDriver', {
    name: string().required().tag(1),
    nodeID: string().required().tag(2),
    topologyKeys: list(string()).tag(3),
    allocatable: volumeNodeResources().tag(4),
  }));
export type CSINodeDriver = TypeOf<ReturnType<typeof csiNodeDriver>>;

export const csiNodeSpec = part(() =>
  object('api.storage.v1.CSINodeSpec', {
    drivers: list(csiNodeDriver()).keyedBy('name').required().tag(1),
  }));
export type CSINodeSpec = TypeOf<ReturnType<typeof csiNodeSpec>>;

export const volumeNodeResources = part(() =>
  object('api.storage.v1.VolumeNodeResources', {
    count: int32().pointer().tag(1),
  }));
export type VolumeNodeResources = TypeOf<ReturnType<typeof volumeNodeResources>>;

export const CSINode = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSINode', plural: 'csinodes',
  scope: 'Cluster', package: 'api.storage.v1',
  description: 'Storage drivers on a node.',
  spec: csiNodeSpec().required(),
  columns: { Drivers: integer(({ spec }) => spec.drivers.length), Age: age },
});
export type CSINode = InstanceOf<typeof CSINode>;
