/** Capacities of devices that several claims may share (KEP-5075). */
import { duplicate, type FieldPath, forbidden, invalid, required, tooMany } from '../../meta/field-error.ts';
import { addQuantity, compareQuantity, formatQuantity, parseQuantity, quantityValue } from '../../meta/quantity.ts';
import { type Errors, NOT_POSITIVE } from '../checks.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from './device.ts';

const MAX_VALUES = 10;
const compare = (a: string, b: string): number => compareQuantity(parseQuantity(a), parseQuantity(b));

export function* capacityErrors({ value, requestPolicy: policy }: DeviceCapacity, shared: boolean, at: FieldPath): Errors {
  if (!policy) return;
  const here = at.child('requestPolicy');
  if (!shared) return void (yield forbidden(here, 'allowMultipleAllocations must be true'));
  const { validValues = [], validRange, default: usual } = policy;
  if (validValues.length > 0 && validRange) {
    return void (yield forbidden(here, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'));
  }
  const field = validValues.length > 0 ? 'validValues' : validRange && 'validRange';
  if (!field) return;
  if (usual === null) yield required(here.child('default'), `required when ${field} is defined`);
  else if (validRange) yield* rangeErrors({ range: validRange, usual, most: value }, here.child('validRange'));
  else yield* valuesErrors({ values: validValues, usual, most: value }, here.child('validValues'));
}

interface Values {
  readonly values: NonNullable<CapacityRequestPolicy['validValues']>;
  readonly usual: string;
  readonly most: string;
}

function* valuesErrors({ values, usual, most }: Values, at: FieldPath): Errors {
  for (const [index, value] of values.entries()) {
    if (index > 0 && compare(values[index - 1]!, value) > 0) yield invalid(at.index(index), value, 'values must be sorted in ascending order');
  }
  if (values.length > MAX_VALUES) yield tooMany(at, values.length, MAX_VALUES);
  else {
    for (const [index, value] of values.entries()) if (compare(value, most) > 0) yield invalid(at.index(index), value, `option is larger than capacity value: ${most}`);
    const seen = new Set<number>();
    for (const [index, value] of values.entries()) {
      const amount = quantityValue(parseQuantity(value));
      if (seen.has(amount)) yield duplicate(at.index(index), String(amount));
      seen.add(amount);
    }
    if (values.some((value) => compare(value, usual) === 0)) return;
  }
  yield invalid(at, usual, 'default value is not valid according to the requestPolicy');
}

interface Range {
  readonly range: CapacityRequestPolicyRange;
  readonly usual: string;
  readonly most: string;
}

function* rangeErrors({ range: { min, max, step }, usual, most }: Range, at: FieldPath): Errors {
  if (min === undefined) return void (yield required(at.child('min'), 'required when validRange is defined'));
  if (compare(min, most) > 0) yield invalid(at.child('min'), min, `min is larger than capacity value: ${most}`);
  if (compare(usual, min) < 0) yield invalid(at.child('default'), usual, `default is less than min: ${min}`);
  if (max !== undefined) {
    if (compare(min, max) > 0) yield invalid(at.child('max'), min, `min is larger than max: ${max}`);
    if (compare(max, most) > 0) yield invalid(at.child('max'), max, `max is larger than capacity value: ${most}`);
    if (compare(usual, max) > 0) yield invalid(at.child('default'), usual, `default is more than max: ${max}`);
  }
  if (step === undefined) return;
  const here = at.child('step');
  if (compare(step, '0') <= 0) return void (yield invalid(here, step, NOT_POSITIVE));
  const first = formatQuantity(addQuantity(parseQuantity(min), parseQuantity(step)));
  if (compare(first, most) > 0) yield invalid(here, step, `one step ${first} is larger than capacity value: ${most}`);
  for (const value of max === undefined ? [usual] : [usual, max]) {
    const off = (parseQuantity(value).nanos - parseQuantity(min).nanos) % parseQuantity(step).nanos;
    if (off !== 0n) yield invalid(here, value, `value is not a multiple of a given step (${step}) from (${min})`);
  }
}
