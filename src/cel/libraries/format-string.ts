/** `"%s is %d".format([…])`: the strings library's formatting. */
import { formatDouble } from '../format-double.ts';
import { formatDurationSeconds, formatTimestamp } from '../time.ts';
import { typeValueOf } from '../type-names.ts';
import { type CelMap, Double, Duration, EvaluationError, isInt, isList, isMap, lift, mapGet, mapKeys, numberOf, OverBudget, Timestamp, TypeValue, Uint, Walk, LONGEST_TEXT } from '../values.ts';

const CLAUSE = /%(%|(?:\.(\d+))?([a-zA-Z]|[^]|$))/g;
const DEFAULT_PRECISION = 6;
const HIGHEST_PRECISION = 1000;

export function format(text: string, args: readonly unknown[]): string {
  let next = 0;
  let length = text.length;
  return text.replace(CLAUSE, (_clause, whole: string, digits?: string, verb = '') => {
    if (whole === '%') return '%';
    const precision = digits === undefined ? DEFAULT_PRECISION : Number(digits);
    if (precision > HIGHEST_PRECISION) throw new EvaluationError(`could not parse formatting clause: precision ${precision} exceeds maximum ${HIGHEST_PRECISION}`);
    if (verb === '') throw new EvaluationError('could not parse formatting clause: unexpected end of string');
    if (next >= args.length) throw new EvaluationError(`index ${next} out of range`);
    const part = clause(verb, lift(args[next++]), precision);
    if ((length += part.length) > LONGEST_TEXT) throw new OverBudget();
    return part;
  });
}

function clause(verb: string, value: unknown, precision: number): string {
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
      return decimal(value);
    case 'f':
      return fixed(value, { precision, what: 'fixed-point' });
    case 'e':
      return fixed(value, { precision, what: 'scientific notation' });
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : based(value, 2, 'binary');
    case 'o':
      return based(value, 8, 'octal');
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      throw new EvaluationError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

const unfit = (what: string, types: string, value: unknown): EvaluationError =>
  new EvaluationError(`error during formatting: ${what} clause can only be used on ${types}, was given ${typeValueOf(value).name}`);

function plain(value: unknown, walk = new Walk()): string {
  walk.step();
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (value instanceof Double) return special(value.value) ?? formatDouble(value.value, 21);
  if (typeof value === 'boolean' || isInt(value)) return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value.nanos);
  if (value instanceof Duration) return formatDurationSeconds(value.nanos);
  if (value instanceof TypeValue) return value.name;
  if (isList(value)) return `[${value.map((item) => plain(lift(item), walk)).join(', ')}]`;
  if (isMap(value)) {
    const entries = mapKeys(value).map((key) => [plain(key, walk), plain(mapGet(value as CelMap, key), walk)] as const);
    return `{${entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => `${key}: ${text}`).join(', ')}}`;
  }
  throw unfit('string', 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', value);
}

const special = (value: number): string | undefined => (Number.isFinite(value) ? undefined : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');

function decimal(value: unknown): string {
  if (value instanceof Double) {
    const text = special(value.value);
    if (text !== undefined) return text;
  } else if (numberOf(value) !== undefined) return String(numberOf(value));
  throw unfit('decimal', 'integers', value);
}

function fixed(value: unknown, { precision, what }: { readonly precision: number; readonly what: 'fixed-point' | 'scientific notation' }): string {
  const number = numberOf(value);
  if (!(value instanceof Double) && number === undefined) throw unfit(what, 'doubles', value);
  const double = Number(number);
  const text = special(double);
  if (text !== undefined) return text;
  if (what === 'fixed-point') return double.toFixed(Math.min(precision, 100));
  return double.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2');
}

function based(value: unknown, base: 2 | 8, what: string): string {
  const number = value instanceof Double ? undefined : numberOf(value);
  if (number === undefined) throw unfit(what, base === 2 ? 'integers and bools' : 'integers', value);
  return number.toString(base);
}

function hexadecimal(value: unknown): string {
  if (isInt(value)) return value.toString(16);
  if (value instanceof Uint) return value.value.toString(16);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) throw unfit('hex', 'integers, byte buffers, and strings', value);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
