/** The operators on numbers, times, texts and lists. Ints keep to 64 bits, and say so when a result does not. */
import { CelObject, Double, Duration, equal, EvaluationError, type Int, isInt, isList, isMap, lift, mapGet, mapHas, numberOf, Timestamp, Uint } from './values.ts';

export const noSuchOverload = (): EvaluationError => new EvaluationError('no such overload');
const overflow = (what: 'integer' | 'unsigned integer' | 'timestamp' | 'duration'): EvaluationError => new EvaluationError(`${what} overflow`);

const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z. */
const FIRST_TIME = -62_135_596_800n * 1_000_000_000n;
const LAST_TIME = 253_402_300_800n * 1_000_000_000n - 1n;

/** An int of any size below 64 bits, in the form ints have. @throws EvaluationError */
export function int(value: bigint): Int {
  if (value <= SAFE && value >= -SAFE) return Number(value);
  if (value > MAX_INT || value < MIN_INT) throw overflow('integer');
  return value;
}

export function uint(value: bigint): Uint {
  if (value < 0n || value > MAX_UINT) throw overflow('unsigned integer');
  return new Uint(value);
}

export function timestamp(nanos: bigint): Timestamp {
  if (nanos < FIRST_TIME || nanos > LAST_TIME) throw overflow('timestamp');
  return new Timestamp(nanos);
}

export function duration(nanos: bigint): Duration {
  if (nanos > MAX_INT || nanos < MIN_INT) throw overflow('duration');
  return new Duration(nanos);
}

export function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    return Number.isSafeInteger(sum) ? sum : int(BigInt(a) + BigInt(b));
  }
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (isInt(a) && isInt(b)) return int(BigInt(a) + BigInt(b));
  if (a instanceof Double && b instanceof Double) return new Double(a.value + b.value);
  if (a instanceof Uint && b instanceof Uint) return uint(a.value + b.value);
  if (isList(a) && isList(b)) return [...a, ...b];
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Uint8Array.from([...a, ...b]);
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos + b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Timestamp) return timestamp(a.nanos + b.nanos);
  throw noSuchOverload();
}

export function subtract(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    return Number.isSafeInteger(difference) ? difference : int(BigInt(a) - BigInt(b));
  }
  if (isInt(a) && isInt(b)) return int(BigInt(a) - BigInt(b));
  if (a instanceof Double && b instanceof Double) return new Double(a.value - b.value);
  if (a instanceof Uint && b instanceof Uint) return uint(a.value - b.value);
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Timestamp) return duration(a.nanos - b.nanos);
  throw noSuchOverload();
}

export function multiply(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    return Number.isSafeInteger(product) ? product + 0 : int(BigInt(a) * BigInt(b));
  }
  if (isInt(a) && isInt(b)) return int(BigInt(a) * BigInt(b));
  if (a instanceof Double && b instanceof Double) return new Double(a.value * b.value);
  if (a instanceof Uint && b instanceof Uint) return uint(a.value * b.value);
  throw noSuchOverload();
}

export function divide(a: unknown, b: unknown): unknown {
  if (isInt(a) && isInt(b)) {
    if (Number(b) === 0) throw new EvaluationError('division by zero');
    return typeof a === 'number' && typeof b === 'number' ? Math.trunc(a / b) + 0 : int(BigInt(a) / BigInt(b));
  }
  if (a instanceof Double && b instanceof Double) return new Double(a.value / b.value);
  if (!(a instanceof Uint) || !(b instanceof Uint)) throw noSuchOverload();
  if (b.value === 0n) throw new EvaluationError('division by zero');
  return new Uint(a.value / b.value);
}

export function modulo(a: unknown, b: unknown): unknown {
  if (isInt(a) && isInt(b)) {
    if (Number(b) === 0) throw new EvaluationError('modulus by zero');
    return typeof a === 'number' && typeof b === 'number' ? (a % b) + 0 : int(BigInt(a) % BigInt(b));
  }
  if (!(a instanceof Uint) || !(b instanceof Uint)) throw noSuchOverload();
  if (b.value === 0n) throw new EvaluationError('modulus by zero');
  return new Uint(a.value % b.value);
}

export function negate(a: unknown): unknown {
  if (typeof a === 'number') return 0 - a;
  if (typeof a === 'bigint') return int(-a);
  if (a instanceof Double) return new Double(-a.value);
  throw noSuchOverload();
}

/** Negative, zero, positive; NaN where one is no number. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) return left < right ? -1 : left > right ? 1 : left == right ? 0 : Number.NaN; // oxlint-disable-line eqeqeq -- 1n and 1 are one number
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration)) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) throw noSuchOverload();
  for (let at = 0; at < Math.min(a.length, b.length); at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}

/** By code points, as UTF-8 sorts them: surrogates stand behind what UTF-16 puts behind them. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const least = Math.min(a.length, b.length);
  for (let at = 0; at < least; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const surrogates = Number(isSurrogate(left)) - Number(isSurrogate(right));
    return surrogates === 0 ? left - right : surrogates;
  }
  return a.length - b.length;
}
const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

export function contains(item: unknown, container: unknown): boolean {
  if (isList(container)) return container.some((one) => equal(one, item));
  if (isMap(container)) return mapHas(container, keyFor(item));
  throw noSuchOverload();
}

/** A number for a key is one whatever its type. */
const keyFor = (key: unknown): unknown => (key instanceof Double && Number.isSafeInteger(key.value) ? key.value : key instanceof Uint && key.value <= SAFE ? Number(key.value) : key);

export function index(container: unknown, key: unknown): unknown {
  const found = lookup(container, key);
  if (found !== undefined) return found;
  if (isList(container)) throw new EvaluationError(`index out of bounds: ${String(numberOf(key))}`);
  throw new EvaluationError(`no such key: ${textOfKey(key)}`);
}

/** undefined where there is none. */
export function lookup(container: unknown, key: unknown): unknown {
  if (isList(container)) {
    const number = numberOf(key);
    if (number === undefined) throw new EvaluationError(`unsupported index type '${typeof key}' in list`);
    const position = Number(number);
    if (!Number.isInteger(position)) throw new EvaluationError(`unsupported index value ${position} in list`);
    return position >= 0 && position < container.length ? lift(container[position]) : undefined;
  }
  if (isMap(container)) return mapGet(container, keyFor(key));
  if (container instanceof CelObject && container.select && typeof key === 'string') return container.select(key);
  throw noSuchOverload();
}

function textOfKey(key: unknown): string {
  const scalar = typeof key === 'string' || typeof key === 'boolean' ? key : numberOf(key);
  if (scalar === undefined) throw new EvaluationError('unsupported key type');
  return String(scalar);
}
