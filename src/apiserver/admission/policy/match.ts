import type { MatchResources } from '../../../kinds/admissionregistration/matching.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';
import { equivalents, type Shape } from '../webhook/equivalents.ts';
import { matchesRule } from '../webhook/rules.ts';
import { namespaceMatches, objectMatches, placeOf } from '../webhook/select.ts';

/** Questions about who may do what: a policy on them could lock everybody out. */
const EXEMPT = new Set([
  'authentication.k8s.io/selfsubjectreviews', 'authentication.k8s.io/tokenreviews', 'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews', 'authorization.k8s.io/selfsubjectrulesreviews', 'authorization.k8s.io/subjectaccessreviews',
]);
export const isQuestion = ({ kind: { group, plural } }: Attributes): boolean => EXEMPT.has(`${group}/${plural}`);

const ALL = { namespaceSelector: {}, objectSelector: {} };

/** The version in which what is asked of concerns a policy or a binding; undefined where it does not. @throws ApiError where that cannot be told */
export async function matches(core: Core, criteria: Partial<MatchResources> | undefined, attributes: Attributes): Promise<Shape | undefined> {
  const { namespaceSelector = ALL.namespaceSelector, objectSelector = ALL.objectSelector, resourceRules = [], excludeResourceRules = [], matchPolicy } = criteria ?? {};
  if (!objectMatches({ objectSelector }, attributes)) return undefined;
  const shapes = equivalents(core, attributes);
  const considered = matchPolicy === 'Exact' ? shapes.slice(0, 1) : shapes;
  const named = (rules: typeof resourceRules) => considered.find(({ resource }) => rules.some((rule) => {
    const names = rule.resourceNames ?? [];
    return (names.length === 0 || names.includes(attributes.name)) && matchesRule(rule, { ...attributes, resource, namespace: placeOf(attributes) });
  }));
  if (named(excludeResourceRules)) return undefined;
  const found = resourceRules.length === 0 ? shapes[0] : named(resourceRules);
  return found && (await namespaceMatches(core, { namespaceSelector }, attributes)) ? found : undefined;
}
