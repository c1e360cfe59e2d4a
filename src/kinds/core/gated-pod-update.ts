/** While a pod is gated, where it may run may still be narrowed (KEP-3838). */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid } from '../../meta/field-error.ts';
import type { Errors } from '../checks.ts';
import type { NodeSelectorTerm } from './node-selector.ts';
import type { PodSpec } from './pod-spec.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

export function* gatedAffinityErrors(spec: PodSpec, old: PodSpec, at: FieldPath): Errors {
  for (const [key, value] of Object.entries(old.nodeSelector ?? {})) {
    const next = spec.nodeSelector && Object.hasOwn(spec.nodeSelector, key) ? spec.nodeSelector[key] : undefined;
    if (next === undefined) yield invalid(at.child('nodeSelector'), spec.nodeSelector, `only additions are allowed for a gated pod, but ${key} was removed`);
    else if (next !== value) yield invalid(at.child('nodeSelector').key(key), next, 'only additions are allowed for a gated pod');
  }
  const [after, before] = [spec.affinity?.nodeAffinity?.[REQUIRED], old.affinity?.nodeAffinity?.[REQUIRED]];
  if (!before || deepEqual(after, before)) return;
  const here = at.child('affinity').child('nodeAffinity').child(REQUIRED).child('nodeSelectorTerms');
  const [terms, oldTerms] = [after?.nodeSelectorTerms ?? [], before.nodeSelectorTerms];
  if (terms.length !== oldTerms.length) return void (yield invalid(here, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'));
  for (const [index, term] of terms.entries()) {
    if (!onlyAdds(term, oldTerms[index]!)) yield invalid(here.index(index), term, 'only additions are allowed (no mutations or deletions)');
  }
}

function onlyAdds(next: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const begins = <T>(list: readonly T[] = [], start: readonly T[] = []) => deepEqual(list.slice(0, start.length), start);
  return begins(next.matchExpressions, old.matchExpressions) && begins(next.matchFields, old.matchFields);
}
