import { deepEqual } from '../../base/deep-equal.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';
import { defineController, watchOf, type Controller } from '../runtime/index.ts';

type Rule = NonNullable<ClusterRole['rules']>[number];

/** Fills ClusterRoles that are made of others: `admin`, `edit`, `view` and those of users. */
export const clusterRoleAggregationController: Controller = defineController({
  name: 'clusterrole-aggregation',
  for: ClusterRole,
  watches: [watchOf(ClusterRole, (role, cache, old) =>
    cache.list(ClusterRole).filter((one) => selects(one, role) || (old !== undefined && selects(one, old))).map(({ metadata }) => metadata.name))],

  async reconcile(role, { cache, client }) {
    if (!role.aggregationRule) return;
    const rules = aggregated(role, cache.list(ClusterRole));
    if (!deepEqual(role.rules ?? [], rules)) await client.update(ClusterRole, { ...role, rules });
  },
});

const selects = ({ aggregationRule, metadata }: ClusterRole, other: ClusterRole): boolean =>
  metadata.name !== other.metadata.name &&
  (aggregationRule?.clusterRoleSelectors ?? []).some((selector) => matchesLabelSelector(selector, other.metadata.labels));

/** Every selected role's rules, selector by selector, roles by name, each rule once. */
export function aggregated(role: ClusterRole, all: readonly ClusterRole[]): readonly Rule[] {
  const rules: Rule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const chosen = all.filter(({ metadata }) => metadata.name !== role.metadata.name && matchesLabelSelector(selector, metadata.labels));
    for (const one of chosen.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
      for (const rule of one.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
