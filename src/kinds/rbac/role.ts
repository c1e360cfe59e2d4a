import type { InstanceOf } from '../../meta/resource.ts';
import { list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';
import { policyRule } from './policy-rule.ts';
import { roleErrors } from './rbac-validation.ts';

export const Role = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', plural: 'roles',
  scope: 'Namespaced', package: 'api.rbac.v1',
  description: 'What is allowed in a namespace.',
  nameRule: 'path-segment',
  fields: {
    rules: list(policyRule()).orNull().tag(2).describe('What the role allows.'),
  },
  columns: { 'Created At': createdAt },
  validate: roleErrors,
});
export type Role = InstanceOf<typeof Role>;
