/** Roles and who they are bound to. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems, pathSegmentProblems } from '../../meta/names.ts';
import { type Errors, labelSelectorAt, problemsAt } from '../checks.ts';
import type { AggregationRule, PolicyRule } from './policy-rule.ts';
import type { RoleRef, Subject } from './subject.ts';

export const RBAC = 'rbac.authorization.k8s.io';

function* ruleErrors(rule: PolicyRule, isNamespaced: boolean, at: FieldPath): Errors {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if (verbs.length === 0) yield required(at.child('verbs'), 'verbs must contain at least one value');
  if (nonResourceURLs.length > 0) {
    const here = at.child('nonResourceURLs');
    if (isNamespaced) yield invalid(here, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0) yield invalid(here, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs');
    return;
  }
  if (apiGroups.length === 0) yield required(at.child('apiGroups'), 'resource rules must supply at least one api group');
  if (resources.length === 0) yield required(at.child('resources'), 'resource rules must supply at least one resource');
}

export function* roleErrors({ rules }: { readonly rules: readonly PolicyRule[] | null }, at: FieldPath): Errors {
  for (const [index, rule] of (rules ?? []).entries()) yield* ruleErrors(rule, true, at.child('rules').index(index));
}

interface ClusterRoleLike {
  readonly rules: readonly PolicyRule[] | null;
  readonly aggregationRule?: AggregationRule;
}

export function* clusterRoleErrors({ rules, aggregationRule }: ClusterRoleLike, at: FieldPath): Errors {
  for (const [index, rule] of (rules ?? []).entries()) yield* ruleErrors(rule, false, at.child('rules').index(index));
  if (!aggregationRule) return;
  const here = at.child('aggregationRule').child('clusterRoleSelectors');
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) yield required(here, 'at least one clusterRoleSelector required if aggregationRule is non-nil');
  for (const [index, selector] of selectors.entries()) yield* labelSelectorAt(here.index(index), selector);
}

interface BindingLike {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

/** @param kinds of roles that may be bound */
function* bindingErrors({ roleRef, subjects = [] }: BindingLike, kinds: readonly string[], at: FieldPath): Errors {
  const here = at.child('roleRef');
  if (roleRef.apiGroup !== RBAC) yield notSupported(here.child('apiGroup'), roleRef.apiGroup, [RBAC]);
  if (!kinds.includes(roleRef.kind)) yield notSupported(here.child('kind'), roleRef.kind, kinds);
  if (!roleRef.name) yield required(here.child('name'));
  else yield* problemsAt(here.child('name'), roleRef.name, pathSegmentProblems(roleRef.name));
  for (const [index, subject] of subjects.entries()) yield* subjectErrors(subject, kinds.includes('Role'), at.child('subjects').index(index));
}

function* subjectErrors({ kind, name, namespace, apiGroup = '' }: Subject, isNamespaced: boolean, at: FieldPath): Errors {
  if (!name) yield required(at.child('name'));
  switch (kind) {
    case 'ServiceAccount':
      if (name) yield* problemsAt(at.child('name'), name, dnsSubdomainProblems(name));
      if (apiGroup !== '') yield notSupported(at.child('apiGroup'), apiGroup, ['']);
      if (!isNamespaced && !namespace) yield required(at.child('namespace'));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC) yield notSupported(at.child('apiGroup'), apiGroup, [RBAC]);
      break;
    default:
      yield notSupported(at.child('kind'), kind, ['ServiceAccount', 'User', 'Group']);
  }
}

export const roleBindingErrors = (binding: BindingLike, at: FieldPath): Errors => bindingErrors(binding, ['Role', 'ClusterRole'], at);
export const clusterRoleBindingErrors = (binding: BindingLike, at: FieldPath): Errors => bindingErrors(binding, ['ClusterRole'], at);

export function* bindingUpdateErrors({ roleRef }: BindingLike, old: BindingLike, at: FieldPath): Errors {
  if (!deepEqual(roleRef, old.roleRef)) yield invalid(at.child('roleRef'), { APIGroup: roleRef.apiGroup, Kind: roleRef.kind, Name: roleRef.name }, 'cannot change roleRef');
}
