import { canonicalQuantity, QUANTITY_SHAPE } from '../meta/quantity.ts';
import type { ScalarNode } from './node.ts';

/** Reads a JSON value as a scalar in canonical form; undefined where it is of another type or out of range. */
export type ReadScalar = (value: unknown) => unknown;

const int = (min: number, max: number): ReadScalar => (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;

const MAX_CACHED = 4096;
const canonical = new Map<string, string>();

/** Quantities repeat: nearly every one has been seen before. */
function readQuantity(value: unknown): string | undefined {
  if (typeof value === 'number') return canonicalQuantity(value);
  if (typeof value !== 'string') return undefined;
  const known = canonical.get(value);
  if (known !== undefined) return known;
  const text = canonicalQuantity(value);
  if (text !== undefined) {
    if (canonical.size >= MAX_CACHED) canonical.clear();
    canonical.set(value, text);
  }
  return text;
}

/** Already canonical, on a day that every month has. */
const UTC_SECONDS = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const RFC_3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

function readTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (UTC_SECONDS.test(value)) return value;
  const millis = instantOf(RFC_3339.exec(value));
  return Number.isNaN(millis) ? undefined : `${new Date(millis).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds of a matched time, without its fraction; NaN where its month lacks that day, which Date would carry over. */
function instantOf(match: RegExpExecArray | null): number {
  if (!match) return Number.NaN;
  const day = match[1]!.slice(0, 10);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return Number.NaN;
  return Date.parse(`${match[1]}${match[3]}`);
}

function readMicroTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const match = RFC_3339.exec(value);
  const millis = instantOf(match);
  if (Number.isNaN(millis)) return undefined;
  return `${new Date(millis).toISOString().slice(0, 19)}.${(match![2] ?? '').padEnd(6, '0').slice(0, 6)}Z`;
}

const BASE_64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function readBytes(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.includes('\n') || value.includes('\r') ? value.replaceAll(/[\r\n]/g, '') : value;
  return BASE_64.test(text) ? text : undefined;
}

const readInt32 = int(-(2 ** 31), 2 ** 31 - 1);
const readString: ReadScalar = (value) => (typeof value === 'string' ? value : undefined);

export const SCALARS: Readonly<Record<ScalarNode['type'], ReadScalar>> = {
  string: readString,
  int32: readInt32,
  int64: int(-(2 ** 63), 2 ** 63),
  double: (value) => (typeof value === 'number' ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  bytes: readBytes,
  quantity: readQuantity,
  intOrString: (value) => (typeof value === 'string' ? value : readInt32(value)),
  time: readTime,
  microTime: readMicroTime,
  duration: readString,
  any: (value) => value,
};

/** Go's names of the types, as its JSON decoder prints them. */
export const GO_TYPES: Readonly<Record<ScalarNode['type'], string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  duration: 'v1.Duration',
  any: 'interface {}',
};

/** What upstream's own parsers say of text they cannot read; undefined where Go's JSON decoder speaks instead. */
export function parserComplaint(type: ScalarNode['type'], value: unknown): string | undefined {
  if (type === 'quantity') return typeof value === 'object' || typeof value === 'boolean' ? undefined : QUANTITY_SHAPE;
  if (typeof value !== 'string') return undefined;
  if (type === 'time' || type === 'microTime') {
    const layout = type === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
    return `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(value)} as "2006"`;
  }
  if (type === 'bytes') return `illegal base64 data at input byte ${illegalByte(value)}`;
  return undefined;
}

function illegalByte(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/);
  if (bad >= 0) return bad;
  const padding = text.indexOf('=');
  return padding >= 0 ? padding : Math.floor(text.length / 4) * 4;
}
