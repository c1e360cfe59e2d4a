import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const aggregationRule = part(() =>
  object('api.rbac.v1.AggregationRule', {
    clusterRoleSelectors: list(labelSelector()).tag(1).describe('Cluster roles whose rules are gathered into this one.'),
  }));
export type AggregationRule = TypeOf<ReturnType<typeof aggregationRule>>;

export const policyRule = part(() =>
  object('api.rbac.v1.PolicyRule', {
    verbs: list(string()).required().tag(1).describe('What may be done: get, list, watch, create, update, patch, delete, deletecollection and others; * for all.'),
    apiGroups: list(string()).tag(2).describe('Groups of the resources; "" is core, * all.'),
    resources: list(string()).tag(3).describe('The resources, also pods/log and the like; * for all.'),
    resourceNames: list(string()).tag(4).describe('Only objects of these names; all unless said.'),
    nonResourceURLs: list(string()).tag(5).describe('Paths outside the API\'s resources, for cluster roles; a * may end one.'),
  }));
export type PolicyRule = TypeOf<ReturnType<typeof policyRule>>;
