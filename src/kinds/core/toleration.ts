import { int64, object, part, string, time, type TypeOf } from '../../schema/field.ts';

export const taint = part(() =>
  object('api.core.v1.Taint', {
    key: string().required().tag(1),
    value: string().tag(2),
    effect: string().required().among('NoSchedule', 'PreferNoSchedule', 'NoExecute').tag(3),
    timeAdded: time().tag(4),
  }));
export type Taint = TypeOf<ReturnType<typeof taint>>;

export const toleration = part(() =>
  object('api.core.v1.Toleration', {
    key: string().tag(1),
    operator: string().tag(2),
    value: string().tag(3),
    effect: string().tag(4),
    tolerationSeconds: int64().pointer().tag(5),
  }));
export type Toleration = TypeOf<ReturnType<typeof toleration>>;
