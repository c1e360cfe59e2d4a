import { list, map, object, part, string, type TypeOf } from '../../schema/field.ts';

export const labelSelector = part(() =>
  object('apimachinery.pkg.apis.meta.v1.LabelSelector', {
    matchLabels: map(string()).tag(1),
    matchExpressions: list(labelSelectorRequirement()).tag(2),
  }).atomic());
export type LabelSelector = TypeOf<ReturnType<typeof labelSelector>>;

export const labelSelectorRequirement = part(() =>
  object('apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement', {
    key: string().required().tag(1),
    operator: string().required().tag(2),
    values: list(string()).tag(3),
  }));
export type LabelSelectorRequirement = TypeOf<ReturnType<typeof labelSelectorRequirement>>;
