import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { deleteOptions } from '../meta/delete-options.ts';

export const Eviction = defineKind({
  group: 'policy', version: 'v1', kind: 'Eviction', plural: 'evictions',
  scope: 'Namespaced', package: 'api.policy.v1',
  description: 'Asks for a pod to be deleted if its budget allows.',
  verbs: [],
  fields: {
    deleteOptions: deleteOptions().tag(2).describe('How the pod is deleted.'),
  },
});
export type Eviction = InstanceOf<typeof Eviction>;
