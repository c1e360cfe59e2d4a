import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { among, immutable, problemsAt } from '../checks.ts';
import { topologySelectorTerm } from '../core/node-selector.ts';

export const StorageClass = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass', plural: 'storageclasses',
  short: ['sc'], scope: 'Cluster', package: 'api.storage.v1',
  description: 'A sort of storage and who makes it.',
  fields: {
    provisioner: string().required().tag(2).describe('Who makes the volumes.'),
    parameters: map(string()).tag(3).describe('Passed to the provisioner.'),
    reclaimPolicy: string().pointer().default('Delete').tag(4).describe('What becomes of a volume when its claim is gone: Delete or Retain.'),
    mountOptions: list(string()).tag(5).describe('Options its volumes are mounted with.'),
    allowVolumeExpansion: boolean().pointer().tag(6).describe('Whether claims may grow.'),
    volumeBindingMode: string().pointer().default('Immediate').tag(7).describe('Immediate, or WaitForFirstConsumer to choose the volume with the node of the first pod.'),
    allowedTopologies: list(topologySelectorTerm()).tag(8).describe('Where volumes may be made.'),
  },
  columns: {
    Provisioner: ({ provisioner }) => provisioner,
    ReclaimPolicy: ({ reclaimPolicy }) => reclaimPolicy,
    VolumeBindingMode: ({ volumeBindingMode }) => volumeBindingMode,
    AllowVolumeExpansion: { type: 'boolean', cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false },
    Age: age,
  },
  *validate({ provisioner, reclaimPolicy, volumeBindingMode }, at) {
    if (provisioner) yield* problemsAt(at.child('provisioner'), provisioner, qualifiedNameProblems(provisioner.toLowerCase()));
    yield* among(at.child('reclaimPolicy'), reclaimPolicy, ['Delete', 'Retain']);
    yield* among(at.child('volumeBindingMode'), volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']);
  },
  *validateUpdate(storage, old, at) {
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
      if (!deepEqual(storage[field], old[field])) yield forbidden(at.child(field), `updates to ${field} are forbidden.`);
    }
    yield* immutable(at.child('volumeBindingMode'), storage.volumeBindingMode === old.volumeBindingMode, storage.volumeBindingMode);
  },
});
export type StorageClass = InstanceOf<typeof StorageClass>;
import { forbidden } from '../../meta/field-error.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
