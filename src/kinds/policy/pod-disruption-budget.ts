import { invalid } from '../../meta/field-error.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { int32, int64, intOrString, list, map, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { atMostAll, countOrPercent } from '../apps/workload-validation.ts';
import { age, integer } from '../cells.ts';
import { among, labelSelectorAt, nonNegatives } from '../checks.ts';
import { conditionErrors } from '../meta/condition-validation.ts';
import { condition } from '../meta/condition.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const podDisruptionBudgetSpec = part(() =>
  object('api.policy.v1.PodDisruptionBudgetSpec', {
    minAvailable: intOrString().pointer().tag(1).describe('How many pods, or what share, must stay.'),
    selector: labelSelector().replaceWhole().tag(2).describe('The pods it is for.'),
    maxUnavailable: intOrString().pointer().tag(3).describe('How many pods, or what share, may be missing.'),
    unhealthyPodEvictionPolicy: string().pointer().tag(4).describe('When pods that are not ready may be evicted: IfHealthyBudget or AlwaysAllow.'),
  }));
export type PodDisruptionBudgetSpec = TypeOf<ReturnType<typeof podDisruptionBudgetSpec>>;

export const podDisruptionBudgetStatus = part(() =>
  object('api.policy.v1.PodDisruptionBudgetStatus', {
    observedGeneration: int64().tag(1).describe('The generation of the object this was computed from.'),
    disruptedPods: map(time()).tag(2).describe('Pods whose eviction was granted but is not seen yet.'),
    disruptionsAllowed: int32().always().tag(3).describe('How many more pods may be evicted now.'),
    currentHealthy: int32().always().tag(4).describe('Pods that are ready.'),
    desiredHealthy: int32().always().tag(5).describe('Pods that must be ready.'),
    expectedPods: int32().always().tag(6).describe('Pods there should be.'),
    conditions: list(condition()).keyedBy('type').tag(7).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type PodDisruptionBudgetStatus = TypeOf<ReturnType<typeof podDisruptionBudgetStatus>>;

export const PodDisruptionBudget = defineKind({
  group: 'policy', version: 'v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets',
  short: ['pdb'], scope: 'Namespaced', package: 'api.policy.v1',
  description: 'How many pods may be taken away at a time.',
  spec: podDisruptionBudgetSpec(),
  status: podDisruptionBudgetStatus(),
  columns: {
    'Min Available': ({ spec }) => String(spec.minAvailable ?? 'N/A'),
    'Max Unavailable': ({ spec }) => String(spec.maxUnavailable ?? 'N/A'),
    'Allowed Disruptions': integer(({ status }) => status.disruptionsAllowed),
    Age: age,
  },
  *validate({ spec }, at) {
    const here = at.child('spec');
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
    if (minAvailable !== undefined && maxUnavailable !== undefined) yield invalid(here, spec, 'minAvailable and maxUnavailable cannot be both set');
    for (const [field, value] of [['minAvailable', minAvailable], ['maxUnavailable', maxUnavailable]] as const) {
      if (value === undefined) continue;
      yield* countOrPercent(here.child(field), value);
      yield* atMostAll(here.child(field), value);
    }
    yield* labelSelectorAt(here.child('selector'), selector);
    yield* among(here.child('unhealthyPodEvictionPolicy'), policy, ['AlwaysAllow', 'IfHealthyBudget']);
  },
  *validateStatusUpdate({ status }, _old, at) {
    const here = at.child('status');
    yield* nonNegatives(here, status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']);
    yield* conditionErrors(status.conditions, here.child('conditions'));
  },
});
export type PodDisruptionBudget = InstanceOf<typeof PodDisruptionBudget>;
