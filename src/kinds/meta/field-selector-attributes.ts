import { list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const fieldSelectorRequirement = part(() =>
  object('apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement', {
    key: string().required().tag(1).describe('The field.'),
    operator: string().required().tag(2).describe('In, NotIn, Exists or DoesNotExist.'),
    values: list(string()).tag(3).describe('The values for In and NotIn.'),
  }));
export type FieldSelectorRequirement = TypeOf<ReturnType<typeof fieldSelectorRequirement>>;
