import type { PodAffinityTerm } from '../../kinds/core/affinity.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { anchorOf, compileSelector, type Labels } from './label-matcher.ts';

/** What of a pod a term looks at. */
interface PodLike {
  readonly namespace: string;
  readonly labels: Labels;
}

/** One term of a pod's affinity to other pods, ready to be asked. */
export interface PodTerm {
  /** Equal keys mean equal terms: replicas of one workload in one namespace share theirs. */
  readonly key: string;
  readonly topologyKey: string;
  /** 0 where the term is required. */
  readonly weight: number;
  /** The namespaces it names; undefined where it selects them by their labels. */
  readonly namespaces: readonly string[] | undefined;
  /** A label, as `key=value`, that every pod it speaks of has. */
  readonly anchor: string | undefined;
  /** Whether the term may speak of the pod, whatever labels namespaces have. */
  mayMatch(pod: PodLike): boolean;
  /** Whether the term speaks of a pod with these labels in this namespace. */
  matches(pod: PodLike, namespaceLabels: NamespaceLabels): boolean;
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

/** A pod's affinity outlives its changes of status, as the same object. */
const compiled = new WeakMap<object, { readonly namespace: string; readonly terms: PodTerms }>();

export function compileTerms({ metadata: { namespace = '' }, spec: { affinity } }: Pod): PodTerms {
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity) return NONE;
  const known = compiled.get(affinity);
  if (known?.namespace === namespace) return known.terms;
  const { podAffinity, podAntiAffinity } = affinity;
  const required = (terms: readonly PodAffinityTerm[] = []) => terms.map((term) => compileTerm(namespace, term, 0));
  const preferred = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []) =>
    terms.map(({ weight, podAffinityTerm }) => compileTerm(namespace, podAffinityTerm, weight));
  const terms: PodTerms = {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
  compiled.set(affinity, { namespace, terms });
  return terms;
}

function compileTerm(own: string, { labelSelector, namespaces, namespaceSelector, topologyKey }: PodAffinityTerm, weight: number): PodTerm {
  const selects = compileSelector(labelSelector);
  // No namespaces and no selector mean the pod's own; a selector adds to the names given, an empty one means all.
  const names = new Set(namespaces?.length || namespaceSelector ? namespaces : [own]);
  const bySelector = namespaceSelector && compileSelector(namespaceSelector);
  return {
    key: JSON.stringify([topologyKey, weight, [...names], namespaceSelector, labelSelector]),
    topologyKey,
    weight,
    namespaces: bySelector ? undefined : [...names],
    anchor: labelSelector && anchorOf(labelSelector),
    mayMatch: ({ namespace, labels }) => (bySelector !== undefined || names.has(namespace)) && selects(labels),
    matches: ({ namespace, labels }, namespaceLabels) =>
      (names.has(namespace) || (bySelector?.(namespaceLabels(namespace) ?? {}) ?? false)) && selects(labels),
  };
}
