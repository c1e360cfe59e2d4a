import { list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const scopeSelector = part(() =>
  object('api.core.v1.ScopeSelector', {
    matchExpressions: list(scopedResourceSelectorRequirement()).tag(1),
  }).atomic());
export type ScopeSelector = TypeOf<ReturnType<typeof scopeSelector>>;

export const scopedResourceSelectorRequirement = part(() =>
  object('api.core.v1.ScopedResourceSelectorRequirement', {
    scopeName: string().required().tag(1),
    operator: string().required().tag(2),
    values: list(string()).tag(3),
  }));
export type ScopedResourceSelectorRequirement = TypeOf<ReturnType<typeof scopedResourceSelectorRequirement>>;
