import type { LabelSelector } from '../../kinds/meta/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

/** A selector as a function. None selects nothing, an empty one everything (metav1.LabelSelector). */
export function compileSelector(selector: LabelSelector | undefined): LabelMatcher {
  if (!selector) return () => false;
  const equal = Object.entries(selector.matchLabels ?? {});
  const rules = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): LabelMatcher => {
    switch (operator) {
      case 'In':
        return (labels) => labels[key] !== undefined && values.includes(labels[key]);
      case 'NotIn':
        return (labels) => labels[key] === undefined || !values.includes(labels[key]);
      case 'Exists':
        return (labels) => labels[key] !== undefined;
      case 'DoesNotExist':
        return (labels) => labels[key] === undefined;
      default:
        return () => false;
    }
  });
  return (labels) => {
    for (const [key, value] of equal) if (labels[key] !== value) return false;
    return rules.every((rule) => rule(labels));
  };
}
