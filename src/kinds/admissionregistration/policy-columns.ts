import { UNSET } from '../cells.ts';
import type { ParamKind, ParamRef } from './matching.ts';

export const paramKindText = (kind: ParamKind | undefined): string => (kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : UNSET);

/** Parameters by name, or the selector in the form Go prints one. */
export function paramRefText(ref: ParamRef | undefined): string {
  if (!ref) return UNSET;
  if (ref.name) return `${ref.namespace || '*'}/${ref.name}`;
  if (!ref.selector) return UNSET;
  const { matchLabels = {}, matchExpressions = [] } = ref.selector;
  const labels = Object.entries(matchLabels).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const demands = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${demands}},}`;
}
