import { int64, object, part, string, time, type TypeOf } from '../../schema/field.ts';

export const condition = part(() =>
  object('apimachinery.pkg.apis.meta.v1.Condition', {
    type: string().required().default('').tag(1).describe('What the condition is about, in CamelCase.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    observedGeneration: int64().tag(3).describe('The generation of the object this was computed from.'),
    lastTransitionTime: time().required().tag(4).describe('When the status last changed.'),
    reason: string().required().default('').tag(5).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().required().default('').tag(6).describe('Details for people.'),
  }));
export type Condition = TypeOf<ReturnType<typeof condition>>;
