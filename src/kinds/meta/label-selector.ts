import { list, map, object, part, string, type TypeOf } from '../../schema/field.ts';

export const labelSelector = part(() =>
  object('apimachinery.pkg.apis.meta.v1.LabelSelector', {
    matchLabels: map(string()).tag(1).describe('Labels that must have exactly these values.'),
    matchExpressions: list(labelSelectorRequirement()).tag(2).describe('Further demands, all of which must hold.'),
  }).atomic());
export type LabelSelector = TypeOf<ReturnType<typeof labelSelector>>;

export const labelSelectorRequirement = part(() =>
  object('apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement', {
    key: string().required().tag(1).describe('The label.'),
    operator: string().required().tag(2).describe('In, NotIn, Exists or DoesNotExist.'),
    values: list(string()).tag(3).describe('The values for In and NotIn.'),
  }));
export type LabelSelectorRequirement = TypeOf<ReturnType<typeof labelSelectorRequirement>>;
