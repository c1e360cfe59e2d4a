import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const aggregationRule = part(() =>
  object('api.rbac.v1.AggregationRule', {
    clusterRoleSelectors: list(labelSelector()).tag(1),
  }));
export type AggregationRule = TypeOf<ReturnType<typeof aggregationRule>>;

export const policyRule = part(() =>
  object('api.rbac.v1.PolicyRule', {
    verbs: list(string()).required().tag(1),
    apiGroups: list(string()).tag(2),
    resources: list(string()).tag(3),
    resourceNames: list(string()).tag(4),
    nonResourceURLs: list(string()).tag(5),
  }));
export type PolicyRule = TypeOf<ReturnType<typeof policyRule>>;
