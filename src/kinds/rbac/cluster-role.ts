import type { InstanceOf } from '../../meta/resource.ts';
import { list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';
import { aggregationRule, policyRule } from './policy-rule.ts';
import { clusterRoleErrors } from './rbac-validation.ts';

export const ClusterRole = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', plural: 'clusterroles',
  scope: 'Cluster', package: 'api.rbac.v1',
  nameRule: 'path-segment',
  fields: {
    rules: list(policyRule()).tag(2),
    aggregationRule: aggregationRule().tag(3),
  },
  columns: { 'Created At': createdAt },
  validate: clusterRoleErrors,
});
export type ClusterRole = InstanceOf<typeof ClusterRole>;
