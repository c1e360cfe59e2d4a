import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { notSupported } from '../../meta/field-error.ts';
import { among, immutable } from '../checks.ts';
import { nodeLabelDeprecation } from '../core/node-label-warnings.ts';
import { fixedErrors, parameterErrors, provisionerErrors, topologyErrors } from './class-validation.ts';
import { type TopologySelectorTerm, topologySelectorTerm } from '../core/node-selector.ts';

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
    AllowVolumeExpansion: { type: 'string', cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false },
    Age: age,
  },
  *validate({ provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies }, at) {
    yield* provisionerErrors(at.child('provisioner'), provisioner);
    yield* parameterErrors(at.child('parameters'), parameters);
    yield* among(at.child('reclaimPolicy'), reclaimPolicy, ['Delete', 'Retain']);
    if (!BINDING_MODES.includes(volumeBindingMode)) yield notSupported(at.child('volumeBindingMode'), volumeBindingMode, BINDING_MODES);
    yield* topologyErrors(at.child('allowedTopologies'), allowedTopologies);
  },
  *validateUpdate(storage, old, at) {
    yield* fixedErrors(at, { next: storage, old }, ['parameters', 'provisioner', 'reclaimPolicy']);
    yield* immutable(at.child('volumeBindingMode'), storage.volumeBindingMode === old.volumeBindingMode, storage.volumeBindingMode);
  },
  warnings: ({ allowedTopologies }) => [...topologyWarnings(allowedTopologies)],
});
export type StorageClass = InstanceOf<typeof StorageClass>;

const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

function* topologyWarnings(terms: readonly TopologySelectorTerm[] = []): Iterable<string> {
  for (const [index, { matchLabelExpressions = [] }] of terms.entries()) {
    for (const [position, { key }] of matchLabelExpressions.entries()) {
      const why = nodeLabelDeprecation(key);
      if (why) yield `allowedTopologies[${index}].matchLabelExpressions[${position}].key: ${why}`;
    }
  }
}
