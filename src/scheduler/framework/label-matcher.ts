import { matchesRequirements, requirementsOf, type LabelSelector } from '../../meta/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

/** A selector as a function. None selects nothing, an empty one everything (metav1.LabelSelector). */
export function compileSelector(selector: LabelSelector | undefined): LabelMatcher {
  if (!selector) return () => false;
  const requirements = requirementsOf(selector);
  return (labels) => matchesRequirements(requirements, labels);
}
