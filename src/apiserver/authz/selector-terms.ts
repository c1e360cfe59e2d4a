/** Selectors as those who authorize see them: terms of key, operator and values (KEP-4601). What cannot be said so is left out, which only makes the question wider. */
import { formatFieldSelector, parseFieldSelector } from '../../meta/field-selector.ts';
import { type LabelSelectorRequirement, parseLabelSelector, requirementsOf, type Requirement } from '../../meta/label-selector.ts';

export type SelectorTerm = LabelSelectorRequirement;

/** In a SubjectAccessReview: as text, or as terms. */
export interface SaidSelector {
  readonly rawSelector?: string;
  readonly requirements?: readonly SelectorTerm[];
}

export interface Terms {
  readonly terms: readonly SelectorTerm[];
  /** Some of it, or all, says nothing. */
  readonly ignored: boolean;
}

const NONE: Terms = { terms: [], ignored: true };

export function fieldTermsOf(text: string): Terms {
  try {
    return { terms: parseFieldSelector(text).map(({ field, operator, value }) => ({ key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] })), ignored: false };
  } catch {
    return NONE;
  }
}

const SAID: Readonly<Partial<Record<Requirement['operator'], string>>> = { '=': 'In', in: 'In', '!=': 'NotIn', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' };

export function labelTermsOf(text: string): Terms {
  try {
    const all = parseLabelSelector(text);
    const terms = all.flatMap(({ key, operator, values }): readonly SelectorTerm[] => {
      const said = SAID[operator];
      return said === undefined ? [] : [{ key, operator: said, ...(values.length > 0 ? { values: values.toSorted() } : {}) }];
    });
    return { terms, ignored: terms.length < all.length };
  } catch {
    return NONE;
  }
}

/** Fields are compared with one value; terms of several are left out. */
export function saidFields({ rawSelector = '', requirements = [] }: SaidSelector): Terms {
  if (rawSelector !== '') return fieldTermsOf(rawSelector);
  const terms = requirements.filter(({ operator, values = [] }) => ['In', 'NotIn'].includes(operator) && values.length === 1);
  const text = formatFieldSelector(terms.map(({ key, operator, values }) => ({ field: key, operator: operator === 'In' ? '=' : '!=', value: values![0]! })));
  return { terms: fieldTermsOf(text).terms, ignored: terms.length < requirements.length };
}

export function saidLabels({ rawSelector = '', requirements = [] }: SaidSelector): Terms {
  if (rawSelector !== '') return labelTermsOf(rawSelector);
  const terms = requirements.filter((one) => {
    try {
      const [read] = requirementsOf({ matchExpressions: [one] });
      return read!.operator === 'exists' || read!.operator === '!' ? read!.values.length === 0 : read!.values.length > 0;
    } catch {
      return false;
    }
  });
  return { terms, ignored: terms.length < requirements.length };
}

/** The one value that is asked for of a field, where there is one. */
export const onlyValue = (terms: readonly SelectorTerm[] | undefined, key: string): string | undefined =>
  terms?.find((term) => term.key === key && term.operator === 'In' && term.values?.length === 1)?.values?.[0];
