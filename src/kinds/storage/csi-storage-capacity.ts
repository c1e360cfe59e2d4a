import type { InstanceOf } from '../../meta/resource.ts';
import { quantity, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const CSIStorageCapacity = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity', plural: 'csistoragecapacities',
  scope: 'Namespaced', package: 'api.storage.v1',
  description: 'How much storage there is somewhere.',
  fields: {
    nodeTopology: labelSelector().tag(2),
    storageClassName: string().required().tag(3),
    capacity: quantity().tag(4),
    maximumVolumeSize: quantity().tag(5),
  },
  columns: {
    StorageClassName: ({ storageClassName }) => storageClassName,
    Capacity: ({ capacity }) => capacity ?? '<unset>',
    Age: age,
  },
});
export type CSIStorageCapacity = InstanceOf<typeof CSIStorageCapacity>;
