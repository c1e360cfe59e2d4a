/**
 * resource.Quantity: a fixed-point number with a suffix, `500m`, `1Gi`, `1e3` (apimachinery's pkg/api/resource). Held as a whole
 * count of nano-units, the finest it can say.
 */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: Format;
}

type Format = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const NANO = 1_000_000_000n;
const MAX = (2n ** 63n - 1n) * NANO;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/;

/** What upstream says of text that is no quantity. */
export const QUANTITY_SHAPE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The same few texts come again and again: `100m`, `64Mi`. */
const known = new Map<string, Quantity | undefined>();
const MAX_KNOWN = 4096;
const MAX_LENGTH = 80;

/** undefined where the text is no quantity. Finer than nano rounds away from zero; larger than 2^63-1 is cut to it, as upstream does. */
export function tryParseQuantity(text: string): Quantity | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const before = known.get(text);
  if (before !== undefined || known.has(text)) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const quantity = parse(text);
  known.set(text, quantity);
  return quantity;
}

function parse(text: string): Quantity | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const binary = suffix.endsWith('i') ? BigInt(BINARY.indexOf(suffix as 'Ki')) : 0n;
  const power = exponent === undefined ? (suffix === '' || binary > 0n ? 0 : (DECIMAL.indexOf(suffix as 'n') - 3) * 3) : Number(exponent);
  if (Math.abs(power) > 400) return undefined;
  const digits = BigInt(`${whole}${fraction}` || '0') * 1024n ** binary;
  const scale = power + 9 - fraction.length;
  const magnitude = scale >= 0 ? digits * 10n ** BigInt(scale) : ceilDivide(digits, 10n ** BigInt(-scale));
  const capped = magnitude > MAX ? MAX : magnitude;
  const format = exponent !== undefined ? 'DecimalExponent' : binary > 0n ? 'BinarySI' : 'DecimalSI';
  return { nanos: sign === '-' ? -capped : capped, format };
}

/** @throws Error with upstream's text. */
export function parseQuantity(text: string): Quantity {
  const quantity = tryParseQuantity(text);
  if (!quantity) throw new Error(QUANTITY_SHAPE);
  return quantity;
}

/** The canonical text: no fraction, the largest suffix that allows it. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && size >= 1024n * NANO && size % NANO === 0n) return sign + binaryText(size / NANO);
  let power = 0;
  let rest = size;
  while (power < 9 && rest % 1000n === 0n) {
    rest /= 1000n;
    power++;
  }
  if (format === 'DecimalExponent') return `${sign}${rest}${power === 3 ? '' : `e${(power - 3) * 3}`}`;
  return `${sign}${rest}${DECIMAL[power]}`;
}

function binaryText(value: bigint): string {
  let power = 0;
  let rest = value;
  while (power < BINARY.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${BINARY[power]}`;
}

/** The canonical text of a quantity as JSON has it, a string or a number; undefined where it is none. */
export function canonicalQuantity(value: string | number): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 1000) return String(value);
  const quantity = tryParseQuantity(typeof value === 'number' ? String(value) : value.trim());
  return quantity && formatQuantity(quantity);
}

/** Negative, zero or positive as `a` is smaller than, equal to or larger than `b`. */
export const compareQuantity = (a: Quantity, b: Quantity): number => (a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0);

/** The sum, in `a`'s format, or `b`'s where `a` is zero. */
export const addQuantity = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const subtractQuantity = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos - b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

/** Whole units, rounded up: bytes, counts. */
export const quantityValue = ({ nanos }: Quantity): number => Number(ceilDivide(nanos, NANO));

/** Thousandths, rounded up: CPU. */
export const quantityMilliValue = ({ nanos }: Quantity): number => Number(ceilDivide(nanos, NANO / 1000n));

/** From a whole count of units or of thousandths. */
export const quantityOf = (value: number, format: Format = 'DecimalSI'): Quantity => ({ nanos: BigInt(Math.trunc(value)) * NANO, format });
export const milliQuantityOf = (value: number): Quantity => ({ nanos: BigInt(Math.trunc(value)) * (NANO / 1000n), format: 'DecimalSI' });

function ceilDivide(value: bigint, by: bigint): bigint {
  const whole = value / by;
  return value % by > 0n ? whole + 1n : whole;
}
