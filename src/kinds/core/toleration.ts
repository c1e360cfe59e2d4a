import { int64, object, part, string, time, type TypeOf } from '../../schema/field.ts';

export const taint = part(() =>
  object('api.core.v1.Taint', {
    key: string().required().tag(1).describe('The taint\'s key.'),
    value: string().tag(2).describe('Its value.'),
    effect: string().required().among('NoSchedule', 'PreferNoSchedule', 'NoExecute').tag(3).describe('NoSchedule keeps new pods away, PreferNoSchedule would rather, NoExecute also drives off those that run.'),
    timeAdded: time().tag(4).describe('When the taint was added.'),
  }));
export type Taint = TypeOf<ReturnType<typeof taint>>;

export const toleration = part(() =>
  object('api.core.v1.Toleration', {
    key: string().tag(1).describe('The taint\'s key; empty with Exists means every taint.'),
    operator: string().tag(2).describe('Exists, or Equal to compare the value as well.'),
    value: string().tag(3).describe('The taint\'s value, with Equal.'),
    effect: string().tag(4).describe('The taint\'s effect; empty means every effect.'),
    tolerationSeconds: int64().pointer().tag(5).describe('How long a NoExecute taint is put up with; for ever unless said.'),
  }));
export type Toleration = TypeOf<ReturnType<typeof toleration>>;
