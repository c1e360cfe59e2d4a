import { list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const scopeSelector = part(() =>
  object('api.core.v1.ScopeSelector', {
    matchExpressions: list(scopedResourceSelectorRequirement()).tag(1).describe('Demands, all of which must hold.'),
  }).atomic());
export type ScopeSelector = TypeOf<ReturnType<typeof scopeSelector>>;

export const scopedResourceSelectorRequirement = part(() =>
  object('api.core.v1.ScopedResourceSelectorRequirement', {
    scopeName: string().required().tag(1).describe('The scope, such as PriorityClass.'),
    operator: string().required().tag(2).describe('In, NotIn, Exists or DoesNotExist.'),
    values: list(string()).tag(3).describe('The values for In and NotIn.'),
  }));
export type ScopedResourceSelectorRequirement = TypeOf<ReturnType<typeof scopedResourceSelectorRequirement>>;
