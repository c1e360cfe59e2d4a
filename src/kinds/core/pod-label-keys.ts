/**
 * matchLabelKeys and mismatchLabelKeys, worked into the selectors beside them when a pod is created: schedulers need look at
 * the selectors alone (KEP-3633, and KEP-3243 as of v1.34).
 */
import { mapItems, withFields } from '../change.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { PodAffinity, PodAffinityTerm, WeightedPodAffinityTerm } from './affinity.ts';
import type { PodSpec } from './pod-spec.ts';

type Labels = Readonly<Record<string, string>>;

interface Keyed {
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/** The very same spec where no term names keys, as in nearly all. */
export function withLabelKeys(spec: PodSpec, labels: Labels = {}): PodSpec {
  const { affinity, topologySpreadConstraints } = spec;
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity && !topologySpreadConstraints) return spec;
  const term = (one: PodAffinityTerm) => withKeys(one, labels);
  const weighted = (one: WeightedPodAffinityTerm) => withFields(one, { podAffinityTerm: term(one.podAffinityTerm) });
  const both = (one: PodAffinity): PodAffinity => withFields(one, {
    ...(one.requiredDuringSchedulingIgnoredDuringExecution && {
      requiredDuringSchedulingIgnoredDuringExecution: mapItems(one.requiredDuringSchedulingIgnoredDuringExecution, term),
    }),
    ...(one.preferredDuringSchedulingIgnoredDuringExecution && {
      preferredDuringSchedulingIgnoredDuringExecution: mapItems(one.preferredDuringSchedulingIgnoredDuringExecution, weighted),
    }),
  });
  return withFields(spec, {
    ...(affinity && { affinity: withFields(affinity, {
      ...(affinity.podAffinity && { podAffinity: both(affinity.podAffinity) }),
      ...(affinity.podAntiAffinity && { podAntiAffinity: both(affinity.podAntiAffinity) }),
    }) }),
    ...(topologySpreadConstraints && { topologySpreadConstraints: mapItems(topologySpreadConstraints, (one) => withKeys(one, labels)) }),
  });
}

/** Keys the pod has no label for are left out; without a selector there is nothing to add to. */
function withKeys<T extends Keyed>(one: T, labels: Labels): T {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = one;
  if (!labelSelector || matchLabelKeys.length + mismatchLabelKeys.length === 0) return one;
  const expressions = [...matchLabelKeys.map((key) => [key, 'In'] as const), ...mismatchLabelKeys.map((key) => [key, 'NotIn'] as const)]
    .filter(([key]) => labels[key] !== undefined)
    .map(([key, operator]) => ({ key, operator, values: [labels[key]!] }));
  if (expressions.length === 0) return one;
  return { ...one, labelSelector: { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...expressions] } };
}
