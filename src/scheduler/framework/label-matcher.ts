import { matchesRequirements, requirementsOf, type LabelSelector } from '../../meta/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

/** A selector as a function. None selects nothing, an empty one everything (metav1.LabelSelector). */
export function compileSelector(selector: LabelSelector | undefined): LabelMatcher {
  if (!selector) return () => false;
  const requirements = requirementsOf(selector);
  return (labels) => matchesRequirements(requirements, labels);
}

/** A label, as `key=value`, that whatever the selector selects must have; undefined where there is none such. */
export function anchorOf({ matchLabels, matchExpressions = [] }: LabelSelector): string | undefined {
  for (const key in matchLabels) return `${key}=${matchLabels[key]}`;
  const sure = matchExpressions.find(({ operator, values }) => operator === 'In' && values?.length === 1);
  return sure && `${sure.key}=${sure.values![0]}`;
}
