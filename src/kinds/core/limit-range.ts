import type { InstanceOf } from '../../meta/resource.ts';
import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';

export const limitRangeItem = part(() =>
  object('api.core.v1.LimitRangeItem', {
    type: string().required().tag(1),
    max: map(quantity()).tag(2),
    min: map(quantity()).tag(3),
    default: map(quantity()).tag(4),
    defaultRequest: map(quantity()).tag(5),
    maxLimitRequestRatio: map(quantity()).tag(6),
  }));
export type LimitRangeItem = TypeOf<ReturnType<typeof limitRangeItem>>;

export const limitRangeSpec = part(() =>
  object('api.core.v1.LimitRangeSpec', {
    limits: list(limitRangeItem()).required().tag(1),
  }));
export type LimitRangeSpec = TypeOf<ReturnType<typeof limitRangeSpec>>;

export const LimitRange = defineKind({
  group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges',
  short: ['limits'], scope: 'Namespaced', package: 'api.core.v1',
  spec: limitRangeSpec(),
  columns: { 'Created At': createdAt },
});
export type LimitRange = InstanceOf<typeof LimitRange>;
