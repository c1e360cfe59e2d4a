import type { MatchResources } from '../../../kinds/admissionregistration/matching.ts';
import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';
import { equivalents, type Shape, showable } from '../webhook/equivalents.ts';
import { matchesRule } from '../webhook/rules.ts';
import { namespaceMatches, objectMatches, placeOf } from '../webhook/select.ts';

/** Questions about who may do what: a policy on them could lock everybody out. */
const EXEMPT = new Set([
  'authentication.k8s.io/selfsubjectreviews', 'authentication.k8s.io/tokenreviews', 'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews', 'authorization.k8s.io/selfsubjectrulesreviews', 'authorization.k8s.io/subjectaccessreviews',
]);
export const isQuestion = ({ kind: { group, plural } }: Attributes): boolean => EXEMPT.has(`${group}/${plural}`);

const ALL = { namespaceSelector: {}, objectSelector: {} };

type Criteria = Partial<MatchResources> | undefined;

/** The version in which what is asked of concerns a policy or a binding, by rules and labels of the object; its namespace is another question. */
export function shapeFor(core: Core, criteria: Criteria, attributes: Attributes): Shape | undefined {
  const { objectSelector = ALL.objectSelector, resourceRules = [], excludeResourceRules = [], matchPolicy } = criteria ?? {};
  const shapes = equivalents(core, attributes);
  const considered = matchPolicy === 'Exact' ? shapes.slice(0, 1) : shapes;
  const named = (rules: typeof resourceRules) => considered.find(({ resource }) => rules.some((rule) => {
    const names = rule.resourceNames ?? [];
    return (names.length === 0 || names.includes(attributes.name)) && matchesRule(rule, { operation: attributes.operation, subresource: attributes.subresource, resource, namespace: placeOf(attributes) });
  }));
  const found = resourceRules.length === 0 ? shapes[0] : named(resourceRules);
  if (!found || named(excludeResourceRules)) return undefined;
  return objectMatches({ objectSelector }, attributes) ? found : undefined;
}

/** As `shapeFor`, the namespace's labels considered. @throws ApiError where that cannot be told */
export async function matches(core: Core, criteria: Criteria, attributes: Attributes): Promise<Shape | undefined> {
  const found = shapeFor(core, criteria, attributes);
  const { namespaceSelector = ALL.namespaceSelector } = criteria ?? {};
  if (!found || !(await namespaceMatches(core, { namespaceSelector }, attributes))) return undefined;
  await showable(found, attributes);
  return found;
}
