import type { InstanceOf } from '../../meta/resource.ts';
import { list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { aggregationRule, policyRule } from './policy-rule.ts';

export const ClusterRole = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', plural: 'clusterroles',
  scope: 'Cluster', package: 'api.rbac.v1',
  nameRule: 'path-segment',
  fields: {
    rules: list(policyRule()).tag(2),
    aggregationRule: aggregationRule().tag(3),
  },
});
export type ClusterRole = InstanceOf<typeof ClusterRole>;
