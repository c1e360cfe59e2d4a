import { list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const fieldSelectorRequirement = part(() =>
  object('apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement', {
    key: string().required().tag(1),
    operator: string().required().tag(2),
    values: list(string()).tag(3),
  }));
export type FieldSelectorRequirement = TypeOf<ReturnType<typeof fieldSelectorRequirement>>;
