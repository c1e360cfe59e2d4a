import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { bindingErrors } from './pod-update.ts';
import { objectReference } from './references.ts';

export const Binding = defineKind({
  group: '', version: 'v1', kind: 'Binding', plural: 'bindings',
  scope: 'Namespaced', package: 'api.core.v1',
  description: 'Assigns a pod to a node.',
  verbs: ['create'],
  fields: {
    target: objectReference().required().default({}).tag(2).describe('The node the pod is bound to.'),
  },
  validate: bindingErrors,
});
export type Binding = InstanceOf<typeof Binding>;
