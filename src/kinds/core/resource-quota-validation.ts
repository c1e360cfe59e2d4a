/** What a quota may count, and for which objects. */
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { type Errors, FIELD_IMMUTABLE, NEGATIVE } from '../checks.ts';
import type { ResourceQuotaSpec, ResourceQuotaStatus } from './resource-quota.ts';
import { anyResourceNameErrors, isExtended, isHugePages } from './resource-validation.ts';
import type { ScopedResourceSelectorRequirement } from './scope-selector.ts';

const COMPUTE = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const COUNTS = [
  'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers',
];
const STANDARD = new Set([...COMPUTE, ...COUNTS, 'ephemeral-storage', 'requests.storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage']);

const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith('requests.hugepages-');
const isStandard = (name: string): boolean => STANDARD.has(name) || isQuotaHugePages(name);

const OF_PODS = ['pods', ...COMPUTE];
/** Each scope, and what of Kubernetes' own resources it can narrow. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  Terminating: OF_PODS,
  NotTerminating: OF_PODS,
  BestEffort: ['pods'],
  NotBestEffort: OF_PODS,
  PriorityClass: OF_PODS,
  CrossNamespacePodAffinity: OF_PODS,
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
};
/** Scopes that are so or not so; there is nothing to choose among. */
const PLAIN_SCOPES = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const EXCLUDING = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const;

export function* resourceQuotaErrors({ spec }: { readonly spec: ResourceQuotaSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* amountsErrors(spec.hard, here.child('hard'));
  yield* scopesErrors(spec, here.child('scopes'));
  if (spec.scopeSelector) yield* selectorErrors(spec, spec.scopeSelector.matchExpressions ?? [], here.child('scopeSelector').child('matchExpressions'));
}

export function* resourceQuotaUpdateErrors({ spec }: { readonly spec: ResourceQuotaSpec }, old: { readonly spec: ResourceQuotaSpec }, at: FieldPath): Errors {
  const [now, before] = [new Set(spec.scopes), new Set(old.spec.scopes)];
  if (now.size !== before.size || [...now].some((scope) => !before.has(scope))) yield invalid(at.child('spec').child('scopes'), spec.scopes ?? null, FIELD_IMMUTABLE);
}

/** Also right after creation, when it is empty. */
export function* quotaStatusErrors({ hard, used }: ResourceQuotaStatus, at: FieldPath): Errors {
  yield* amountsErrors(hard, at.child('hard'));
  yield* amountsErrors(used, at.child('used'));
}

function* amountsErrors(amounts: Readonly<Record<string, string>> = {}, at: FieldPath): Errors {
  for (const [name, amount] of Object.entries(amounts)) {
    const here = at.key(name);
    yield* anyResourceNameErrors(name, here);
    if (!name.includes('/') && !isStandard(name)) yield invalid(here, name, 'must be a standard resource for quota');
    const { nanos } = parseQuantity(amount);
    if (nanos < 0n) yield invalid(here, amount, NEGATIVE);
    if ((COUNTS.includes(name) || isExtended(name)) && nanos % 1_000_000_000n !== 0n) yield invalid(here, amount, 'must be an integer');
  }
}

/** The standard resources of a quota that a scope has no say in. */
const beyond = (scope: string, { hard = {} }: ResourceQuotaSpec): readonly string[] =>
  Object.hasOwn(SCOPES, scope) ? Object.keys(hard).filter((name) => isStandard(name) && !SCOPES[scope]!.includes(name)) : [];

const conflicts = (scopes: readonly string[]) => EXCLUDING.filter((pair) => pair.every((scope) => scopes.includes(scope)));

function* scopesErrors(spec: ResourceQuotaSpec, at: FieldPath): Errors {
  const { scopes = [] } = spec;
  for (const scope of scopes) {
    if (!Object.hasOwn(SCOPES, scope)) yield invalid(at, scopes, 'unsupported scope');
    for (const _ of beyond(scope, spec)) yield invalid(at, scopes, 'unsupported scope applied to resource');
  }
  for (const _ of conflicts(scopes)) yield invalid(at, scopes, 'conflicting scopes');
}

function* selectorErrors(spec: ResourceQuotaSpec, demands: readonly ScopedResourceSelectorRequirement[], at: FieldPath): Errors {
  for (const demand of demands) {
    const { scopeName, operator } = demand;
    if (!Object.hasOwn(SCOPES, scopeName)) yield invalid(at.child('scopeName'), scopeName, 'unsupported scope');
    for (const _ of beyond(scopeName, spec)) yield invalid(at, spec.scopeSelector, 'unsupported scope applied to resource');
    if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists') {
      yield invalid(at.child('operator'), operator, "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
    }
    yield* operatorErrors(demand, at);
  }
  for (const _ of conflicts(demands.map(({ scopeName }) => scopeName))) yield invalid(at, spec.scopes ?? null, 'conflicting scopes');
}

function* operatorErrors({ operator, values = [] }: ScopedResourceSelectorRequirement, at: FieldPath): Errors {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) yield required(at.child('values'), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) yield invalid(at.child('values'), values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
  } else yield invalid(at.child('operator'), operator, 'not a valid selector operator');
}
