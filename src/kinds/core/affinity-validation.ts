/** Where a pod may run: affinity, spreading, tolerations. */
import { duplicate, type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems, labelValueProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { among, type Errors, labelSelectorAt, NOT_POSITIVE, problemsAt } from '../checks.ts';
import type { Affinity, PodAffinityTerm } from './affinity.ts';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './node-selector.ts';
import type { TopologySpreadConstraint } from './pod-spec.ts';
import type { Toleration } from './toleration.ts';

const WEIGHT = 'must be in the range 1-100';
const isWeight = (weight: number): boolean => weight >= 1 && weight <= 100;
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function* affinityErrors({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, at: FieldPath): Errors {
  if (nodeAffinity) {
    const here = at.child('nodeAffinity');
    const { [REQUIRED]: must, [PREFERRED]: rather = [] } = nodeAffinity;
    if (must) yield* nodeSelectorErrors(must, here.child(REQUIRED));
    for (const [index, { weight, preference }] of rather.entries()) {
      const place = here.child(PREFERRED).index(index);
      if (!isWeight(weight)) yield invalid(place.child('weight'), weight, WEIGHT);
      yield* nodeTermErrors(preference, place.child('preference'));
    }
  }
  for (const [name, affinity] of [['podAffinity', podAffinity], ['podAntiAffinity', podAntiAffinity]] as const) {
    const here = at.child(name);
    for (const [index, term] of (affinity?.[REQUIRED] ?? []).entries()) yield* podTermErrors(term, here.child(REQUIRED).index(index));
    for (const [index, { weight, podAffinityTerm }] of (affinity?.[PREFERRED] ?? []).entries()) {
      const place = here.child(PREFERRED).index(index);
      if (!isWeight(weight)) yield invalid(place.child('weight'), weight, WEIGHT);
      yield* podTermErrors(podAffinityTerm, place.child('podAffinityTerm'));
    }
  }
}

export function* nodeSelectorErrors({ nodeSelectorTerms }: NodeSelector, at: FieldPath): Errors {
  const here = at.child('nodeSelectorTerms');
  if (!nodeSelectorTerms?.length) yield required(here, 'must have at least one node selector term');
  for (const [index, term] of (nodeSelectorTerms ?? []).entries()) yield* nodeTermErrors(term, here.index(index));
}

function* nodeTermErrors({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, at: FieldPath): Errors {
  for (const [index, requirement] of matchExpressions.entries()) yield* labelRequirementErrors(requirement, at.child('matchExpressions').index(index));
  for (const [index, requirement] of matchFields.entries()) yield* fieldRequirementErrors(requirement, at.child('matchFields').index(index));
}

function* labelRequirementErrors({ key, operator, values = [] }: NodeSelectorRequirement, at: FieldPath): Errors {
  const here = at.child('values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) yield required(here, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) yield forbidden(here, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) yield required(here, "must be specified single value when `operator` is 'Lt' or 'Gt'");
  } else yield invalid(at.child('operator'), operator, 'not a valid selector operator');
  yield* problemsAt(at.child('key'), key, qualifiedNameProblems(key));
  for (const [index, value] of values.entries()) yield* problemsAt(here.index(index), value, labelValueProblems(value));
}

function* fieldRequirementErrors({ key, operator, values = [] }: NodeSelectorRequirement, at: FieldPath): Errors {
  if (operator !== 'In' && operator !== 'NotIn') yield invalid(at.child('operator'), operator, 'not a valid selector operator');
  else if (values.length !== 1) yield required(at.child('values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  if (key !== 'metadata.name') return void (yield invalid(at.child('key'), key, 'not a valid field selector key'));
  for (const [index, value] of values.entries()) yield* problemsAt(at.child('values').index(index), value, dnsSubdomainProblems(value));
}

function* podTermErrors(term: PodAffinityTerm, at: FieldPath): Errors {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  yield* labelSelectorAt(at.child('labelSelector'), labelSelector);
  yield* labelSelectorAt(at.child('namespaceSelector'), namespaceSelector);
  for (const name of namespaces) yield* problemsAt(at.child('namespace'), name, dnsLabelProblems(name));
  for (const [field, keys] of [['matchLabelKeys', matchLabelKeys], ['mismatchLabelKeys', mismatchLabelKeys]] as const) {
    if (keys.length > 0 && !labelSelector) yield forbidden(at.child(field), 'must not be specified when labelSelector is not set');
    else for (const [index, key] of keys.entries()) yield* problemsAt(at.child(field).index(index), key, qualifiedNameProblems(key));
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (mismatchLabelKeys.includes(key)) yield invalid(at.child('matchLabelKeys').index(index), key, 'exists in both matchLabelKeys and mismatchLabelKeys');
  }
  if (!topologyKey) yield required(at.child('topologyKey'), 'can not be empty');
  yield* problemsAt(at.child('topologyKey'), topologyKey, qualifiedNameProblems(topologyKey));
}

export function* spreadErrors(constraints: readonly TopologySpreadConstraint[], at: FieldPath): Errors {
  for (const [index, one] of constraints.entries()) {
    const here = at.index(index);
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, labelSelector, matchLabelKeys = [] } = one;
    if (maxSkew <= 0) yield invalid(here.child('maxSkew'), maxSkew, NOT_POSITIVE);
    if (!topologyKey) yield required(here.child('topologyKey'), 'can not be empty');
    const again = constraints.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (again) yield duplicate(here.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`);
    if (minDomains !== undefined) {
      if (minDomains <= 0) yield invalid(here.child('minDomains'), minDomains, NOT_POSITIVE);
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        yield invalid(here.child('minDomains'), minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`);
      }
    }
    yield* spreadKeyErrors(matchLabelKeys, labelSelector, here.child('matchLabelKeys'));
    yield* labelSelectorAt(here.child('labelSelector'), labelSelector);
  }
}

function* spreadKeyErrors(keys: readonly string[], selector: TopologySpreadConstraint['labelSelector'], at: FieldPath): Errors {
  if (keys.length === 0) return;
  if (!selector) yield forbidden(at, 'must not be specified when labelSelector is not set');
  const selected = [...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map(({ key }) => key)];
  for (const [index, key] of keys.entries()) {
    yield* problemsAt(at.index(index), key, qualifiedNameProblems(key));
    if (selected.includes(key)) yield invalid(at.index(index), key, 'exists in both matchLabelKeys and labelSelector');
  }
}

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const OPERATORS = ['Equal', 'Exists'];

export function* tolerationErrors(tolerations: readonly Toleration[], at: FieldPath): Errors {
  for (const [index, toleration] of tolerations.entries()) {
    const here = at.index(index);
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    if (key) yield* problemsAt(here.child('key'), key, qualifiedNameProblems(key));
    if (!key && operator !== 'Exists') {
      yield invalid(here.child('operator'), operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"');
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') yield invalid(here.child('effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (operator === '' || operator === 'Equal') {
      const problems = labelValueProblems(value);
      if (problems.length > 0) yield invalid(here.child('operator'), value, problems.join(';'));
    } else if (operator === 'Exists') {
      if (value) yield invalid(here.child('operator'), value, "value must be empty when `operator` is 'Exists'");
    } else if (operator === 'Lt' || operator === 'Gt') yield notSupported(here.child('operator'), operator, [...OPERATORS, 'Lt', 'Gt']);
    else yield notSupported(here.child('operator'), operator, OPERATORS);
    yield* among(here.child('effect'), effect, TAINT_EFFECTS);
  }
}
