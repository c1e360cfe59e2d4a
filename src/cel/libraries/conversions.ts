import { nanosOf } from '../../meta/duration.ts';
import { duration, int, timestamp, uint } from '../arithmetic.ts';
import { quote } from '../../meta/field-error.ts';
import type { Library } from '../signature.ts';
import { formatDurationSeconds, formatTimestamp, timestampOf } from '../time.ts';
import { typeValueOf } from '../type-names.ts';
import { Double, type Duration, EvaluationError, type Int, type Timestamp, type Uint } from '../values.ts';
import { formatDouble } from '../format-double.ts';

const NANOS = 1_000_000_000n;

function whole(value: number, limits: { readonly from: number; readonly below: number }): bigint {
  if (!Number.isFinite(value) || value <= limits.from || value >= limits.below) throw new EvaluationError('integer overflow');
  return BigInt(Math.trunc(value));
}

const notParsed = (what: string, text: string): EvaluationError => new EvaluationError(`strconv.${what}: parsing ${quote(text)}: invalid syntax`);

function parseInt64(text: string, what: 'ParseInt' | 'ParseUint'): bigint {
  if (!(what === 'ParseInt' ? /^[+-]?\d+$/ : /^\d+$/).test(text)) throw notParsed(what, text);
  const value = BigInt(text.replace(/^\+/, ''));
  const fits = what === 'ParseInt' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  if (fits !== value) throw new EvaluationError(`strconv.${what}: parsing ${quote(text)}: value out of range`);
  return value;
}

const SPECIAL_DOUBLE = /^[+-]?(inf|infinity|nan)$/i;

function parseDouble(text: string): Double {
  if (SPECIAL_DOUBLE.test(text)) return new Double(/nan/i.test(text) ? Number.NaN : text.startsWith('-') ? -Infinity : Infinity);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw notParsed('ParseFloat', text);
  const value = Number(text);
  if (!Number.isFinite(value)) throw new EvaluationError(`strconv.ParseFloat: parsing ${quote(text)}: value out of range`);
  return new Double(value);
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function parseBool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw notParsed('ParseBool', text);
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

export function durationOf(text: string): Duration {
  let nanos: bigint;
  try {
    nanos = nanosOf(text);
  } catch (error) {
    throw new EvaluationError(error instanceof Error ? error.message : '');
  }
  return duration(nanos);
}

const same = <T>(value: T): T => value;

export const conversions: Library = {
  'int(int): int': same,
  'int(uint): int': ({ value }: Uint) => int(value),
  'int(double): int': ({ value }: Double) => int(whole(value, { from: -(2 ** 63), below: 2 ** 63 })),
  'int(string): int': (text: string) => int(parseInt64(text, 'ParseInt')),
  'int(timestamp): int': ({ nanos }: Timestamp) => int((nanos - (((nanos % NANOS) + NANOS) % NANOS)) / NANOS),
  'int(duration): int': ({ nanos }: Duration) => int(nanos),
  'uint(uint): uint': same,
  'uint(int): uint': (value: Int) => uint(BigInt(value)),
  'uint(double): uint': ({ value }: Double) => uint(whole(value, { from: -1, below: 2 ** 64 })),
  'uint(string): uint': (text: string) => uint(parseInt64(text, 'ParseUint')),
  'double(double): double': same,
  'double(int): double': (value: Int) => new Double(Number(value)),
  'double(uint): double': ({ value }: Uint) => new Double(Number(value)),
  'double(string): double': parseDouble,
  'string(string): string': same,
  'string(bool): string': String,
  'string(int): string': String,
  'string(uint): string': ({ value }: Uint) => String(value),
  'string(double): string': ({ value }: Double) => formatDouble(value),
  'string(bytes): string': textOfBytes,
  'string(timestamp): string': ({ nanos }: Timestamp) => formatTimestamp(nanos),
  'string(duration): string': ({ nanos }: Duration) => formatDurationSeconds(nanos),
  'bytes(bytes): bytes': same,
  'bytes(string): bytes': (text: string) => new TextEncoder().encode(text),
  'bool(bool): bool': same,
  'bool(string): bool': parseBool,
  'timestamp(timestamp): timestamp': same,
  'timestamp(string): timestamp': timestampOf,
  'timestamp(int): timestamp': (seconds: Int) => timestamp(BigInt(seconds) * NANOS),
  'duration(duration): duration': same,
  'duration(string): duration': durationOf,
  'duration(int): duration': (nanos: Int) => duration(BigInt(nanos)),
  'dyn(A): dyn': same,
  'type(A): type<A>': typeValueOf,
};
