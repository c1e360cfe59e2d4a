import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { csiNodeErrors, csiNodeUpdateErrors } from './csi-validation.ts';

export const csiNodeDriver = part(() =>
  object('api.storage.v1.CSINodeDriver', {
    name: string().required().tag(1).describe('The driver.'),
    nodeID: string().required().tag(2).describe('What the driver calls this node.'),
    topologyKeys: list(string()).orNull().tag(3).describe('Labels of the node that the driver tells places apart by.'),
    allocatable: volumeNodeResources().tag(4).describe('How much of the driver the node can use.'),
  }));
export type CSINodeDriver = TypeOf<ReturnType<typeof csiNodeDriver>>;

export const csiNodeSpec = part(() =>
  object('api.storage.v1.CSINodeSpec', {
    drivers: list(csiNodeDriver()).keyedBy('name').mayBeEmpty().orNull().tag(1).describe('The drivers installed, one entry each.'),
  }));
export type CSINodeSpec = TypeOf<ReturnType<typeof csiNodeSpec>>;

export const volumeNodeResources = part(() =>
  object('api.storage.v1.VolumeNodeResources', {
    count: int32().pointer().tag(1).describe('Volumes that may be in use at once; no limit unless said.'),
  }));
export type VolumeNodeResources = TypeOf<ReturnType<typeof volumeNodeResources>>;

export const CSINode = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSINode', plural: 'csinodes',
  scope: 'Cluster', package: 'api.storage.v1',
  description: 'Storage drivers on a node.',
  spec: csiNodeSpec().required(),
  columns: { Drivers: integer(({ spec }) => spec.drivers?.length ?? 0), Age: age },
  validate: csiNodeErrors,
  validateUpdate: csiNodeUpdateErrors,
});
export type CSINode = InstanceOf<typeof CSINode>;
