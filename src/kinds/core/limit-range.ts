import type { InstanceOf } from '../../meta/resource.ts';
import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { createdAt } from '../cells.ts';
import { fillKeys, mapItems, withFields } from '../change.ts';
import { limitRangeErrors } from './limit-range-validation.ts';

export const limitRangeItem = part(() =>
  object('api.core.v1.LimitRangeItem', {
    type: string().required().tag(1).describe('Container, Pod or PersistentVolumeClaim.'),
    max: map(quantity()).tag(2).describe('The most of each resource.'),
    min: map(quantity()).tag(3).describe('The least of each resource.'),
    default: map(quantity()).tag(4).describe('The limit where none is said.'),
    defaultRequest: map(quantity()).tag(5).describe('The request where none is said.'),
    maxLimitRequestRatio: map(quantity()).tag(6).describe('By what factor a limit may exceed its request.'),
  }));
export type LimitRangeItem = TypeOf<ReturnType<typeof limitRangeItem>>;

export const limitRangeSpec = part(() =>
  object('api.core.v1.LimitRangeSpec', {
    limits: list(limitRangeItem()).required().orNull().tag(1).describe('Bounds and defaults, for one sort of thing each.'),
  }));
export type LimitRangeSpec = TypeOf<ReturnType<typeof limitRangeSpec>>;

/** For containers a maximum is the default limit, that the default request, and a minimum the default request of last resort. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== 'Container') return item;
  const limits = fillKeys(item.default, item.max);
  return withFields(item, { default: limits, defaultRequest: fillKeys(fillKeys(item.defaultRequest, limits), item.min) });
}

export const LimitRange = defineKind({
  group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges',
  short: ['limits'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'Bounds and defaults for resources in a namespace.',
  spec: limitRangeSpec(),
  columns: { 'Created At': createdAt },
  defaults: (range) => withFields(range, { spec: withFields(range.spec, { limits: range.spec.limits && mapItems(range.spec.limits, defaultItem) }) }),
  validate: limitRangeErrors,
});
export type LimitRange = InstanceOf<typeof LimitRange>;
