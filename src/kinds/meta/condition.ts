import { int64, object, part, string, time, type TypeOf } from '../../schema/field.ts';

export const condition = part(() =>
  object('apimachinery.pkg.apis.meta.v1.Condition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    observedGeneration: int64().tag(3),
    lastTransitionTime: time().required().tag(4),
    reason: string().required().default('').tag(5),
    message: string().required().default('').tag(6),
  }));
export type Condition = TypeOf<ReturnType<typeof condition>>;
