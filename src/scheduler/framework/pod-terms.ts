import type { PodAffinityTerm } from '../../kinds/core/affinity.ts';
import type { LabelSelector } from '../../kinds/meta/label-selector.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { compileSelector, type Labels, type LabelMatcher } from './label-matcher.ts';

/** One term of a pod's affinity to other pods, ready to be asked. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly weight: number;
  /** Whether the term speaks of a pod with these labels in this namespace. */
  matches(pod: { readonly namespace: string; readonly labels: Labels }, namespaceLabels: NamespaceLabels): boolean;
}

/** A namespace's labels, for terms with a namespaceSelector. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

export interface PodTerms {
  readonly requiredAffinity: readonly PodTerm[];
  readonly requiredAntiAffinity: readonly PodTerm[];
  readonly preferredAffinity: readonly PodTerm[];
  readonly preferredAntiAffinity: readonly PodTerm[];
}

const NONE: PodTerms = { requiredAffinity: [], requiredAntiAffinity: [], preferredAffinity: [], preferredAntiAffinity: [] };

export function compileTerms(pod: Pod): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return NONE;
  const required = (terms: readonly PodAffinityTerm[] = []) => terms.map((term) => compileTerm(pod, term, 0));
  const preferred = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []) =>
    terms.map(({ weight, podAffinityTerm }) => compileTerm(pod, podAffinityTerm, weight));
  return {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

function compileTerm(pod: Pod, term: PodAffinityTerm, weight: number): PodTerm {
  const selects = compileSelector(term.labelSelector);
  const own = pod.metadata.namespace ?? '';
  // No namespaces and no selector mean the pod's own; a selector adds to the names given.
  const names = new Set(term.namespaces?.length || term.namespaceSelector ? term.namespaces : [own]);
  const bySelector = term.namespaceSelector && namespaceMatcher(term.namespaceSelector);
  return {
    topologyKey: term.topologyKey,
    weight,
    matches: ({ namespace, labels }, namespaceLabels) =>
      (names.has(namespace) || (bySelector?.(namespaceLabels(namespace) ?? {}) ?? false)) && selects(labels),
  };
}

/** An empty namespaceSelector means all namespaces. */
function namespaceMatcher(selector: LabelSelector): LabelMatcher {
  return compileSelector(selector);
}
