import type { InstanceOf } from '../../meta/resource.ts';
import { quantity, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

import { nodeLabelSelectorWarnings } from '../core/node-label-warnings.ts';
import { FieldPath } from '../../meta/field-error.ts';
import { labelSelector } from '../meta/label-selector.ts';
import { capacityErrors, capacityUpdateErrors } from './csi-validation.ts';

export const CSIStorageCapacity = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity', plural: 'csistoragecapacities',
  scope: 'Namespaced', package: 'api.storage.v1',
  description: 'How much storage there is somewhere.',
  fields: {
    nodeTopology: labelSelector().tag(2).describe('The nodes that reach this storage; all if empty, none if absent.'),
    storageClassName: string().required().tag(3).describe('The StorageClass the figures hold for.'),
    capacity: quantity().tag(4).describe('How much is left.'),
    maximumVolumeSize: quantity().tag(5).describe('The largest volume that can be made.'),
  },
  columns: {
    StorageClassName: ({ storageClassName }) => storageClassName,
    Capacity: ({ capacity }) => capacity ?? '<unset>',
  },
  validate: capacityErrors,
  validateUpdate: capacityUpdateErrors,
  warnings: ({ nodeTopology }) => (nodeTopology ? [...nodeLabelSelectorWarnings(nodeTopology, FieldPath.of('nodeTopology'))] : []),
});
export type CSIStorageCapacity = InstanceOf<typeof CSIStorageCapacity>;
