import { addQuantity, compareQuantity, parseQuantity, type Quantity, subtractQuantity, tryParseQuantity } from '../../meta/quantity.ts';
import { int } from '../arithmetic.ts';
import type { Library } from '../signature.ts';
import { opaque } from '../types.ts';
import { CelObject, Double, EvaluationError, type Int } from '../values.ts';

const TYPE = opaque('kubernetes.Quantity');
const NANO = 1_000_000_000n;
const MOST = 2n ** 63n;

export class QuantityValue extends CelObject {
  readonly type = TYPE;
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  override equals(other: unknown): boolean {
    return other instanceof QuantityValue && other.quantity.nanos === this.quantity.nanos;
  }
}

function parse(text: string): QuantityValue {
  if (text === '') throw new EvaluationError('quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'');
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    throw new EvaluationError(error instanceof Error ? error.message : '');
  }
}

const isInteger = ({ quantity: { nanos } }: QuantityValue): boolean => nanos % NANO === 0n && nanos / NANO < MOST && nanos / NANO >= -MOST;

function asInteger(value: QuantityValue): Int {
  if (!isInteger(value)) throw new EvaluationError('cannot convert value to integer');
  return int(value.quantity.nanos / NANO);
}

const whole = (value: Int): Quantity => ({ nanos: BigInt(value) * NANO, format: 'DecimalSI' });
const order = (a: QuantityValue, b: QuantityValue): number => Math.sign(compareQuantity(a.quantity, b.quantity));

export const quantities: Library = {
  'quantity(string): kubernetes.Quantity': parse,
  'isQuantity(string): bool': (text: string) => tryParseQuantity(text) !== undefined,
  'kubernetes.Quantity.sign(): int': ({ quantity: { nanos } }: QuantityValue) => (nanos > 0n ? 1 : nanos < 0n ? -1 : 0),
  'kubernetes.Quantity.isInteger(): bool': isInteger,
  'kubernetes.Quantity.asInteger(): int': asInteger,
  'kubernetes.Quantity.asApproximateFloat(): double': ({ quantity: { nanos } }: QuantityValue) => new Double(Number(nanos) / 1e9),
  'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool': (a: QuantityValue, b: QuantityValue) => order(a, b) > 0,
  'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool': (a: QuantityValue, b: QuantityValue) => order(a, b) < 0,
  'kubernetes.Quantity.compareTo(kubernetes.Quantity): int': order,
  'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity': (a: QuantityValue, b: QuantityValue) => new QuantityValue(addQuantity(a.quantity, b.quantity)),
  'kubernetes.Quantity.add(int): kubernetes.Quantity': (a: QuantityValue, b: Int) => new QuantityValue(addQuantity(a.quantity, whole(b))),
  'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity': (a: QuantityValue, b: QuantityValue) => new QuantityValue(subtractQuantity(a.quantity, b.quantity)),
  'kubernetes.Quantity.sub(int): kubernetes.Quantity': (a: QuantityValue, b: Int) => new QuantityValue(subtractQuantity(a.quantity, whole(b))),
};
