import type { InstanceOf } from '../../meta/resource.ts';
import { any, int64 } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { NONE, age, plain } from '../cells.ts';
import { immutable } from '../checks.ts';
import { revisionErrors } from './stateful-set-validation.ts';

export const ControllerRevision = defineKind({
  group: 'apps', version: 'v1', kind: 'ControllerRevision', plural: 'controllerrevisions',
  scope: 'Namespaced', package: 'api.apps.v1',
  description: 'A saved state that a controller can go back to.',
  fields: {
    data: any('apimachinery.pkg.runtime.RawExtension').tag(2).describe('The state that was saved.'),
    revision: int64().required().tag(3).describe('Which one it is; higher is later.'),
  },
  columns: {
    Controller: ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller);
      if (!owner) return NONE;
      const [group, version] = owner.apiVersion.split('/');
      return `${owner.kind.toLowerCase()}${version === undefined ? '' : `.${group}`}/${owner.name}`;
    },
    Revision: plain(({ revision }) => revision),
    Age: age,
  },
  validate: revisionErrors,
  *validateUpdate(revision, old, at) {
    yield* immutable(at.child('data'), deepEqual(revision.data, old.data), revision.data);
  },
});
export type ControllerRevision = InstanceOf<typeof ControllerRevision>;
import { deepEqual } from '../../base/deep-equal.ts';
