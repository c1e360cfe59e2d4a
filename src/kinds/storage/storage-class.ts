import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { topologySelectorTerm } from '../core/node-selector.ts';

export const StorageClass = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass', plural: 'storageclasses',
  short: ['sc'], scope: 'Cluster', package: 'api.storage.v1',
  fields: {
    provisioner: string().required().tag(2),
    parameters: map(string()).tag(3),
    reclaimPolicy: string().pointer().default('Delete').tag(4),
    mountOptions: list(string()).tag(5),
    allowVolumeExpansion: boolean().pointer().tag(6),
    volumeBindingMode: string().pointer().default('Immediate').tag(7),
    allowedTopologies: list(topologySelectorTerm()).tag(8),
  },
  columns: {
    Provisioner: ({ provisioner }) => provisioner,
    ReclaimPolicy: ({ reclaimPolicy }) => reclaimPolicy,
    VolumeBindingMode: ({ volumeBindingMode }) => volumeBindingMode,
    AllowVolumeExpansion: { type: 'boolean', cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false },
    Age: age,
  },
});
export type StorageClass = InstanceOf<typeof StorageClass>;
