import type { InstanceOf } from '../../meta/resource.ts';
import { list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';
import { aggregationRule, policyRule } from './policy-rule.ts';
import { clusterRoleErrors } from './rbac-validation.ts';

export const ClusterRole = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', plural: 'clusterroles',
  scope: 'Cluster', package: 'api.rbac.v1',
  description: 'What is allowed in the whole cluster.',
  nameRule: 'path-segment',
  fields: {
    rules: list(policyRule()).orNull().tag(2).describe('What the role allows; filled in by the controller if it is aggregated.'),
    aggregationRule: aggregationRule().tag(3).describe('Gathers the rules of other cluster roles.'),
  },
  columns: { 'Created At': createdAt },
  validate: clusterRoleErrors,
});
export type ClusterRole = InstanceOf<typeof ClusterRole>;
