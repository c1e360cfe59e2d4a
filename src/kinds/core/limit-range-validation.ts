/** Limit ranges: each bound is one of a known resource, and no two contradict each other. */
import { duplicate, type FieldPath, forbidden, invalid, required } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { compareQuantity, parseQuantity, type Quantity, quantityMilliValue, quantityOf, quantityValue } from '../../meta/quantity.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type { LimitRangeItem } from './limit-range.ts';
import { anyResourceNameErrors, isOvercommittable, resourceNameErrors } from './resource-validation.ts';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const BOUNDS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

export function* limitRangeErrors({ spec }: { readonly spec: { readonly limits: readonly LimitRangeItem[] | null } }, at: FieldPath): Errors {
  const types = new Set<string>();
  for (const [index, item] of (spec.limits ?? []).entries()) {
    const here = at.child('spec').child('limits').index(index);
    const { type } = item;
    const problems = qualifiedNameProblems(type);
    yield* problemsAt(here.child('type'), type, problems);
    if (problems.length === 0 && !type.includes('/') && !TYPES.includes(type)) yield invalid(here.child('type'), type, 'must be a standard limit type or fully qualified');
    if (types.has(type)) yield duplicate(here.child('type'), type);
    types.add(type);
    yield* itemErrors(item, here);
  }
}

function* itemErrors(item: LimitRangeItem, at: FieldPath): Errors {
  const nameErrors = item.type === 'Pod' || item.type === 'Container' ? resourceNameErrors : anyResourceNameErrors;
  const names = new Set<string>();
  for (const bound of BOUNDS) {
    const amounts = item[bound] ?? {};
    if (item.type === 'Pod' && (bound === 'default' || bound === 'defaultRequest')) {
      if (Object.keys(amounts).length > 0) yield forbidden(at.child(bound), "may not be specified when `type` is 'Pod'");
      continue;
    }
    for (const name of Object.keys(amounts)) {
      yield* nameErrors(name, at.child(bound).key(name));
      names.add(name);
    }
    if (bound === 'defaultRequest' && item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
      yield required(at.child('limits'), 'either minimum or maximum storage value is required, but neither was provided');
    }
  }
  for (const name of names) yield* boundErrors(item, name, at);
}

interface Bound {
  readonly text: string;
  readonly quantity: Quantity;
}

function* boundErrors(item: LimitRangeItem, name: string, at: FieldPath): Errors {
  const bound = (which: (typeof BOUNDS)[number]): Bound | undefined => {
    const text = item[which] && Object.hasOwn(item[which], name) ? item[which][name] : undefined;
    return text === undefined ? undefined : { text, quantity: parseQuantity(text) };
  };
  const ofPod = item.type === 'Pod';
  const [min, max, ratio] = [bound('min'), bound('max'), bound('maxLimitRequestRatio')];
  const [limit, request] = ofPod ? [] : [bound('default'), bound('defaultRequest')];
  const place = (which: string): FieldPath => at.child(which).key(name);
  if (exceeds(min, max)) yield invalid(place('min'), min!.text, `min value ${min!.text} is greater than max value ${max!.text}`);
  if (exceeds(min, request)) yield invalid(place('defaultRequest'), request!.text, `min value ${min!.text} is greater than default request value ${request!.text}`);
  if (exceeds(request, max)) yield invalid(place('defaultRequest'), request!.text, `default request value ${request!.text} is greater than max value ${max!.text}`);
  if (exceeds(request, limit)) yield invalid(place('defaultRequest'), request!.text, `default request value ${request!.text} is greater than default limit value ${limit!.text}`);
  if (exceeds(min, limit)) yield invalid(place('default'), min!.text, `min value ${min!.text} is greater than default value ${limit!.text}`);
  if (exceeds(limit, max)) yield invalid(place('default'), max!.text, `default value ${limit!.text} is greater than max value ${max!.text}`);
  if (ratio) yield* ratioErrors(ratio, { min, max }, place('maxLimitRequestRatio'));
  if (!isOvercommittable(name) && limit && request && compareQuantity(limit.quantity, request.quantity) !== 0) {
    yield invalid(place('defaultRequest'), request.text, `default value ${limit.text} must equal to defaultRequest value ${request.text} in ${name}`);
  }
}

const exceeds = (low: Bound | undefined, high: Bound | undefined): boolean => low !== undefined && high !== undefined && compareQuantity(low.quantity, high.quantity) > 0;

/** Thousandths of larger amounts are beyond 64 bits. */
const MAX_MILLI = (2 ** 63 - 1) / 1000;

function* ratioErrors(ratio: Bound, { min, max }: { readonly min: Bound | undefined; readonly max: Bound | undefined }, at: FieldPath): Errors {
  if (compareQuantity(ratio.quantity, quantityOf(1)) < 0) yield invalid(at, ratio.text, `ratio ${ratio.text} is less than 1`);
  if (!min || !max) return;
  const fine = [ratio, min, max].every(({ quantity }) => quantityValue(quantity) < MAX_MILLI);
  const value = ({ quantity }: Bound): number => (fine ? quantityMilliValue(quantity) / 1000 : quantityValue(quantity));
  const most = value(max) / value(min);
  if (value(ratio) > most) yield invalid(at, ratio.text, `ratio ${ratio.text} is greater than max/min = ${most.toFixed(6)}`);
}
