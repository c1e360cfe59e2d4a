import type { LabelSelector } from '../../meta/label-selector.ts';
import type { AnyObject } from '../../meta/object.ts';

/** How either version says what only the other can: v1's empty selector is every pod, v1beta1's none. */
const KEY = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
const only = (operator: string): LabelSelector => ({ matchExpressions: [{ key: KEY, operator }] });

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean => Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

function says({ matchLabels = {}, matchExpressions = [] }: LabelSelector, operator: string): boolean {
  const [term, ...more] = matchExpressions;
  return Object.keys(matchLabels).length === 0 && more.length === 0 && term?.key === KEY && term.operator === operator;
}

function mapSelector(budget: AnyObject, convert: (selector: LabelSelector) => LabelSelector): AnyObject {
  const spec = (budget['spec'] ?? {}) as { readonly selector?: LabelSelector };
  return spec.selector ? { ...budget, spec: { ...spec, selector: convert(spec.selector) } } : budget;
}

/** policy/v1beta1 to v1. */
export const toBudget = (former: AnyObject): AnyObject => mapSelector(former, (selector) => {
  if (isEmpty(selector)) return only('Exists');
  const { matchExpressions, ...rest } = selector;
  if (!matchExpressions?.some(({ key }) => key === KEY)) return selector;
  const left = matchExpressions.filter(({ key }) => key !== KEY);
  return left.length === 0 ? rest : { ...rest, matchExpressions: left };
});

export const fromBudget = (budget: AnyObject): AnyObject => mapSelector(budget, (selector) => {
  if (says(selector, 'Exists')) return {};
  return isEmpty(selector) ? only('DoesNotExist') : selector;
});
